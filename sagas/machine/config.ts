// A saga's statechart as JSON: one state per step and wait, regions for what goes on at once, one state that unwinds, and
// the ends. What it does is said by names with parameters ("send" the commands of a step, "record" an answer), so that it
// can be stored, compared and drawn.
import type {
  ChoiceNode,
  LoopNode,
  ParallelNode,
  SagaDefinition,
  SagaNode,
  StepNode,
  WaitNode,
} from "../definition/definition.ts"
import { hasRace, stepNames } from "../definition/building.ts"
import { againOf } from "../definition/outline.ts"
import { nothingYet, type Progress, type UndoScope } from "./progress.ts"

export type ParkCode = "PIVOT_UNKNOWN" | "STEP_AFTER_PIVOT_FAILED" | "UNDO_FAILED"

export type ActionConfig =
  | { readonly type: "plan" | "send" | "await"; readonly params: StepParams }
  | { readonly type: "record" }
  | { readonly type: "round"; readonly params: LoopParams }
  | { readonly type: "win" | "lose"; readonly params: RaceParams }
  | { readonly type: "fail"; readonly params: FailParams }
  | { readonly type: "undo"; readonly params: UndoScope }
  | { readonly type: "park"; readonly params: ParkParams }

export type StepParams = { readonly step: string }
export type LoopParams = { readonly loop: string }
export type RaceParams = { readonly race: string; readonly branch: string }
export type FailParams = { readonly step: string; readonly code: string }
export type ParkParams = { readonly code: ParkCode }

export type GuardConfig =
  | { readonly type: "allDone" | "isCurrent" | "chosen"; readonly params: StepParams }
  | { readonly type: "isOver" | "isExhausted"; readonly params: LoopParams }
  | { readonly type: "allLost"; readonly params: { readonly race: string } }
  | { readonly type: "isUnwound"; readonly params: UndoScope }

export interface TransitionConfig {
  readonly target?: string
  readonly reenter?: true
  readonly guard?: GuardConfig
  readonly actions?: readonly ActionConfig[]
  /** The words on the arrow in a drawing. */
  readonly description?: string
}

export interface StateConfig {
  /** For states that are aimed at from inside a branch. */
  readonly id?: string
  readonly type?: "final" | "parallel"
  readonly initial?: string
  readonly states?: States
  readonly entry?: readonly ActionConfig[]
  readonly on?: Readonly<Record<string, TransitionConfig>>
  readonly always?: readonly TransitionConfig[]
  readonly onDone?: TransitionConfig
}

export type States = Readonly<Record<string, StateConfig>>

export interface SagaConfig extends StateConfig {
  readonly id: string
  readonly version: string
  readonly context: Progress
  /** A loop of transitions without events throws instead of hanging the process. */
  readonly options: { readonly maxIterations: number }
  readonly states: States
}

const record: ActionConfig = { type: "record" }
/** No name holds a colon, so no step's state has one of these ids. */
const unwinding = { id: ":unwinding", target: "#:unwinding" }
const parked = { id: ":parked", target: "#:parked" }

/** Where a failure before the pivot goes: back, or, in a race, out of the race. */
interface Around {
  readonly failed: string
  /** A failure in a race is none of the saga's. */
  readonly isInRace: boolean
  /** Whether it is in a loop: a late answer of the round before must not be taken for this round's. */
  readonly isInLoop: boolean
}

export function sagaConfig(definition: SagaDefinition): SagaConfig {
  const { name, version, body } = definition
  const around = { failed: unwinding.target, isInRace: false, isInLoop: false }
  const { first, states } = sequence(body, "completed", around)
  return {
    id: name,
    version: String(version),
    initial: "new",
    context: nothingYet,
    options: { maxIterations: 1000 },
    // The answer of a command that nobody waits for any more, in a branch that was left, says what is to be undone.
    on: {
      "done.*": { actions: [record] },
      "refused.*": { actions: [record] },
      "unknown.*": { actions: [record] },
      ...(body.some(hasRace) ? leftUndos : {}),
      cancel: { actions: [record], target: ".unwinding" },
    },
    states: {
      new: { on: { start: { target: first } } },
      ...states,
      unwinding: { id: unwinding.id, ...unwindState({}, "unwinding", "compensated", ["*"]) },
      completed: { type: "final" },
      compensated: { type: "final" },
      parked: { id: parked.id },
    },
  }
}

