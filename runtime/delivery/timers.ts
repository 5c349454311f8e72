// Timers: due times are in the rows, the owner keeps a heap. Never early; at most `timerTickMs` and a turn late when
// idle. After a take-over or a stall no timer fires before what had already arrived is decided, so that a reply which
// waits in the input does not lose to a timer that became due meanwhile (R20).
import * as Effect from "effect/Effect"
import { limits } from "../kernel/limits.ts"
import { parseAddress } from "../message/message.ts"
import type { Delivery } from "./delivery.ts"
import { timeOf } from "./partition.ts"

export const fireTimers = Effect.fnUntraced(function* (
  delivery: Delivery,
  allReady: Effect.Effect<void>,
): Effect.fn.Return<never> {
  yield* allReady
  while (delivery.unreadBefore.size > 0) yield* Effect.sleep(limits.timerTickMs)
  yield* whenTaken(delivery, delivery.queue.arrivals)
  const clock = yield* Effect.clockWith(Effect.succeed)
  let lastMs = clock.currentTimeMillisUnsafe()
  for (;;) {
    yield* Effect.sleep(limits.timerTickMs)
    const nowMs = clock.currentTimeMillisUnsafe()
    // A long gap between ticks means that the process stood still: first let what arrived meanwhile be read and decided.
    if (nowMs - lastMs > limits.stallMs) {
      yield* Effect.sleep(limits.timerTickMs)
      yield* whenTaken(delivery, delivery.queue.arrivals)
    }
    lastMs = clock.currentTimeMillisUnsafe()
    // A clock that is set back before they are decided does not make them early.
    timeOf(delivery.partition, lastMs)
    queueDueTimers(delivery, lastMs)
  }
})

/** What is taken from the queue is decided, or waits for its actor, before the next record is. */
const whenTaken = Effect.fnUntraced(function* ({ queue }: Delivery, arrivals: number): Effect.fn.Return<void> {
  while (!queue.areTaken(arrivals)) yield* Effect.sleep(limits.timerTickMs)
})

function queueDueTimers(delivery: Delivery, nowMs: number): void {
  const { dueTimers, rows } = delivery.partition
  for (let due = dueTimers.takeDue(nowMs); due !== undefined; due = dueTimers.takeDue(nowMs)) {
    const timer = rows.get(due.row)?.timers.get(due.name)
    if (timer === undefined || timer.dueMs !== due.dueMs) continue
    const to = parseAddress(due.row)
    const message = { type: "timer" as const, to, name: due.name, ...timer }
    delivery.queue.push({ lane: "replies", from: [], work: { type: "message", message } })
    delivery.work.openUnsafe()
  }
}
