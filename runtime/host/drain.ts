// Ends the work of a process in order: nothing new is let in, what was let in is decided, durable and answered, and the
// partitions are handed over. What stays behind when the time is over is lost with the memory only: it is undecided in
// its source, or durable in a journal, and the next owner goes on with it.
import * as Effect from "effect/Effect"
import { type Delivery, isIdle } from "../delivery/delivery.ts"
import { makeDurable } from "../delivery/mailbox.ts"
import { closeJournal } from "../delivery/recover.ts"
import { unpublishedCount } from "../delivery/stats.ts"
import { waitsForFlow } from "../delivery/task.ts"
import { limits } from "../kernel/limits.ts"
import { handOver, letGo } from "./ownership.ts"
import type { OwnershipState } from "./ownership-state.ts"

/** True if nothing was left to do when it was handed over; false if the time was over before. */
export const drain = Effect.fnUntraced(function* (
  state: OwnershipState,
  withinMs: number,
): Effect.fn.Return<boolean> {
  if (state.phase === "owning") {
    state.phase = "draining"
    for (const { watch } of state.taken.values()) watch.admits = false
    yield* letGo(state, [...state.taken.keys()].filter((partition) => !state.deliveries.has(partition)))
  }
  const finished = yield* Effect.timeoutOption(untilDrained(state), withinMs)
  const idle = [...state.deliveries.values()].filter(isDrained)
  yield* letGo(state, [...state.taken.keys()])
  // The next owner then knows that no record was under way, and need not take each by itself (R13).
  const closing = Effect.forEach(idle, closeJournal, { concurrency: "unbounded", discard: true })
  yield* Effect.timeoutOption(closing, limits.lastFlushMs)
  yield* handOver(state)
  return finished._tag === "Some"
})

const untilDrained = Effect.fnUntraced(function* (state: OwnershipState): Effect.fn.Return<void> {
  for (;;) {
    const deliveries = [...state.deliveries.values()]
    for (const delivery of deliveries) keepWaiting(delivery)
    if (deliveries.every(isDrained)) return
    yield* Effect.sleep(limits.drainLookMs)
  }
})

/** What waits for an operator, another try, a rate or a breaker goes into the journal: no source holds it undecided (R6). */
function keepWaiting(delivery: Delivery): void {
  for (const mailbox of delivery.mailboxes.values())
    if (mailbox.waitsFor === "operator" || mailbox.waitsFor === "retry" || waitsForFlow(mailbox)) makeDurable(delivery, mailbox)
  if (delivery.pending.length > 0) delivery.decided.openUnsafe()
}

function isDrained(delivery: Delivery): boolean {
  return isIdle(delivery) && unpublishedCount(delivery) === 0
}
