// Deletes what no recovery can need any more: journal blocks behind a finished round of compaction, and decided input.
import * as Effect from "effect/Effect"
import { limits } from "../kernel/limits.ts"
import type { InputSource } from "../ports/inputs.ts"
import type { Cut } from "./commit.ts"
import { positionOf } from "./decode.ts"
import type { Delivery } from "./delivery.ts"

/** Deletes the blocks that a finished round of compaction has made needless. */
export const truncateJournal = Effect.fnUntraced(function* (delivery: Delivery, cut: Cut): Effect.fn.Return<void> {
  const { index, sequence } = delivery.partition
  const entries = cut.decisions.map(({ entry }) => entry)
  const before = delivery.compaction.committed({ number: cut.head.number, bytes: cut.bytes.length, sequence, entries })
  if (before !== undefined) yield* delivery.ports.journal.purge(index, before)
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
