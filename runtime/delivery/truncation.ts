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
  const external = readers.find(({ source }) => source === "external")
  let purged = 0
  for (;;) {
    yield* Effect.sleep(limits.purgeEveryMs)
    const low = external === undefined ? 0 : (delivery.committedLow.get(external.channel) ?? 0)
    const before = positionOf(low)
    if (before <= purged) continue
    yield* delivery.ports.inputs.purge(delivery.partition.index, before)
    purged = before
  }
})
