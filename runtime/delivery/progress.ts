// Tells the clients outside how far this partition has come with what they sent, so that they stop at their bound instead
// of filling the input. Only what a committed block has decided is said, so it stays true whoever owns the partition next.
import * as Effect from "effect/Effect"
import { limits } from "../kernel/limits.ts"
import type { Progress } from "../message/progress.ts"
import type { InputSource } from "../ports/inputs.ts"
import type { Delivery } from "./delivery.ts"

/** Says it soon after it has changed, and again while nothing changes, for clients that came later or missed it. */
export const tellProgress = Effect.fnUntraced(function* (
  delivery: Delivery,
  readers: readonly { readonly source: InputSource; readonly channel: string }[],
): Effect.fn.Return<never> {
  const channel = readers.find(({ source }) => source === "external")?.channel
  if (channel === undefined) return yield* Effect.never
  let told: Progress | undefined
  let quietMs = 0
  for (;;) {
    const progress = progressOf(delivery, channel)
    if (told === undefined || hasMoved(progress, told) || quietMs >= limits.progressIdleMs) {
      delivery.ports.egress.progress(progress)
      told = progress
      quietMs = 0
    }
    yield* Effect.sleep(limits.progressEveryMs)
    quietMs += limits.progressEveryMs
  }
})

/** The channel's low mark as a place in the stream: decode.ts numbers records by their block's position and their place in it. */
function progressOf(delivery: Delivery, channel: string): Progress {
  const low = delivery.committedLow.get(channel) ?? 0
  return {
    partition: delivery.partition.index,
    stream: channel,
    position: Math.floor(low / limits.inputRecordsMax),
    records: low === 0 ? 0 : (low % limits.inputRecordsMax) + 1,
    held: heldCount(delivery),
  }
}

/** An actor that waits for an operator may wait for days: that must not keep clients from the others. */
function heldCount({ partition: { held }, mailboxes }: Delivery): number {
  let count = held.count
  if (count === 0) return 0
  for (const { row, waitsFor } of mailboxes.values()) if (waitsFor === "operator") count -= held.of(row).size
  return count
}

function hasMoved(progress: Progress, told: Progress): boolean {
  return progress.position !== told.position || progress.records !== told.records || progress.held !== told.held
}
