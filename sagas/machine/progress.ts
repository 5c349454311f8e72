// The machine's context and how it changes: per instance of a step the status of each item, the results, the rounds of
// loops, and the first failure. Plain functions without XState. A change keeps the identity of whatever it does not touch.
import { assert } from "../../runtime/kernel/assert.ts"
import type { Json } from "../../runtime/message/json.ts"
import type { SagaNode, StepNode } from "../definition/definition.ts"
import { type Instance, instanceOf, type Outline, parseInstance, placeOf } from "../definition/outline.ts"

/**
 * "unknown": the command was tried to the end and nobody knows whether its effect happened. "abandoned": an operator gave
 * its undo up. "skipped": an operator said how it went.
 */
export type ItemStatus = "pending" | "done" | "refused" | "unknown" | "undone" | "abandoned" | "skipped"

export type Progress = {
  readonly sagaId: string
  readonly input: Json
  /** In the order in which the steps were begun. */
  readonly items: { readonly [instance: string]: readonly ItemStatus[] }
  /** By instance and item; null where there is no answer (yet). Of a race: the name of the branch that won. */
  readonly results: { readonly [instance: string]: readonly Json[] }
  /** Rounds of each loop so far. */
  readonly rounds?: { readonly [loop: string]: number }
  /** Branches of each race that failed. */
  readonly lost?: { readonly [race: string]: readonly string[] }
  /** The failure that turned the saga back: the first one. */
  readonly failure?: Failure
  /** Accepted updates, and the transition from which on functions see them. */
  readonly updates?: readonly Update[]
  /** What tokens are made from: the effect key of the start. */
  readonly secret?: string
}

export type Update = { readonly name: string; readonly payload: Json; readonly seq: number }

export type Failure = { readonly step: string; readonly item: number; readonly code: string; readonly detail: Json }

/** What the machine is told. `step` is an instance. */
export type ProgressEvent =
  | { readonly kind: "start" }
  | { readonly kind: "done"; readonly step: Instance; readonly item: number; readonly value: Json; readonly by?: "operator" }
  | FailedItem
  | { readonly kind: "undone"; readonly step: Instance; readonly item: number; readonly by?: "operator" }
  | { readonly kind: "cancel"; readonly code: string; readonly detail: Json }

export interface FailedItem {
  readonly kind: "refused" | "unknown" | "undoFailed"
  readonly step: Instance
  readonly item: number
  readonly code: string
  readonly detail: Json
}

/** What a machine's event does to the context. */
export type Change = Partial<Omit<Progress, "sagaId" | "input" | "updates" | "secret">>

export const nothingYet: Progress = { sagaId: "", input: null, items: {}, results: {} }

export function planItems(progress: Progress, instance: Instance, count: number): Change {
  return {
    items: { ...progress.items, [instance]: repeated<ItemStatus>("pending", count) },
    results: { ...progress.results, [instance]: repeated<Json>(null, count) },
  }
}

function repeated<Value>(value: Value, count: number): readonly Value[] {
  return count === 1 ? [value] : Array.from({ length: count }, () => value)
}

export function recordItem(outline: Outline, progress: Progress, event: ProgressEvent): Change {
  switch (event.kind) {
    case "done": {
      const status = event.by === "operator" ? "skipped" : "done"
      return { ...withStatus(progress, event, status), ...withResult(progress, event.step, event.item, event.value) }
    }
    case "undone":
      return withStatus(progress, event, event.by === "operator" ? "abandoned" : "undone")
    case "refused":
    case "unknown": {
      const status = withStatus(progress, event, event.kind)
      return isInRace(outline, event.step) ? status : { ...status, ...withFailure(progress, event) }
    }
    case "cancel":
      return withFailure(progress, { step: "", item: 0, code: event.code, detail: event.detail })
    case "start":
    case "undoFailed":
      return {}
  }
}

/** A branch of a race that fails has lost the race, and nothing more. */
function isInRace(outline: Outline, instance: Instance): boolean {
  return placeOf(outline, parseInstance(instance).name).races.length > 0
}

export function withFailure(progress: Progress, { step, item, code, detail }: Failure): Change {
  return progress.failure === undefined ? { failure: { step, item, code, detail } } : {}
}

