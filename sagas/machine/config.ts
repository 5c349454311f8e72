// A saga's statechart as JSON: one state per step forward, one per undo, and the ends. What it does is said by names
// with parameters ("send" the commands of a step, "record" an answer), so that it can be stored, compared and drawn.
import { type SagaDefinition, type StepDefinition, undoPrefix } from "../definition/definition.ts"
import { nothingYet, type Progress } from "./progress.ts"

export type ParkCode = "PIVOT_UNKNOWN" | "STEP_AFTER_PIVOT_FAILED" | "UNDO_FAILED"

export type ActionConfig =
  | { readonly type: "plan" | "record"; readonly params: StepParams }
  | { readonly type: "send"; readonly params: SendParams }
  | { readonly type: "park"; readonly params: ParkParams }

export type StepParams = { readonly step: string }
export type SendParams = { readonly step: string; readonly direction: "do" | "undo" }
export type ParkParams = { readonly code: ParkCode }

export interface TransitionConfig {
  readonly target?: string
  readonly reenter?: true
  readonly guard?: { readonly type: "allDone" | "allSettled" | "nothingToUndo"; readonly params: StepParams }
  readonly actions?: readonly ActionConfig[]
  /** The words on the arrow in a drawing. */
  readonly description?: string
}

export interface StateConfig {
  readonly type?: "final"
  readonly entry?: readonly ActionConfig[]
  readonly on?: Readonly<Record<string, TransitionConfig>>
  readonly always?: readonly TransitionConfig[]
}

export interface SagaConfig {
  readonly id: string
  readonly version: string
  readonly initial: "new"
  readonly context: Progress
  /** A loop of transitions without events throws instead of hanging the process. */
  readonly options: { readonly maxIterations: number }
  readonly states: Readonly<Record<string, StateConfig>>
}

export function sagaConfig(definition: SagaDefinition): SagaConfig {
  const [first] = definition.steps
  const forward: Record<string, StateConfig> = {}
  const backward: Record<string, StateConfig> = {}
  let back = "compensated"
  for (const [index, step] of definition.steps.entries()) {
    const next = definition.steps[index + 1]?.name ?? "completed"
    const undo = undoPrefix + step.name
    if (step.undo !== "nothing") backward[undo] = undoState(step, undo, back)
    back = step.undo === "nothing" ? back : undo
    forward[step.name] = forwardState(step, next, back)
  }
  const states: Record<string, StateConfig> = {
    new: { on: { start: { target: first?.name ?? "completed" } } },
    ...forward,
    ...backward,
    completed: { type: "final" },
    compensated: { type: "final" },
    parked: {},
  }
  const { name: id, version } = definition
  return { id, version: String(version), initial: "new", context: nothingYet, options: { maxIterations: 1000 }, states }
}

function forwardState(step: StepDefinition, next: string, back: string): StateConfig {
  const params = { step: step.name }
  const record: readonly ActionConfig[] = [{ type: "record", params }]
  const entry: readonly ActionConfig[] = [{ type: "plan", params }, { type: "send", params: { ...params, direction: "do" } }]
  const forward: TransitionConfig = { guard: { type: "allDone", params }, target: next, description: "done" }
  switch (step.place) {
    case "before":
      return {
        entry,
        on: { done: { actions: record }, refused: { actions: record }, unknown: { actions: record } },
        // Whatever is still in flight is waited for: an undo must not overtake its do.
        always: [forward, { guard: { type: "allSettled", params }, target: back, description: "refused or unknown" }],
      }
    case "pivot":
      return {
        entry,
        on: {
          done: { actions: record },
          refused: { actions: record, target: back, description: "refused" },
          unknown: park("PIVOT_UNKNOWN", "unknown"),
        },
        always: [forward],
      }
    case "after": {
      const stop = park("STEP_AFTER_PIVOT_FAILED", "refused or unknown")
      return { entry, on: { done: { actions: record }, refused: stop, unknown: stop }, always: [forward] }
    }
  }
}

function undoState(step: StepDefinition, self: string, earlier: string): StateConfig {
  const params = { step: step.name }
  const record: readonly ActionConfig[] = [{ type: "record", params }]
  // A fan-out enters its state again for each item, which sends the next undo only when the one before has settled.
  const again: TransitionConfig = { actions: record, target: self, reenter: true, description: "next item" }
  return {
    entry: [{ type: "send", params: { ...params, direction: "undo" } }],
    on: {
      undone: step.kind === "each" ? again : { actions: record },
      undoFailed: park("UNDO_FAILED", "undo failed"),
    },
    always: [{ guard: { type: "nothingToUndo", params }, target: earlier, description: "undone" }],
  }
}

function park(code: ParkCode, description: string): TransitionConfig {
  return { target: "parked", actions: [{ type: "park", params: { code } }], description }
}
