// Who waits for a saga's end, and what they are told: clients that started it, the saga whose child it is.
import { limits } from "../../runtime/kernel/limits.ts"
import type { Decision } from "../../runtime/actor/logic.ts"
import { type CommandMessage, isRequester } from "../../runtime/message/message.ts"
import type { Outcome } from "../../runtime/message/outcome.ts"
import { parentsOf, scopeOf } from "../machine/stop.ts"
import type { Ended, EndedRow, Parked, SagaRow, Waiter } from "../machine/row.ts"

export type Row = SagaRow | EndedRow

export function waiterOf({ replyTo, effect }: CommandMessage): Waiter | undefined {
  if (replyTo === undefined) return undefined
  if (isRequester(replyTo)) return { subject: replyTo.subject, request: replyTo.request }
  return { actor: { ...replyTo }, effect }
}

/** Bounded: when there are too many, the one that waited longest is dropped, and asks again (R21). An actor never is. */
export function withWaiter(row: SagaRow, waiter: Waiter | undefined): SagaRow {
  if (waiter === undefined) return row
  const all = [...(row.waiters ?? []).filter((other) => idOf(other) !== idOf(waiter)), waiter]
  const actors = all.filter((one) => "actor" in one)
  const requesters = all.filter((one) => !("actor" in one)).slice(-limits.waitersPerSagaMax)
  return { ...row, waiters: [...actors, ...requesters] }
}

/** The same row if nobody of that scope waits. */
export function withoutParent(row: SagaRow, scope: string): SagaRow {
  if (!parentsOf(row).includes(scope)) return row
  return { ...row, waiters: (row.waiters ?? []).filter((waiter) => !("actor" in waiter) || scopeOf(waiter) !== scope) }
}

function idOf(waiter: Waiter): string {
  return "actor" in waiter ? `effect ${waiter.effect}` : `request ${waiter.request}`
}

/** A second start of the same key: no second instance, but one more who waits. */
export function join(row: Row, message: CommandMessage): Decision {
  const waiter = waiterOf(message)
  if (waiter === undefined) return { state: row }
  if ("ended" in row) return { state: row, answer: [{ to: waiter, outcome: endOutcome(row.ended, waiter) }] }
  if (row.parked !== undefined && !("actor" in waiter) && row.parked.code !== "PAUSED") {
    return { state: row, answer: [{ to: waiter, outcome: parkOutcome(row.parked) }] }
  }
  const waits = (row.waiters ?? []).some((other) => JSON.stringify(other) === JSON.stringify(waiter))
  return { state: waits ? row : withWaiter(row, waiter) }
}

/** What the end means to whom: a client is told all of it, a parent whether its step has succeeded. */
export function endOutcome(ended: Ended, waiter: Waiter): Outcome {
  if (!("actor" in waiter)) return { type: "done", value: ended }
  if (waiter.reverts === true) {
    if (ended.outcome === "compensated") return { type: "done", value: null }
    return { type: "refused", code: ended.outcome, detail: null }
  }
  if (ended.outcome === "completed") return { type: "done", value: ended.result ?? null }
  return { type: "refused", code: ended.reason ?? ended.outcome, detail: { outcome: ended.outcome } }
}

export function parkOutcome({ code, message }: Pick<Parked, "code" | "message">): Outcome {
  return { type: "faulted", code, message }
}
