// What comes for a wait: a signal, an event, or a token that somebody completes.
import { limits } from "../../runtime/kernel/limits.ts"
import type { Json } from "../../runtime/message/json.ts"
import { parseInstance, placeOf } from "../definition/outline.ts"
import { advance, type Parts } from "./advance.ts"
import type { SagaRow } from "./row.ts"
import { isInLoopNow } from "./standing.ts"
import { type Moment, quiet, refuse, type Step } from "./stop.ts"

/** Something came for the wait of that name. */
export interface Arrival {
  readonly type: "arrival"
  readonly wait: string
  readonly value: Json
}

/** Ends the wait; or, if it has not begun or the saga is parked, keeps what came until then. Nothing is kept in vain. */
export function arrive(parts: Parts, row: SagaRow, { wait, value }: Arrival, at: Moment): Step {
  if (row.failure !== undefined) return refuse(row, "compensating", "it is being undone, and waits for nothing any more")
  const open = Object.entries(row.open).find(([, { step }]) => parseInstance(step).name === wait)
  if (open !== undefined && row.parked === undefined) {
    const [slot, { step, item }] = open
    return advance(parts, row, slot, { kind: "done", step, item, value }, at)
  }
  const earlyCount = row.early?.[wait]?.length ?? 0
  if (isTold(parts, row, wait, open !== undefined, earlyCount)) return refuse(row, "completed", "it waits for that no more")
  return keepEarly(row, { wait, value })
}

/** Keeps what came until its wait begins, as long as there is room. */
export function keepEarly(row: SagaRow, { wait, value }: Pick<Arrival, "wait" | "value">): Step {
  const early = row.early?.[wait] ?? []
  if (early.length >= limits.earlyArrivalsMax) return refuse(row, "too-early", `${early.length} of them wait already`)
  return quiet({ ...row, early: { ...row.early, [wait]: [...early, value] } })
}

/** Whether the wait is over, or has what will end it. In a loop it begins again. */
function isTold({ outline }: Parts, row: SagaRow, wait: string, isOpen: boolean, earlyCount: number): boolean {
  const { loop } = placeOf(outline, wait)
  if (loop === undefined) return earlyCount > 0 || (!isOpen && row.items[wait] !== undefined)
  return (row.rounds?.[loop] ?? 0) > 0 && !isInLoopNow(outline, row, loop)
}
