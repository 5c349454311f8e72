// The inbox of one source: which of its records this partition has taken and decided. Constant-size marks, no table of
// ids (R3, R5): `low` (all up to it are decided) and a bounded set of decided numbers above it.
// Dense channels (lanes) count every record; sparse ones (stream positions) only grow.
import { assert } from "../kernel/assert.ts"
import type { StreamMark } from "../message/block.ts"
import { recordDigest } from "../message/hash.ts"
import { ClaimRuns } from "./claim-runs.ts"

export type Admission = "new" | "duplicate" | "gap"

/** What a stream holds at a position. */
interface ReadRecord {
  readonly number: number
  readonly bytes: Uint8Array
  readonly headers: Readonly<Record<string, string>>
}

export class Channel {
  readonly dense: boolean
  /** All records up to here are decided in a cut block. */
  low = 0
  /** The highest record taken so far in this process. */
  high = 0
  /** Decided numbers above `low`. */
  readonly decided = new Set<number>()
  /** Of a lane: under which claims of its source the records from `low` on were made (R14). */
  readonly claims = new ClaimRuns()
  /** The claims have changed since a block has told them. */
  hasNewClaims = false
  /** An operator said so: the next frame tells where the lane goes on. */
  adopts = false
  /** Of a stream: the last record that is decided in a cut block (R14), once its digest was asked for. */
  #last: StreamMark | undefined
  #lastRead: ReadRecord | undefined
  /** The records behind it, by position. Of all but one in a block no digest is wanted. */
  readonly #read = new Map<number, ReadRecord>()
  /** Taken and not yet below `low`, in order. */
  readonly #open: number[] = []
  #head = 0

  constructor(dense: boolean) {
    this.dense = dense
  }

  /** Whether a record is to be decided. A gap leaves the channel as it was: go-back-N brings the record again (R4). */
  admit(number: number): Admission {
    if (number <= this.high) return "duplicate"
    if (this.dense && number !== this.high + 1) return "gap"
    this.high = number
    this.#open.push(number)
    if (!this.decided.has(number)) return "new"
    this.#advance()
    return "duplicate"
  }

  /** A channel of which nothing was taken begins with this record, whatever its number. */
  begin(number: number): void {
    if (this.high === 0 && this.decided.size === 0) this.restoreLow(number - 1)
  }

  /** Notes that a record is decided in the block that is being cut; moves `low` as far as it goes. */
  decide(number: number): void {
    assert(number > this.low, "a record is decided once")
    this.decided.add(number)
    this.#advance()
  }

  /** Takes over what a journal block says: a decided record, without having taken it in this process. */
  restore(number: number): void {
    if (number > this.low) this.decided.add(number)
  }

  /** Takes over the low mark of a journal block. */
  restoreLow(low: number): void {
    this.adopts = false
    this.low = Math.max(this.low, low)
    for (const number of this.decided) if (number <= this.low) this.decided.delete(number)
    this.#follow()
  }

  /** Records from `number` on were made under this claim of their source. */
  noteClaim(number: number, claim: string): void {
    if ((this.claims.at(number) ?? "") === claim) return
    this.claims.add(number, claim)
    this.claims.prune(this.low)
    this.hasNewClaims = true
  }

  /** The source goes on behind `number`, and has nothing before it any more. */
  adopt(number: number): void {
    this.adopts = false
    this.restoreLow(number)
  }

  /** Of a stream: the last record that is decided in a cut block (R14). */
  get last(): StreamMark | undefined {
    if (this.#lastRead !== undefined) this.#last = [this.#lastRead.number, recordDigest(this.#lastRead)]
    this.#lastRead = undefined
    return this.#last
  }

  set last(mark: StreamMark | undefined) {
    this.#last = mark
    this.#lastRead = undefined
  }

  /** Notes what stands at a position of the stream. */
  noteRead(record: ReadRecord): void {
    this.#read.set(record.number, record)
  }

  /** A record at this position is decided in the block that is being cut. */
  markDecided(position: number): void {
    const record = this.#read.get(position)
    if (record === undefined || position < (this.#lastRead?.number ?? this.#last?.[0] ?? 0)) return
    this.#lastRead = record
    // Positions were noted in their order.
    for (const noted of this.#read.keys()) {
      if (noted >= position) break
      this.#read.delete(noted)
    }
  }

  /** Records taken and not yet decided in a cut block. */
  get openCount(): number {
    return this.#open.length - this.#head
  }

  #advance(): void {
    while (this.#head < this.#open.length) {
      const number = this.#open[this.#head]
      if (number === undefined || !this.decided.has(number)) break
      this.decided.delete(number)
      this.low = number
      this.#head += 1
    }
    if (this.#head === this.#open.length) this.#follow()
    if (this.#head > 1024 && this.#head * 2 > this.#open.length) {
      this.#open.splice(0, this.#head)
      this.#head = 0
    }
  }

  /**
   * What the owner before had decided above the mark comes again, but nobody waits for that: no block would be left to move
   * the mark over it, and its source would send it for ever.
   */
  #follow(): void {
    if (this.dense) while (this.decided.delete(this.low + 1)) this.low += 1
    this.high = Math.max(this.high, this.low)
  }
}
