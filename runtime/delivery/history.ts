// The history of one actor, newest first, out of its partition's journal. The journal is read backwards in slices, through
// the port and not through the owner's memory: whoever can read the stream can read this. There is no index; a block is
// decoded if the key stands in it, so the price is that of reading (docs/operations.md has figures).
import * as Effect from "effect/Effect"
import { limits } from "../kernel/limits.ts"
import { CorruptJournal, decodeBlock, NewerFormat } from "../message/block.ts"
import type { Address } from "../message/message.ts"
import type { Journal, JournalRecord, JournalUnavailable } from "../ports/journal.ts"
import { decisionsOn, type PastDecision } from "./past-decision.ts"

/** What lies behind it is older. */
export interface HistoryPlace {
  readonly sequence: number
  readonly place: number
}

/** Part of an actor's history, newest first. Without `before` and `endsHere` it goes back to the actor's beginning. */
export interface HistoryPage {
  readonly decisions: readonly PastDecision[]
  /** There may be more: ask again with this. */
  readonly before?: HistoryPlace
  /** What was decided before `sinceMs`, if anything was, is not kept any more. */
  readonly endsHere?: true
  readonly sinceMs?: number
}

export interface HistoryOptions {
  /** Decisions in the page, from 1 to `limits.historyPageMax`, which is the default. */
  readonly limit?: number
  readonly before?: HistoryPlace
}

export interface Chronicle {
  readonly journal: Pick<Journal, "first" | "last" | "read">
  readonly partition: number
  readonly actor: Address
}

export type HistoryFault = CorruptJournal | NewerFormat | JournalUnavailable

/** One page. It ends early once `limits.historySearchBytesMax` were read: few decisions do not mean that there are no more. */
export const readHistory = Effect.fnUntraced(function* (
  chronicle: Chronicle,
  { limit = limits.historyPageMax, before }: HistoryOptions = {},
): Effect.fn.Return<HistoryPage, HistoryFault> {
  const { journal, partition } = chronicle
  const first = yield* journal.first(partition)
  const last = yield* journal.last(partition)
  if (first === undefined || last === undefined) return { decisions: [] }
  const beginning = { sequence: first.sequence, place: 0 }
  const decisions: PastDecision[] = []
  let end = before ?? { sequence: last.sequence + 1, place: 0 }
  let readBytes = 0
  for (let places: number = limits.historySlicePlaces; isBefore(beginning, end); ) {
    if (decisions.length === limit || readBytes >= limits.historySearchBytesMax) return { decisions, before: end }
    const from = Math.max(first.sequence, end.sequence - places)
    const slice = yield* readSlice(chronicle, { from, end, limit: limit - decisions.length })
    decisions.push(...slice.found.toReversed())
    end = { sequence: from, place: 0 }
    const [oldest] = slice.found
    if (slice.hasMore && oldest !== undefined) end = { sequence: oldest.sequence, place: oldest.place }
    readBytes += slice.bytes
    if (slice.bytes < limits.historySliceBytes / 2) places *= 2
    else if (slice.bytes > limits.historySliceBytes) places = Math.ceil(places / 2)
  }
  const { number, moved, atMs } = yield* Effect.try({
    try: () => decodeBlock(first.bytes, where(chronicle, first)),
    catch: (error) => faultOf(error, where(chronicle, first)),
  })
  return number > 0 || moved === true ? { decisions, endsHere: true, sinceMs: atMs } : { decisions }
})

interface SliceRange {
  /** Sequence of its first block. */
  readonly from: number
  readonly end: HistoryPlace
  /** Decisions that are wanted: the newest. */
  readonly limit: number
}

/** Oldest first. */
const readSlice = Effect.fnUntraced(function* (chronicle: Chronicle, { from, end, limit }: SliceRange) {
  const { journal, partition, actor } = chronicle
  const needle = `"key":${JSON.stringify(actor.key)}`
  const slice = { found: new Array<PastDecision>(), hasMore: false, bytes: 0 }
  let fault: HistoryFault | undefined
  const visit = (record: JournalRecord) => {
    const { buffer, byteOffset, byteLength } = record.bytes
    slice.bytes += byteLength
    if (fault !== undefined || !Buffer.from(buffer, byteOffset, byteLength).includes(needle)) return
    try {
      const block = decodeBlock(record.bytes, where(chronicle, record))
      for (const decision of decisionsOn(actor, block, record.sequence)) if (isBefore(decision, end)) slice.found.push(decision)
    } catch (error) {
      fault = faultOf(error, where(chronicle, record))
    }
    if (slice.found.length <= limit) return
    slice.found.splice(0, slice.found.length - limit)
    slice.hasMore = true
  }
  yield* journal.read(partition, visit, { from, to: end.place > 0 ? end.sequence : end.sequence - 1 })
  return fault === undefined ? slice : yield* Effect.fail(fault)
})

function isBefore(one: HistoryPlace, other: HistoryPlace): boolean {
  return one.sequence < other.sequence || (one.sequence === other.sequence && one.place < other.place)
}

function where({ partition }: Chronicle, { sequence }: JournalRecord): string {
  return `journal of partition ${partition} at sequence ${sequence}`
}

function faultOf(error: unknown, place: string): CorruptJournal | NewerFormat {
  if (error instanceof CorruptJournal || error instanceof NewerFormat) return error
  return new CorruptJournal(`${place} cannot be read`, { cause: error })
}
