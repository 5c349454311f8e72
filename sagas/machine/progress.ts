// The machine's context and how it changes: per step the status of each item, the results, and the first failure.
// Plain functions without XState. A change keeps the identity of whatever it does not touch.
import { assert } from "../../runtime/kernel/assert.ts"
import type { Json } from "../../runtime/message/json.ts"

/** "unknown": the command was tried to the end and nobody knows whether its effect happened. */
export type ItemStatus = "pending" | "done" | "refused" | "unknown" | "undone"

export type Progress = {
  readonly sagaId: string
  readonly input: Json
  readonly items: { readonly [step: string]: readonly ItemStatus[] }
  /** By step and item; null where there is no answer (yet). */
  readonly results: { readonly [step: string]: readonly Json[] }
  /** The failure that turned the saga back: the first one. */
  readonly failure?: Failure
}

export type Failure = { readonly step: string; readonly item: number; readonly code: string; readonly detail: Json }

export type ProgressEvent =
  | { readonly type: "start" }
  | { readonly type: "done"; readonly item: number; readonly value: Json }
  | { readonly type: "refused"; readonly item: number; readonly code: string; readonly detail: Json }
  | { readonly type: "unknown"; readonly item: number; readonly code: string; readonly detail: Json }
  | { readonly type: "undone"; readonly item: number }
  | { readonly type: "undoFailed"; readonly item: number; readonly code: string; readonly detail: Json }

/** What a machine's event does to the items of a step. */
type Change = Partial<Omit<Progress, "sagaId" | "input">>

export const nothingYet: Progress = { sagaId: "", input: null, items: {}, results: {} }

export function planItems(progress: Progress, step: string, count: number): Change {
  return {
    items: { ...progress.items, [step]: Array.from({ length: count }, (): ItemStatus => "pending") },
    results: { ...progress.results, [step]: Array.from({ length: count }, () => null) },
  }
}

export function recordItem(progress: Progress, step: string, event: ProgressEvent): Change {
  switch (event.type) {
    case "done":
      return { ...withStatus(progress, step, event.item, "done"), ...withResult(progress, step, event.item, event.value) }
    case "undone":
      return withStatus(progress, step, event.item, "undone")
    case "refused":
    case "unknown": {
      const { item, code, detail } = event
      const failure = progress.failure ?? { step, item, code, detail }
      return { ...withStatus(progress, step, item, event.type), failure }
    }
    case "start":
    case "undoFailed":
      return {}
  }
}

function withStatus(progress: Progress, step: string, item: number, status: ItemStatus): Change {
  const items = itemsOf(progress, step)
  assert(item in items, `step ${step} has an item ${item}`)
  return { items: { ...progress.items, [step]: items.with(item, status) } }
}

function withResult(progress: Progress, step: string, item: number, value: Json): Change {
  if (value === null) return {}
  return { results: { ...progress.results, [step]: (progress.results[step] ?? []).with(item, value) } }
}

export function itemsOf(progress: Pick<Progress, "items">, step: string): readonly ItemStatus[] {
  return progress.items[step] ?? []
}

export function allDone(progress: Progress, step: string): boolean {
  return itemsOf(progress, step).every((status) => status === "done")
}

export function allSettled(progress: Progress, step: string): boolean {
  return !itemsOf(progress, step).includes("pending")
}

/** The item to take back next: the last one whose effect happened or may have happened; -1 if there is none. */
export function nextToUndo(progress: Pick<Progress, "items">, step: string): number {
  return itemsOf(progress, step).findLastIndex((status) => status === "done" || status === "unknown")
}
