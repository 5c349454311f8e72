// Waits: for a signal, an event, a token that somebody completes, or a time. What comes before its wait has begun is kept.
import { InvalidInput } from "../../runtime/kernel/fault.ts"
import { activityNamed, type Instance, type Outline, parseInstance, placeOf } from "../definition/outline.ts"
import { call, contextOf } from "./functions.ts"
import { isInScope, type ProgressEvent, type UndoScope } from "./progress.ts"
import { type OpenCommand, progressOf, type SagaRow } from "./row.ts"
import { type Slot, slotOf } from "./slots.ts"
import type { Moment } from "./stop.ts"

export function beginWait(outline: Outline, row: SagaRow, instance: Instance, n: number, at: Moment): SagaRow {
  const node = activityNamed(outline, parseInstance(instance).name)
  if (node.type !== "wait") return row
  const context = () => contextOf(outline, progressOf(row, at.self), instance)
  const { untilMs, timeoutMs } = node
  const dueMs =
    untilMs === undefined ? timeoutMs && at.nowMs + timeoutMs : call(`wait ${node.name}`, () => untilMs(context(), at.nowMs))
  if (dueMs !== undefined && !Number.isSafeInteger(dueMs)) {
    throw new InvalidInput(`wait ${node.name}: ${String(dueMs)} is no time in whole milliseconds`)
  }
  const wait: OpenCommand = {
    step: instance,
    item: 0,
    direction: "wait",
    attempt: 1,
    ...(dueMs === undefined ? {} : { dueMs }),
  }
  return { ...row, open: { ...row.open, [slotOf(row.seq, n)]: wait } }
}

/** A wait that is open and has what it waits for already. */
export function takeEarly(
  outline: Outline,
  row: SagaRow,
): { readonly row: SagaRow; readonly slot: Slot; readonly event: ProgressEvent } | undefined {
  if (row.early === undefined) return undefined
  for (const [slot, { step, item, direction }] of Object.entries(row.open)) {
    if (direction !== "wait") continue
    const { name } = placeOf(outline, parseInstance(step).name).node
    const [value, ...rest] = row.early[name] ?? []
    if (value === undefined) continue
    const { [name]: _, ...others } = row.early
    const early = rest.length === 0 ? others : { ...others, [name]: rest }
    return { row: { ...row, early }, slot, event: { kind: "done", step, item, value } }
  }
  return undefined
}

/** What is being undone waits for nothing any more. */
export function dropWaits(outline: Outline, row: SagaRow, scope: UndoScope, { self }: Pick<Moment, "self">): SagaRow {
  if (!Object.values(row.open).some(({ direction }) => direction === "wait")) return row
  const progress = progressOf(row, self)
  const kept = Object.entries(row.open).filter(
    ([, { direction, step }]) => direction !== "wait" || !isInScope(outline, progress, step, scope),
  )
  return kept.length === Object.keys(row.open).length ? row : { ...row, open: Object.fromEntries(kept) }
}