function withStatus(progress: Progress, at: { step: Instance; item: number }, status: ItemStatus): Change {
  const items = itemsOf(progress, at.step)
  assert(at.item in items, `step ${at.step} has an item ${at.item}`)
  return { items: { ...progress.items, [at.step]: items.with(at.item, status) } }
}

function withResult(progress: Progress, step: Instance, item: number, value: Json): Change {
  if (value === null) return {}
  return { results: { ...progress.results, [step]: (progress.results[step] ?? []).with(item, value) } }
}

export function nextRound(progress: Progress, loop: string): Change {
  return { rounds: { ...progress.rounds, [loop]: roundOf(progress, loop) + 1 } }
}

export function roundOf(progress: Pick<Progress, "rounds">, loop: string | undefined): number {
  return loop === undefined ? 0 : (progress.rounds?.[loop] ?? 0)
}

/** The instance of a step that is, or was last, under way. */
export function currentInstance(outline: Outline, progress: Pick<Progress, "rounds">, name: string): Instance {
  return instanceOf(outline, name, roundOf(progress, outline.places.get(name)?.loop))
}

export function winRace(outline: Outline, progress: Progress, race: string, branch: string): Change {
  return { results: { ...progress.results, [currentInstance(outline, progress, race)]: [branch] } }
}

export function loseRace(outline: Outline, progress: Progress, race: string, branch: string): Change {
  const instance = currentInstance(outline, progress, race)
  return { lost: { ...progress.lost, [instance]: [...(progress.lost?.[instance] ?? []), branch] } }
}

export function itemsOf(progress: Pick<Progress, "items">, instance: Instance): readonly ItemStatus[] {
  return progress.items[instance] ?? []
}

export function allDone(progress: Progress, instance: Instance): boolean {
  return itemsOf(progress, instance).every((status) => status === "done" || status === "skipped")
}

/** What is to be undone: everything, or, when a race is over, what its losers did in this round. */
export type UndoScope = { readonly race?: string }

export function isInScope(outline: Outline, progress: Progress, instance: Instance, { race }: UndoScope): boolean {
  if (race === undefined) return true
  const { name, round } = parseInstance(instance)
  const place = placeOf(outline, name)
  const branch = place.races.find((entered) => entered.race === race)?.branch
  // A race in a loop is run anew in each round; a loop in a branch of a race belongs to it with all its rounds.
  const raceLoop = outline.places.get(race)?.loop
  const isNow = raceLoop === undefined || round === roundOf(progress, raceLoop)
  return branch !== undefined && isNow && branch !== progress.results[currentInstance(outline, progress, race)]?.[0]
}

/** Whether commands are under way in the scope: no undo begins before they have settled, so that none overtakes its do. */
export function isUnderWay(outline: Outline, progress: Progress, scope: UndoScope): boolean {
  return Object.entries(progress.items).some(
    ([instance, statuses]) =>
      statuses.includes("pending") &&
      isWaitedFor(placeOf(outline, parseInstance(instance).name).node) &&
      isInScope(outline, progress, instance, scope),
  )
}

/** A child saga under way is not waited for, it may take its time: it is turned back. Nor is a wait: it is dropped. */
function isWaitedFor(node: SagaNode): boolean {
  return node.type === "step" && !isRunningChild(node, "pending")
}

/** A child saga that may be told to turn back although its end is not known. */
function isRunningChild({ child, place, undo }: StepNode, status: ItemStatus): boolean {
  return status === "pending" && child !== undefined && place === "before" && undo !== "nothing"
}

/** What to take back next: of what was begun last, the last item whose effect happened or may have happened. */
export function nextToUndo(
  outline: Outline,
  progress: Progress,
  scope: UndoScope,
): { readonly instance: Instance; readonly item: number } | undefined {
  for (const instance of Object.keys(progress.items).toReversed()) {
    const { node } = placeOf(outline, parseInstance(instance).name)
    if (node.type !== "step" || node.place !== "before" || node.undo === "nothing") continue
    if (!isInScope(outline, progress, instance, scope)) continue
    const item = itemsOf(progress, instance).findLastIndex(
      (status) => mayHaveHappened(status) || isRunningChild(node, status),
    )
    if (item !== -1) return { instance, item }
  }
  return undefined
}

/** An operator who says that a step went well says that it happened. */
export function mayHaveHappened(status: ItemStatus): boolean {
  return status === "done" || status === "unknown" || status === "skipped"
}
