// commit: ONE journal append for every decision that is ready (group commit). It carries the sequence of the last block
// that this owner wrote, so a process that lost the partition cannot write (the fence). Nothing leaves before it is done.
import * as Effect from "effect/Effect"
import { assert } from "../kernel/assert.ts"
import { limits } from "../kernel/limits.ts"
import { type BlockHead, blockVersion, type ClaimRun, encodeBlock, type StreamMark } from "../message/block.ts"
import { digest } from "../message/hash.ts"
import type { AppendUnknown, Fenced, JournalUnavailable } from "../ports/journal.ts"
import type { Channel } from "./channel.ts"
import type { Decided } from "./decided.ts"
import { streamPosition } from "./decode.ts"
import type { Delivery, Ports } from "./delivery.ts"
import { channelOf, type Partition } from "./partition.ts"

/** A block that is on its way, with the decisions it makes durable. */
export interface Cut {
  readonly head: BlockHead
  readonly bytes: Uint8Array
  readonly decisions: readonly Decided[]
}

/** Takes the pending decisions, oldest first, up to the block's bound; the rest wait for the next block. */
export function cutBlock(delivery: Delivery, nowMs: number): Cut {
  const decisions = takePending(delivery)
  const { partition } = delivery
  const head: BlockHead = {
    ...nextHead(partition, Math.max(nowMs, partition.atMs)),
    kind: "decisions",
    ...(delivery.compaction.since === partition.blockNumber + 1 ? { begins: true as const } : {}),
    ...moveMarks(partition, decisions),
    confirmed: takeConfirmed(partition),
  }
  return { head, bytes: encodeBlock(head, decisions.map((decided) => decided.encoded)), decisions }
}

/** What every block of this owner starts with. */
export function nextHead(partition: Partition, atMs: number): Omit<BlockHead, "kind" | "low" | "confirmed"> {
  const { app, index, incarnation, blockNumber, previous, epoch } = partition
  const { base } = partition.stored
  const head = { v: blockVersion, app, partition: index, incarnation, number: blockNumber + 1, previous, epoch, atMs }
  return base === 0 ? head : { ...head, base }
}

function takePending(delivery: Delivery): readonly Decided[] {
  let bytes = 0
  let count = 0
  for (const decided of delivery.pending) {
    bytes += decided.encoded.length
    // Counts characters, and non-ASCII text takes up to three bytes each: a third of the bound is always safe.
    if (count > 0 && bytes > limits.blockBytesMax / 3) break
    count += 1
  }
  const taken = delivery.pending.slice(0, count)
  delivery.pending = delivery.pending.slice(count)
  return taken
}

/** Moves the inbox marks over the records that this block decides; once it is cut, only the fence can stop it. */
function moveMarks(partition: Partition, decisions: readonly Decided[]): Pick<BlockHead, "low" | "last" | "claims"> {
  const low: Record<string, number> = {}
  const last: Record<string, StreamMark> = {}
  const claims: Record<string, readonly ClaimRun[]> = {}
  const streams = new Map<string, Channel>()
  for (const { entry } of decisions) {
    for (const [id, number] of entry.from) {
      const channel = channelOf(partition, id)
      channel.decide(number)
      low[id] = channel.low
      if (channel.hasNewClaims) claims[id] = channel.claims.list
      channel.hasNewClaims = false
      if (channel.dense) continue
      channel.markDecided(streamPosition(number))
      streams.set(id, channel)
    }
  }
  for (const [id, channel] of streams) if (channel.last !== undefined) last[id] = channel.last
  return { low, ...(isEmpty(last) ? {} : { last }), ...(isEmpty(claims) ? {} : { claims }) }
}

function isEmpty(marks: object): boolean {
  for (const _ in marks) return false
  return true
}

export function takeConfirmed(partition: Partition): Record<string, number> {
  const confirmed: Record<string, number> = {}
  for (const [destination, outbox] of partition.outboxes) {
    if (outbox.confirmed === outbox.journaled) continue
    confirmed[destination] = outbox.confirmed
    outbox.journaled = outbox.confirmed
  }
  return confirmed
}

/** Makes the block durable, or fails: Fenced means that this process no longer owns the partition. */
export const commit = Effect.fnUntraced(function* (
  ports: Pick<Ports, "journal">,
  partition: Partition,
  block: { readonly head: BlockHead; readonly bytes: Uint8Array },
): Effect.fn.Return<void, Fenced | AppendUnknown | JournalUnavailable> {
  assert(block.head.number === partition.blockNumber + 1, "blocks are numbered without a gap")
  const sequence = yield* appendUntilKnown(ports.journal, partition, block.bytes)
  partition.sequence = sequence
  partition.blockNumber = block.head.number
  partition.previous = digest(block.bytes)
  partition.atMs = Math.max(block.head.atMs, partition.atMs)
  partition.stored.note(block.head, sequence, block.bytes.length)
})

/** R9: an append without an answer is retried, byte for byte; a refusal may be our own earlier try, so it is read. */
export const appendUntilKnown = Effect.fnUntraced(function* (
  journal: Ports["journal"],
  partition: Partition,
  bytes: Uint8Array,
): Effect.fn.Return<number, Fenced | AppendUnknown | JournalUnavailable> {
  for (let waitedMs = 0; ; waitedMs += limits.appendRetryMs) {
    const result = yield* Effect.result(journal.append(partition.index, bytes, partition.sequence))
    if (result._tag === "Success") return result.success
    if (result.failure._tag === "Fenced") return yield* ownAppend(journal, partition, bytes, result.failure)
    if (waitedMs >= limits.appendUnknownMaxMs) return yield* Effect.fail(result.failure)
    yield* Effect.sleep(limits.appendRetryMs)
  }
})

/** Same bytes at the end of the journal: the block is ours and stored. Anything else: somebody took the partition. */
const ownAppend = Effect.fnUntraced(function* (
  journal: Ports["journal"],
  partition: Partition,
  bytes: Uint8Array,
  fenced: Fenced,
): Effect.fn.Return<number, Fenced | JournalUnavailable> {
  const last = yield* journal.last(partition.index)
  if (last !== undefined && Buffer.compare(last.bytes, bytes) === 0) return last.sequence
  return yield* Effect.fail(fenced)
})