interface Sequence {
  /** The state in which it begins: `next` if there is nothing to do. */
  readonly first: string
  readonly states: States
}

/** The states of nodes that follow each other; after the last one comes the state `next`, beside them. */
function sequence(body: readonly SagaNode[], next: string, around: Around): Sequence {
  let first = next
  let states: States = {}
  for (const node of body.toReversed()) {
    states = { ...nodeStates(node, first, around), ...states }
    first = node.name
  }
  return { first, states }
}

function nodeStates(node: SagaNode, next: string, around: Around): States {
  switch (node.type) {
    case "step":
      return { [node.name]: node.kind === "each" ? eachState(node, next, around) : singleState(node, next, around) }
    case "wait":
      return { [node.name]: singleState(node, next, around) }
    case "choice":
      return choiceStates(node, next, around)
    case "parallel":
      return node.until === "first" ? raceStates(node, next, around) : parallelStates(node, next, around)
    case "loop":
      return loopStates(node, next, around)
  }
}

/** One command, or one wait: its answer says at once where to go. */
function singleState(node: StepNode | WaitNode, next: string, around: Around): StateConfig {
  const { name: step, place } = node
  const guard = around.isInLoop ? { guard: { type: "isCurrent", params: { step } } as const } : {}
  const to = (target: string, description: string): TransitionConfig => ({
    ...guard,
    actions: [record],
    target,
    description,
  })
  const on = (refused: TransitionConfig, unknown: TransitionConfig) => ({
    [`done.${step}`]: to(next, "done"),
    [`refused.${step}`]: refused,
    [`unknown.${step}`]: unknown,
  })
  const entry = enter(node)
  if (place === "after" && !around.isInRace) return { entry, on: on(afterPivot, afterPivot) }
  const refused = to(around.failed, node.type === "wait" ? "timed out" : "refused")
  return { entry, on: on(refused, place === "pivot" ? park("PIVOT_UNKNOWN", "unknown") : to(around.failed, "unknown")) }
}

/** Many commands, or none. The first that fails turns the saga back; those under way are waited for there. */
function eachState(node: StepNode, next: string, { failed, isInRace, isInLoop }: Around): StateConfig {
  const params = { step: node.name }
  const guard = isInLoop ? { guard: { type: "isCurrent", params } as const } : {}
  const back: TransitionConfig = { ...guard, actions: [record], target: failed, description: "refused or unknown" }
  const failure = node.place === "after" && !isInRace ? afterPivot : back
  return {
    entry: enter(node),
    on: {
      [`done.${node.name}`]: { ...guard, actions: [record] },
      [`refused.${node.name}`]: failure,
      [`unknown.${node.name}`]: failure,
    },
    always: [{ guard: { type: "allDone", params }, target: next, description: "all done" }],
  }
}

function choiceStates(node: ChoiceNode, next: string, around: Around): States {
  const yes = sequence(node.yes, next, around)
  const no = sequence(node.no, next, around)
  const always: readonly TransitionConfig[] = [
    { guard: { type: "chosen", params: { step: node.name } }, target: yes.first, description: "yes" },
    { target: no.first, description: "no" },
  ]
  return { [node.name]: { always }, ...yes.states, ...no.states }
}

/** One region for each branch; when all have come to their ends it goes on. */
function parallelStates(node: ParallelNode, next: string, around: Around): States {
  const regions = node.branches.map(({ name, body }): [string, StateConfig] => {
    const end = `${name}:end`
    const { first, states } = sequence(body, end, around)
    return [name, { initial: first, states: { ...states, [end]: { type: "final" } } }]
  })
  return {
    [node.name]: {
      type: "parallel",
      states: Object.fromEntries(regions),
      onDone: { target: next, description: "all done" },
    },
  }
}

