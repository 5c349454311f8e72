// Whether a saga can still be turned back to its end: everything under way is answered "done", everything is undone, and
// nothing of it happens. Functions of the user's are called as they would be then.
import { limits } from "../../runtime/kernel/limits.ts"
import type { Address } from "../../runtime/message/message.ts"
import type { Core } from "../machine/core.ts"
import type { SagaRow } from "../machine/row.ts"
import { effectOf } from "../machine/slots.ts"
import type { Step } from "../machine/stop.ts"
import { quiet } from "../machine/stop.ts"

/** What would stop it, or undefined if nothing would. From the pivot on a saga is not turned back: nothing is asked. */
export function whatStopsUndo(core: Core, row: SagaRow, self: Address): string | undefined {
  const at = { self, nowMs: row.startedMs }
  const { parked: _, waiters: __, ...free } = row
  let step: Step = row.failure === undefined ? core.decide(free, { type: "cancel" }, at) : quiet(free)
  if (step.refused !== undefined) return undefined
  for (let count = 0; count < stepsMax(row); count += 1) {
    if ("ended" in step.row) return undefined
    if (step.row.parked !== undefined) return step.row.parked.message
    const open = Object.entries(step.row.open).find(([, { direction }]) => direction !== "wait")
    if (open === undefined) return `it would stand still in state ${JSON.stringify(step.row.value)}`
    step = core.decide(step.row, { type: "reply", effect: effectOf(self, open[0]), outcome: { type: "done", value: null } }, at)
  }
  return "its undo would not come to an end"
}

/** Every item is answered once and undone once. */
function stepsMax({ items }: SagaRow): number {
  return 2 * Object.values(items).reduce((sum, statuses) => sum + statuses.length, 0) + limits.sagaStepsMax
}
