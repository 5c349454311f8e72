// Rules on actions, guards and delays: what a transition does is data. It may assign, raise, emit and cancel; whatever would
// act on the world by itself is a command to be invoked.
import type { AnyStateMachine, AnyStateNode } from "xstate"
import { type Breach, breach, type LintedWith } from "./raw-breach.ts"
import { nodesOf } from "./raw-machine.ts"

const mends: Readonly<Record<string, string>> = {
  "xstate.log": "take it out: the journal has every decision",
  "xstate.sendTo": "invoke a command, or raise an event",
  "xstate.spawnChild": "invoke it in a state",
  "xstate.stopChild": "leave the state that invokes it",
}
const allowed = new Set(["xstate.assign", "xstate.raise", "xstate.emit", "xstate.cancel", "xstate.enqueueActions"])

/** XState's own actions and guards are functions with these fields. */
interface BuiltIn {
  readonly type?: string
  readonly event?: unknown
  readonly delay?: unknown
  readonly systemId?: unknown
  readonly guards?: readonly unknown[]
}

export function actionBreaches(machine: AnyStateMachine, node: AnyStateNode, given: LintedWith): readonly Breach[] {
  const found = actionsOf(node).flatMap((action) => oneAction(machine, node, action, given))
  const guards = transitionsOf(node).flatMap(({ guard }) => (guard === undefined ? [] : [guard]))
  found.push(...guards.flatMap((guard) => guardBreaches(machine, node, guard)))
  return found
}

/** Events that it sends itself; "*" if it makes them with a function. */
export function raisedEvents(machine: AnyStateMachine): readonly string[] {
  return nodesOf(machine.root).flatMap(actionsOf).flatMap((action) => {
    const { type, event } = builtIn(machine, action)
    if (type === "xstate.enqueueActions" || (type === "xstate.raise" && typeof event === "function")) return ["*"]
    return type === "xstate.raise" ? [typeOf(event)] : []
  })
}

type Transition = NonNullable<AnyStateNode["always"]>[number]

export function transitionsOf(node: AnyStateNode): readonly Transition[] {
  return [...node.transitions.values()].flat().concat(node.always ?? [])
}

function actionsOf(node: AnyStateNode): readonly unknown[] {
  return [...node.entry, ...node.exit, ...(node.initial?.actions ?? []), ...transitionsOf(node).flatMap(({ actions }) => actions)]
}

/** What is named is looked up in what the machine was set up with. */
function builtIn(machine: AnyStateMachine, action: unknown): BuiltIn {
  const implementation: unknown = typeof action === "function" ? action : machine.implementations.actions[typeOf(action)]
  return typeof implementation === "function" ? (implementation as BuiltIn) : {} // cast: the user's own have none of these
}

function typeOf(named: unknown): string {
  if (typeof named === "string") return named
  return typeof named === "object" && named !== null && "type" in named ? String(named.type) : ""
}

function oneAction(machine: AnyStateMachine, node: AnyStateNode, action: unknown, { emits }: LintedWith): Breach[] {
  const found = builtIn(machine, action)
  const { type = "", event, delay, systemId } = found
  const name = typeof action === "function" ? type : typeOf(action)
  if (systemId !== undefined)
    return [breach(node, "system-id", `its action ${name} has a systemId`, "take it out: there is no actor system here")]
  if (!type.startsWith("xstate.")) return [customAction(machine, node, action)]
  if (!allowed.has(type)) return [breach(node, "action", `it does "${type}"`, mends[type] ?? "use assign, raise, emit or cancel")]
  if (type === "xstate.raise" && typeof delay === "string" && !Object.hasOwn(machine.implementations.delays, delay))
    return [breach(node, "unknown-delay", `the delay "${delay}" has no value, and would be none at all`, "give it to setup")]
  if (type === "xstate.emit" && typeof event !== "function" && !emits.includes(typeOf(event)))
    return [breach(node, "unknown-emit", `it emits "${typeOf(event)}"`, "declare the contract of that event in `emits`")]
  return []
}

function customAction(machine: AnyStateMachine, node: AnyStateNode, action: unknown): Breach {
  const mend = "invoke a command for what has an effect, and use assign for what is remembered"
  if (typeof action === "function") {
    const message = `it has an action that is a function (${action.name || "anonymous"}), which is never run`
    return breach(node, "inline-action", message, mend)
  }
  const name = typeOf(action)
  const is = Object.hasOwn(machine.implementations.actions, name) ? "is a function, which is never run" : "is not in setup"
  return breach(node, "custom-action", `its action "${name}" ${is}`, mend)
}

function guardBreaches(machine: AnyStateMachine, node: AnyStateNode, guard: unknown): readonly Breach[] {
  if (typeof guard === "function") {
    const { guards = [] } = guard as BuiltIn // cast: of `and`, `or` and `not`
    return guards.flatMap((inner) => guardBreaches(machine, node, inner))
  }
  const name = typeOf(guard)
  const implementation: unknown = machine.implementations.guards[name]
  if (implementation === undefined)
    return [breach(node, "unknown-guard", `its guard "${name}" is not in setup`, "give it to setup")]
  return typeof implementation === "function" && "guards" in implementation ? guardBreaches(machine, node, implementation) : []
}
