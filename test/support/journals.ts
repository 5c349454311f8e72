// What tests look for in a journal in memory: what it gives when it is folded, and what its blocks say.
import { emptyPartition, foldBlock, type Partition } from "../../runtime/delivery/partition.ts"
import { type Block, decodeBlock } from "../../runtime/message/block.ts"
import { digest } from "../../runtime/message/hash.ts"
import type { World } from "../../runtime/testing/index.ts"

export interface StoredBlock extends Block {
  readonly sequence: number
  readonly bytes: number
}

export function blocksOf(world: World, partition: number): readonly StoredBlock[] {
  return world.journal.records(partition).map(({ sequence, bytes }) => ({
    ...decodeBlock(bytes, "test"), sequence, bytes: bytes.length,
  }))
}

/** The partition, read back from the first block at or behind a sequence. */
export function readBack(world: World, app: string, index: number, from = 0): Partition {
  const partition = emptyPartition(app, index)
  for (const { sequence, bytes } of world.journal.records(index)) {
    if (sequence >= from) foldBlock(partition, decodeBlock(bytes, "test"), sequence, digest(bytes))
  }
  return partition
}

/** Everything that decides what happens next, in an order of its own. */
export function essence({ rows, channels, outboxes, parked, claim }: Partition): object {
  const sorted = <Value>(entries: Iterable<readonly [string, Value]>) =>
    [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return {
    rows: sorted(rows).map(([key, { state, effects, asked, timers }]) => [
      key,
      state,
      sorted(effects),
      [...asked],
      sorted(timers),
    ]),
    channels: sorted(channels).map(([id, { low, decided, claims, last }]) => [id, low, [...decided], claims.at(low), last]),
    outboxes: sorted(outboxes).map(([id, outbox]) => [id, outbox.last, outbox.claims.at(outbox.last)]),
    claim,
    parked: sorted(parked),
  }
}
