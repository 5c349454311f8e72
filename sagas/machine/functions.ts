// Calls of the user's functions, each checked: what they return is not trusted, and what they throw is the caller's to
// catch. They see results of completed earlier steps only, so sending again asks with the same context as before.
import { describeError, InvalidInput } from "../../runtime/kernel/fault.ts"
import { limits } from "../../runtime/kernel/limits.ts"
import type { Command } from "../../runtime/message/contract.ts"
import { checkKey, checkName } from "../../runtime/message/key.ts"
import type { FunctionContext, SagaDefinition, StepDefinition } from "../definition/definition.ts"
import type { Progress } from "./progress.ts"

type Known = Pick<Progress, "sagaId" | "input" | "results">

/** What a function of the step sees; without a step, what the end sees: every result. */
export function contextOf(definition: SagaDefinition, known: Known, before?: StepDefinition): FunctionContext {
  const results: Record<string, unknown> = {}
  for (const step of definition.steps) {
    if (step === before) break
    const values = known.results[step.name] ?? []
    results[step.name] = step.kind === "single" ? values[0] : values
  }
  return { ...results, input: known.input, sagaId: known.sagaId }
}

export function listItems(step: StepDefinition, context: FunctionContext): readonly unknown[] {
  const items = call(`step ${step.name}: list`, () => step.list(context))
  if (!Array.isArray(items)) throw new InvalidInput(`step ${step.name}: list returned no array`)
  if (items.length > limits.fanOutItemsMax) {
    throw new InvalidInput(`step ${step.name} has ${items.length} items; at most ${limits.fanOutItemsMax} are allowed`)
  }
  return items
}

/** A command without its payload, as one word: `inventory.reserve/P11`. Names hold no "." and no "/". */
export type Target = string

export function targetOf(command: Command): Target {
  return `${command.service}.${command.name}/${command.key}`
}

export function parseTarget(target: Target): { service: string; name: string; key: string } {
  const dot = target.indexOf(".")
  const slash = target.indexOf("/")
  return { service: target.slice(0, dot), name: target.slice(dot + 1, slash), key: target.slice(slash + 1) }
}

/** The command of one item. Throws InvalidInput on anything but a command that does something. */
export function runCommand(step: StepDefinition, item: unknown, context: FunctionContext): Command {
  const command = askCommand(`step ${step.name}: run`, () => step.run(item, context))
  if (command.undoes !== undefined) {
    throw new InvalidInput(`step ${step.name}: run returned ${command.name}, which is the undo of ${command.undoes}`)
  }
  return command
}

/** The command that takes back what `did` names. Throws InvalidInput unless it is that command's undo at that actor. */
export function undoCommand(step: StepDefinition, item: unknown, context: FunctionContext, did: Target): Command {
  const { undo } = step
  if (undo === "nothing") throw new InvalidInput(`step ${step.name} has no undo`)
  const command = askCommand(`step ${step.name}: undo`, () => undo(item, context))
  const { service, name, key } = parseTarget(did)
  if (command.service !== service || command.key !== key) {
    throw new InvalidInput(`step ${step.name}: undo goes to ${command.service}/${command.key}, its run went to ${service}/${key}`)
  }
  if (command.undoes !== name) {
    throw new InvalidInput(`step ${step.name}: ${command.name} undoes ${command.undoes ?? "nothing"}, its run sent ${name}`)
  }
  return command
}

function askCommand(what: string, ask: () => Command): Command {
  const command = call(what, ask)
  // A promise, or nothing at all, gets past the compiler in plain JavaScript.
  const value: unknown = command
  if (typeof value !== "object" || value === null || value instanceof Promise) {
    throw new InvalidInput(`${what} returned no command: it must return one at once, and do nothing itself`)
  }
  checkName("service", command.service)
  checkName("command", command.name)
  checkKey(command.key)
  if (command.payload === undefined) throw new InvalidInput(`${what} returned a command without a payload`)
  return command
}

/** What the function returns; what it throws then says which function it was. */
export function call<T>(what: string, ask: () => T): T {
  try {
    return ask()
  } catch (error) {
    throw new InvalidInput(`${what} threw: ${describeError(error)}`, { cause: error })
  }
}
