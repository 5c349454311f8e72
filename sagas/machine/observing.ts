// That a machine only observes: it invokes nothing, and its only actions are `assign` and the deadlines of `after`.
import type { AnyStateMachine, AnyStateNode } from "xstate"
import { InvalidInput } from "../../runtime/kernel/fault.ts"

/** Throws InvalidInput, naming the monitor and the state. */
export function checkObserving(name: string, machine: AnyStateMachine): void {
  checkNode(name, machine, machine.root)
}

function checkNode(name: string, machine: AnyStateMachine, node: AnyStateNode): void {
  const refuse = (what: string): never => {
    throw new InvalidInput(`monitor ${name}, state ${node.path.join(".") || "(root)"}: ${what}`)
  }
  if (node.invoke.length > 0) refuse("it invokes something, and a monitor only observes")
  if (node.type === "history") refuse("a monitor keeps no history of states")
  const transitions = [...node.transitions.values()].flat().concat(node.always ?? [])
  const initial = node.initial?.actions ?? []
  for (const action of [...node.entry, ...node.exit, ...initial, ...transitions.flatMap(({ actions }) => actions)]) {
    if (!isHarmless(machine, action)) refuse("it has an action other than assign, and a monitor only observes")
  }
  for (const child of Object.values(node.states)) checkNode(name, machine, child)
}

/** XState's own actions are functions with a type; what is named is looked up in what the machine was set up with. */
function isHarmless(machine: AnyStateMachine, action: unknown): boolean {
  const { type, event, sendId } = own(machine, action)
  if (type === "xstate.assign") return true
  if (type === "xstate.cancel") return typeof sendId === "string" && isDeadline(sendId)
  return type === "xstate.raise" && isDeadline(event?.type ?? "")
}

interface BuiltIn {
  readonly type?: string
  readonly event?: { readonly type?: string }
  readonly sendId?: unknown
}

function own(machine: AnyStateMachine, action: unknown): BuiltIn {
  if (typeof action === "function") return action as BuiltIn // cast: a function of the user's has none of these fields
  // cast: a name with parameters; XState takes no other actions
  const type = typeof action === "string" ? action : (action as { readonly type: string }).type
  const found: unknown = machine.implementations.actions[type]
  return typeof found === "function" ? (found as BuiltIn) : {} // cast: likewise
}

/** Whether the name of an event is that of a deadline. */
function isDeadline(event: string): boolean {
  return event.startsWith("xstate.after.")
}