/** The first branch that comes to its end wins; what the others did is undone before it goes on. One that fails has lost. */
function raceStates(node: ParallelNode, next: string, around: Around): States {
  const settle = `${node.name}:settle`
  const regions = node.branches.map(({ name, body }): [string, StateConfig] => {
    const params = { race: node.name, branch: name }
    const [won, lost] = [`${name}:won`, `${name}:lost`]
    const id = `:${node.name}/${name}:lost`
    const { first, states } = sequence(body, won, { ...around, failed: `#${id}`, isInRace: true })
    const ends: States = {
      [won]: { entry: [{ type: "win", params }], always: [{ target: `#:${settle}` }] },
      [lost]: { id, entry: [{ type: "lose", params }] },
    }
    return [name, { initial: first, states: { ...states, ...ends } }]
  })
  const { name: race, place } = node
  const fail: ActionConfig = { type: "fail", params: { step: race, code: "ALL_BRANCHES_FAILED" } }
  const allLost: TransitionConfig = { guard: { type: "allLost", params: { race } }, description: "all failed" }
  const onLoss =
    place === "after" && !around.isInRace
      ? { ...allLost, ...afterPivot }
      : { ...allLost, actions: around.isInRace ? [] : [fail], target: around.failed }
  // From the pivot on nothing is undone, neither what losers did.
  const settling = place === "after" ? { always: [{ target: next }] } : unwindState({ race }, settle, next, stepNames(node))
  return {
    [race]: { type: "parallel", states: Object.fromEntries(regions), always: [onLoss] },
    [settle]: { id: `:${settle}`, ...settling },
  }
}

function loopStates(node: LoopNode, next: string, around: Around): States {
  const { name: loop, place } = node
  const again = againOf(loop)
  const { first, states } = sequence(node.body, again, { ...around, isInLoop: true })
  const isExhausted = { guard: { type: "isExhausted", params: { loop } } as const, description: "too many rounds" }
  const fail: ActionConfig = { type: "fail", params: { step: loop, code: "LOOP_EXHAUSTED" } }
  const giveUp =
    place === "after" && !around.isInRace
      ? { ...isExhausted, ...afterPivot }
      : { ...isExhausted, actions: around.isInRace ? [] : [fail], target: around.failed }
  return {
    [loop]: { entry: [{ type: "round", params: { loop } }], always: [{ target: first }] },
    ...states,
    [again]: {
      always: [
        { guard: { type: "isOver", params: { loop } }, target: next, description: "enough" },
        giveUp,
        { target: loop, description: "again" },
      ],
    },
  }
}

/** Of an undo that was sent while an inner race was settled, and the branch around it was left meanwhile. */
const leftUndos: NonNullable<StateConfig["on"]> = {
  "undone.*": { actions: [record] },
  "undoFailed.*": park("UNDO_FAILED", "undo failed"),
}

/**
 * Waits for what is under way, then undoes one item after the other; entering again begins the next one. `steps`: whose
 * answers it takes. A race that is settled takes those of its own only, and leaves others to the branches beside it.
 */
function unwindState(scope: UndoScope, self: string, next: string, steps: readonly string[]): StateConfig {
  const again: TransitionConfig = { actions: [record], target: self, reenter: true, description: "next undo" }
  return {
    entry: [{ type: "undo", params: scope }],
    on: {
      ...Object.fromEntries(
        steps.flatMap((step) => ["done", "refused", "unknown"].map((kind) => [`${kind}.${step}`, again])),
      ),
      "undone.*": again,
      "undoFailed.*": park("UNDO_FAILED", "undo failed"),
    },
    always: [{ guard: { type: "isUnwound", params: scope }, target: next, description: "all undone" }],
  }
}

function enter({ name: step, type }: StepNode | WaitNode): readonly ActionConfig[] {
  const params = { step }
  return [
    { type: "plan", params },
    { type: type === "wait" ? "await" : "send", params },
  ]
}

function park(code: ParkCode, description: string): TransitionConfig {
  return { target: parked.target, actions: [{ type: "park", params: { code } }], description }
}

const afterPivot = park("STEP_AFTER_PIVOT_FAILED", "refused or unknown")
