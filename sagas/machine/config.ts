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
  let earlier = "compensated"
  for (const [index, step] of definition.steps.entries()) {
    const next = definition.steps[index + 1]?.name ?? "completed"
    const back = step.undo === "nothing" ? earlier : undoPrefix + step.name
    forward[step.name] = step.kind === "each" ? eachState(step, next, back) : singleState(step, next, back, earlier)
    if (step.undo !== "nothing") backward[back] = undoState(step, back, earlier)
    earlier = back
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

/** One command: its answer says at once where to go. `back` undoes this step, `earlier` what was before it. */
function singleState(step: StepDefinition, next: string, back: string, earlier: string): StateConfig {
  const actions = [record(step)]
  const done: TransitionConfig = { actions, target: next, description: "done" }
  if (step.place === "after") return { entry: enter(step), on: { done, ...parkOnFailure } }
  const refused: TransitionConfig = { actions, target: earlier, description: "refused" }
  const unknown: TransitionConfig = step.place === "pivot"
    ? park("PIVOT_UNKNOWN", "unknown")
    : { actions, target: back, description: "unknown" }
  return { entry: enter(step), on: { done, refused, unknown } }
}

/** Many commands, or none: each answer is recorded until all are there, because an undo must not overtake its do. */
function eachState(step: StepDefinition, next: string, back: string): StateConfig {
  const params = { step: step.name }
  const keep: TransitionConfig = { actions: [record(step)] }
  const forward: TransitionConfig = { guard: { type: "allDone", params }, target: next, description: "all done" }
  if (step.place === "after") return { entry: enter(step), on: { done: keep, ...parkOnFailure }, always: [forward] }
  return {
    entry: enter(step),
    on: { done: keep, refused: keep, unknown: keep },
    always: [forward, { guard: { type: "allSettled", params }, target: back, description: "refused or unknown" }],
  }
}

function undoState(step: StepDefinition, self: string, earlier: string): StateConfig {
  const params = { step: step.name }
  const entry: readonly ActionConfig[] = [{ type: "send", params: { ...params, direction: "undo" } }]
  const actions = [record(step)]
  const undoFailed = park("UNDO_FAILED", "undo failed")
  if (step.kind === "single") return { entry, on: { undone: { actions, target: earlier, description: "undone" }, undoFailed } }
  return {
    entry,
    // Entering again sends the next item's undo, now that the one before it has settled.
    on: { undone: { actions, target: self, reenter: true, description: "next item" }, undoFailed },
    always: [{ guard: { type: "nothingToUndo", params }, target: earlier, description: "all undone" }],
  }
}

function enter({ name: step }: StepDefinition): readonly ActionConfig[] {
  return [{ type: "plan", params: { step } }, { type: "send", params: { step, direction: "do" } }]
}

function record({ name: step }: StepDefinition): ActionConfig {
  return { type: "record", params: { step } }
}

function park(code: ParkCode, description: string): TransitionConfig {
  return { target: "parked", actions: [{ type: "park", params: { code } }], description }
}

const afterPivot = park("STEP_AFTER_PIVOT_FAILED", "refused or unknown")
const parkOnFailure = { refused: afterPivot, unknown: afterPivot }
