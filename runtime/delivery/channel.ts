// The inbox of one source: which of its records this partition has taken and decided. Constant-size marks, no table of
// ids (R3, R5): `low` (all up to it are decided) and a bounded set of decided numbers above it.
// Dense channels (lanes) count every record; sparse ones (stream positions) only grow.
import { assert } from "../kernel/assert.ts"

export type Admission = "new" | "duplicate" | "gap"

export class Channel {
  readonly dense: boolean
  /** All records up to here are decided in a cut block. */
  low = 0
  /** The highest record taken so far in this process. */
  high = 0
  /** Decided numbers above `low`. */
  readonly decided = new Set<number>()
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
    this.low = Math.max(this.low, low)
    this.high = Math.max(this.high, this.low)
    for (const number of this.decided) if (number <= this.low) this.decided.delete(number)
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
    if (this.#head > 1024 && this.#head * 2 > this.#open.length) {
      this.#open.splice(0, this.#head)
      this.#head = 0
    }
  }
}
