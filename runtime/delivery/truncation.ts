// Deletes what nobody can need any more: journal blocks from before a finished round of compaction, once they have left the
// history window, and decided input.
import * as Effect from "effect/Effect"
import { durationMs } from "../kernel/duration.ts"
import { limits } from "../kernel/limits.ts"
import type { InputSource } from "../ports/inputs.ts"
import type { Cut } from "./commit.ts"
import { positionOf } from "./decode.ts"
import type { Delivery } from "./delivery.ts"
import type { HistoryWindow } from "./stored-blocks.ts"

const defaultWindow: HistoryWindow = {
  keptMs: durationMs(`${limits.historyKeptDays} days`),
  bytesMax: limits.historyBytesMax,
}

/** When a block finishes a round of compaction: notes it, and deletes what the history window does not hold. */
export const truncateJournal = Effect.fnUntraced(function* (delivery: Delivery, cut: Cut): Effect.fn.Return<void> {
  for (const { entry } of cut.decisions) {
    if (entry.checkpoint === undefined) continue
    delivery.compaction.finish()
    delivery.partition.stored.finish(entry.checkpoint)
    yield* forgetHistory(delivery)
  }
})

/** Looks again and again for blocks that have become too old. */
export const forgettingHistory = Effect.fnUntraced(function* (delivery: Delivery): Effect.fn.Return<never> {
  for (;;) {
    yield* Effect.sleep(limits.historyLookMs)
    yield* forgetHistory(delivery)
  }
})

/** A crash behind this leaves blocks that the next owner knows of, and deletes. */
const forgetHistory = Effect.fnUntraced(function* ({ app, partition, ports }: Delivery): Effect.fn.Return<void> {
  const clock = yield* Effect.clockWith(Effect.succeed)
  const before = partition.stored.expire(app.history ?? defaultWindow, clock.currentTimeMillisUnsafe())
  if (before !== undefined) yield* ports.journal.purge(partition.index, before)
})

/** Deletes input that a committed block has decided; the last decided record stays, as the place to begin from (R15). */
export const purgeInput = Effect.fnUntraced(function* (
  delivery: Delivery,
  readers: readonly { readonly source: InputSource; readonly channel: string }[],
): Effect.fn.Return<never> {
  const purged = new Map<InputSource, number>()
  for (;;) {
    yield* Effect.sleep(limits.purgeEveryMs)
    for (const { source, channel } of readers) {
      // Events belong to everybody who reads them.
      if (source === "events") continue
      const before = positionOf(delivery.committedLow.get(channel) ?? 0)
      if (before <= (purged.get(source) ?? 0)) continue
      yield* delivery.ports.inputs.purge(delivery.partition.index, before, source)
      purged.set(source, before)
    }
  }
})
