// What is wrong with a machine that is to run as a saga or as a service: every breach at once, each with its state and its
// mend. XState itself accepts all of them, and the machine would hang, lose a command or stop in the middle of its life.
import type { AnyStateMachine, AnyStateNode } from "xstate"
import { describeError, InvalidInput } from "../../runtime/kernel/fault.ts"
import { checkJson } from "../../runtime/message/json.ts"
import { isActivity } from "./raw-activity.ts"
import { type Breach, breach, type LintedWith } from "./raw-breach.ts"
import { actionBreaches, raisedEvents } from "./raw-lint-actions.ts"
import { graphBreaches } from "./raw-lint-graph.ts"
import { invokeBreaches } from "./raw-lint-invokes.ts"
import { nodesOf } from "./raw-machine.ts"

/** Events that every saga may be sent by an operator, if its machine takes them. */
const ownEvents = ["cancel", "compensate", "resume"]

/** In the order of the states. */
export function lintMachine(machine: AnyStateMachine, given: LintedWith): readonly Breach[] {
  const nodes = nodesOf(machine.root)
  return [
    ...machineBreaches(machine, given),
    ...nodes.flatMap((node) => nodeBreaches(node, given)),
    ...graphBreaches(machine, given),
  ]
}

/** Throws InvalidInput with every breach. */
export function checkMachine(what: string, machine: AnyStateMachine, given: LintedWith): void {
  const breaches = lintMachine(machine, given)
  if (breaches.length === 0) return
  const lines = breaches.map(({ state, rule, message, mend }) => `- ${state}: ${message}; ${mend} (${rule})`)
  throw new InvalidInput(`${what}: its machine cannot run:\n${lines.join("\n")}`)
}

function machineBreaches(machine: AnyStateMachine, { events, as, commands }: LintedWith): readonly Breach[] {
  const found: Breach[] = []
  const add = (rule: string, message: string, mend: string) => found.push(breach(machine.root, rule, message, mend))
  const context: unknown = machine.config.context
  if (typeof context !== "function") {
    try {
      checkJson(context ?? {}, "its context")
    } catch (error) {
      const message = describeError(error).replace(/; its record is parked$/, "")
      add("context-not-json", message, "keep it outside, or as text or numbers")
    }
  }
  for (const [name, logic] of Object.entries<unknown>(machine.implementations.actors)) {
    if (!isActivity(logic))
      add("actor-with-code", `its actor "${name}" is code, which is never run`, "give setup `activity<Input, Output>()` for it")
  }
  const taken = machine.events.filter((event: string) => !event.startsWith("xstate.") && event !== "*")
  const sent = new Set([...events, ...(as === "saga" ? ownEvents : []), ...raisedEvents(machine)])
  for (const event of sent.has("*") ? [] : taken.filter((one: string) => !sent.has(one)))
    add("event-nobody-sends", `it waits for "${event}", which nobody can send`, "declare it, or take it out")
  for (const event of machine.events.includes("*") ? [] : events.filter((one) => !taken.includes(one)))
    add("event-never-taken", `no state takes "${event}"`, "take it in a state, or declare it no more")
  const invoked = new Set<unknown>(nodesOf(machine.root).flatMap(({ invoke }) => invoke.map(({ src }) => src)))
  for (const name of Object.keys(commands).filter((one) => !invoked.has(one)))
    add("command-never-invoked", `no state invokes the command "${name}"`, "take it out of `commands`")
  return found
}

function nodeBreaches(node: AnyStateNode, given: LintedWith): readonly Breach[] {
  const found = [...invokeBreaches(node, given), ...actionBreaches(node.machine, node, given)]
  if (given.as === "saga" && node.tags.includes("parked") && node.invoke.length > 0)
    found.push(
      breach(node, "parked-state-invokes", "it is parked, and takes no reply", "invoke in the state that it is left for"),
    )
  if ("route" in node.config && node.config.route !== undefined)
    found.push(breach(node, "route", "it has a route, by which anybody could enter it", "give it an event of its own"))
  return found
}
