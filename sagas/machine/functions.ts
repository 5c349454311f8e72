// Calls of the user's functions, each checked: what they return is not trusted, and what they throw is the caller's to
// catch. They see results of completed earlier steps only, so sending again asks with the same context as before.
import { describeError, InvalidInput } from "../../runtime/kernel/fault.ts"
import { limits } from "../../runtime/kernel/limits.ts"
import type { Command } from "../../runtime/message/contract.ts"
import { checkKey, checkName } from "../../runtime/message/key.ts"
import type { FunctionContext, SagaNode, StepNode } from "../definition/definition.ts"
import { type Instance, instanceOf, type Outline, parseInstance, placeOf } from "../definition/outline.ts"
import { digest } from "../../runtime/message/hash.ts"
import type { Json } from "../../runtime/message/json.ts"
import { type Progress, roundOf } from "./progress.ts"

/** What functions of a saga may know of it. */
export type Known = Pick<Progress, "sagaId" | "input" | "results" | "rounds" | "updates" | "secret">

/**
 * What a function of an instance sees; without one, what the end sees: every result. `upToSeq`: it sees updates that were
 * accepted until that transition, so that asking it again gives the same.
 */
export function contextOf(
  outline: Outline,
  known: Known,
  at?: Instance,
  upToSeq = Number.POSITIVE_INFINITY,
): FunctionContext {
  const context: Record<string, unknown> = {}
  const { name, round } = parseInstance(at ?? "")
  const place = at === undefined ? undefined : placeOf(outline, name)
  const show = (shown: string, inRound: number | undefined) => {
    const { node, loop } = placeOf(outline, shown)
    const values = known.results[loop === undefined ? shown : instanceOf(outline, shown, inRound ?? roundOf(known, loop))]
    if (values !== undefined) context[shown] = resultOf(node, values)
  }
  for (const earlier of place?.before ?? outline.names) {
    show(earlier, place?.loop !== undefined && placeOf(outline, earlier).loop === place.loop ? round : undefined)
  }
  if (place !== undefined && round > 1) for (const later of place.lastRound) show(later, round - 1)
  const updates: Record<string, unknown> = {}
  if (known.updates !== undefined) {
    for (const { name: update, payload, seq } of known.updates) if (seq <= upToSeq) updates[update] = payload
  }
  const token = (wait: string) => tokenOf(outline, known, wait)
  return Object.assign(context, { input: known.input, sagaId: known.sagaId, updates, token })
}

function resultOf(node: SagaNode, values: readonly Json[]): unknown {
  return node.type === "step" && node.kind === "each" ? values : values[0]
}

/** Nobody can guess it who has not seen it: it is made from the effect key of the start, which a client drew. */
export function tokenOf(
  { saga }: Pick<Outline, "saga">,
  { sagaId, secret = "" }: Pick<Known, "sagaId" | "secret">,
  wait: string,
): string {
  const proof = digest(JSON.stringify([secret, saga, sagaId, wait])).slice(0, 32)
  return `${Buffer.from(JSON.stringify([saga, sagaId, wait]), "utf8").toString("base64url")}.${proof}`
}

export function listItems(step: StepNode, context: FunctionContext): readonly unknown[] {
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
export function runCommand(step: StepNode, item: unknown, context: FunctionContext): Command {
  const command = askCommand(`step ${step.name}: run`, () => step.run(item, context))
  if (command.undoes !== undefined) {
    throw new InvalidInput(`step ${step.name}: run returned ${command.name}, which is the undo of ${command.undoes}`)
  }
  return command
}

/** The command that takes back what `did` names. Throws InvalidInput unless it is that command's undo at that actor. */
export function undoCommand(step: StepNode, item: unknown, context: FunctionContext, did: Target): Command {
  const { undo } = step
  if (undo === "nothing") throw new InvalidInput(`step ${step.name} has no undo`)
  const command = askCommand(`step ${step.name}: undo`, () => undo(item, context))
  const { service, name, key } = parseTarget(did)
  if (command.service !== service || command.key !== key) {
    throw new InvalidInput(
      `step ${step.name}: undo goes to ${command.service}/${command.key}, its run went to ${service}/${key}`,
    )
  }
  if (command.undoes !== name) {
    throw new InvalidInput(`step ${step.name}: ${command.name} undoes ${command.undoes ?? "nothing"}, its run sent ${name}`)
  }
  return command
}

/** What the function returns, if it is a command. Throws InvalidInput, naming `what`, on anything else. */
export function askCommand(what: string, ask: () => Command): Command {
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

/** A condition of the user's: it must answer true or false. */
export function askTest(what: string, ask: () => boolean): boolean {
  const answer: unknown = call(what, ask)
  if (typeof answer !== "boolean") throw new InvalidInput(`${what} returned ${String(answer)}, not true or false`)
  return answer
}
