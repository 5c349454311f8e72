// The outbox towards one destination: dense numbers, and every record that its destination has not yet confirmed.
// The journal holds the same records, so a new owner rebuilds this and sends all of it again, in order (R4, R7).
import { assert } from "../kernel/assert.ts"
import type { ClaimRun } from "../message/block.ts"
import type { CommandMessage, Message } from "../message/message.ts"
import { ClaimRuns } from "./claim-runs.ts"

export class Outbox {
  /** Number of the last record that was made. */
  last = 0
  /** All records up to here are confirmed. */
  confirmed = 0
  /** What the journal knows as confirmed; lags behind `confirmed` until a block carries it. */
  journaled = 0
  /** How many of what is not confirmed were sent again by an operator: nearly always none. */
  redriven = 0
  /** Under which claims the records from `confirmed` on were made (R14). */
  readonly claims = new ClaimRuns()
  /** Records `confirmed + 1 ... last`, oldest first. */
  readonly #records: Message[] = []
  #head = 0

  /** Adds the next record. Its number must be the next one: the caller took it from `last + 1`. */
  push(number: number, message: Message, claim = ""): void {
    assert(number === this.last + 1, "numbers towards a destination are dense")
    this.last = number
    this.claims.add(number, claim)
    this.#records.push(message)
    if (isRedriven(message)) this.redriven += 1
  }

  /** Takes over what a journal says that begins after the first records towards this destination: only the tail is known. */
  pushTail(number: number, message: Message, claim: string): void {
    if (number !== this.last + 1) this.restore(number - 1, [])
    this.push(number, message, claim)
  }

  /** Takes over a checkpoint: the last number, and the records up to it that are not confirmed. */
  restore(last: number, unconfirmed: readonly Message[], claims: readonly ClaimRun[] = []): void {
    this.claims.restore(claims)
    this.last = last
    this.confirmed = last - unconfirmed.length
    this.journaled = this.confirmed
    this.#records.splice(0, this.#records.length, ...unconfirmed)
    this.#head = 0
    this.redriven = unconfirmed.filter(isRedriven).length
  }

  /** Counts what is not confirmed anew, from 1: the journal has got another identity. */
  renumber(): void {
    this.restore(this.unconfirmedCount, this.owed(0, this.unconfirmedCount).messages)
  }

  /** The destination has everything up to `low`. Older confirmations change nothing. */
  confirm(low: number): void {
    assert(low <= this.last, "a destination confirms only what was sent")
    while (this.confirmed < low) {
      const message = this.redriven > 0 ? this.#records[this.#head] : undefined
      if (message !== undefined && isRedriven(message)) this.redriven -= 1
      this.confirmed += 1
      this.#head += 1
    }
    this.claims.prune(this.confirmed)
    if (this.#head > 1024 && this.#head * 2 > this.#records.length) {
      this.#records.splice(0, this.#head)
      this.#head = 0
    }
  }

  /** Records `after + 1 ... last` that are not confirmed, oldest first, at most `max`. */
  owed(after: number, max: number): { readonly first: number; readonly messages: readonly Message[] } {
    const first = Math.max(after, this.confirmed) + 1
    const start = this.#head + (first - this.confirmed - 1)
    return { first, messages: this.#records.slice(start, start + max) }
  }

  get unconfirmedCount(): number {
    return this.last - this.confirmed
  }
}

export function isRedriven(message: Message): message is CommandMessage {
  return message.type === "command" && message.redriven === true
}
