// A child saga is taken back by its parent. One that never started never will; one that is under way is turned back; one
// that has completed is undone if nothing in it is past a pivot.
import type { DecideContext, Decision } from "../../runtime/actor/logic.ts"
import type { CommandMessage } from "../../runtime/message/message.ts"
import type { SagaRow } from "../machine/row.ts"
import { endOutcome, type Row, waiterOf, withWaiter } from "./answers.ts"
import type { SagaParts } from "./saga-parts.ts"
import { toDecision } from "./to-decision.ts"

export function revert(parts: SagaParts, row: Row | undefined, message: CommandMessage, context: DecideContext): Decision {
  const waiter = waiterOf(message)
  const reverting = waiter !== undefined && "actor" in waiter ? { ...waiter, reverts: true as const } : waiter
  if (row === undefined) {
    // The start may still come: it finds that the saga has ended.
    const ended = { outcome: "compensated", reason: "cancelled", startedMs: context.nowMs, endedMs: context.nowMs } as const
    return { state: { ended }, outcome: { type: "done", value: null } }
  }
  if ("ended" in row) {
    if (row.ended.outcome === "completed" && row.revertible !== undefined)
      return turnBack(parts, row.revertible, reverting, context)
    const outcome = reverting === undefined ? undefined : endOutcome(row.ended, reverting)
    return { state: row, ...(outcome && { outcome }) }
  }
  if (row.failure !== undefined) return { state: withWaiter(row, reverting) }
  return turnBack(parts, row, reverting, context)
}

function turnBack({ core }: SagaParts, row: SagaRow, waiter: ReturnType<typeof waiterOf>, context: DecideContext): Decision {
  const waiting = withWaiter(row, waiter)
  const step = core.decide(waiting, { type: "cancel" }, context)
  if (step.refused !== undefined) return { state: row, outcome: { type: "refused", ...step.refused } }
  const isFree = row.parked !== undefined && ("ended" in step.row || step.row.parked === undefined)
  return { ...toDecision(waiting, step, { self: context.self }), ...(isFree ? { resumed: true as const } : {}) }
}
