// A machine as a pure function (state, event) -> (state, actions), without an interpreter. XState's public transition()
// builds an actor for each call; here one inert scope serves every transition of a definition.
import { isDeepStrictEqual } from "node:util"
import { parseInstance } from "../definition/outline.ts"
import type { MachineEvent, SagaMachine } from "./compile.ts"
import type { ActionConfig } from "./config.ts"
import { inertScope } from "./inert-scope.ts"
import type { Progress, ProgressEvent } from "./progress.ts"

/** The state of a machine: a name, or, where things go on at once, the state of each region. */
export type StateValue = string | { readonly [region: string]: StateValue }

export interface State {
  readonly value: StateValue
  readonly context: Progress
}

export interface Transition {
  readonly next: State
  /** In order. `send`, `await`, `undo` and `park` are the core's to carry out. */
  readonly actions: readonly ActionConfig[]
  /** The machine has nothing to do on this event in this state; `next` is the state it was given. */
  readonly ignored: boolean
}

/** Prepares a machine. The function throws what a guard or an action of the machine throws, and stays usable. */
export function prepareTransition(machine: SagaMachine): (state: State, event: ProgressEvent) => Transition {
  let actions: ActionConfig[] = []
  // cast: the machine's actions are those of its config, which has that type
  const scope = inertScope((action) => void actions.push(action as ActionConfig))
  const standing = new Map<string, Snapshot>()
  return (state, told) => {
    actions = []
    const before = restore(machine, standing, state)
    const after = machine.transition(before, machineEvent(told), scope)
    return { next: { value: after.value, context: after.context }, actions, ignored: after === before }
  }
}

type Snapshot = ReturnType<SagaMachine["resolveState"]>

/** What follows from the name of a state is found out once for each. Where things go on at once there are too many to keep. */
function restore(machine: SagaMachine, standing: Map<string, Snapshot>, { value, context }: State): Snapshot {
  if (typeof value !== "string") return machine.resolveState({ value, context })
  const known = standing.get(value) ?? machine.resolveState({ value, context })
  standing.set(value, known)
  return known.context === context ? known : { ...known, context }
}

/** Whether a machine has the state, with all its regions and no others. */
export function hasState(machine: SagaMachine, state: State): boolean {
  try {
    return isDeepStrictEqual(machine.resolveState(state).value, state.value)
  } catch {
    return false
  }
}

export function machineEvent(told: ProgressEvent): MachineEvent {
  return { type: "step" in told ? `${told.kind}.${parseInstance(told.step).name}` : told.kind, told }
}
