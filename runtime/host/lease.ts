// How long an owner may act on what it holds without asking anybody (R10). The fence keeps a process that lost a
// partition from writing; nothing keeps it from starting I/O, or from answering out of its memory, but its own lease.
// An acknowledgement, of a heartbeat or of an append, renews it from the moment at which it was sent. A process whose
// heartbeats were interrupted for so long that others may have taken it for gone must be shown by the journal, partition
// by partition, that nobody has written since.
import type { Clock } from "effect/Clock"
import { limits } from "../kernel/limits.ts"

/** One moment, on both clocks: the wall clock may be set, and the monotonic one may stand still with the machine. */
interface Moment {
  readonly wallMs: number
  readonly monotonicNanos: bigint
}

/** Taken when a request is sent, and handed back with its acknowledgement. */
export interface Sent {
  readonly at: Moment
  /** How often others may have taken this process for gone until then. */
  readonly gaps: number
}

export class Lease {
  readonly #clock: Clock
  #beat: Moment | undefined
  #gaps = 0
  readonly #proofs = new Map<number, Sent>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  sent(): Sent {
    return { at: this.#now(), gaps: this.#gaps }
  }

  /** A heartbeat that was sent then is stored. True if others may have taken this process for gone before it was. */
  beaten({ at }: Sent): boolean {
    // It was stored before this moment, and the one before not earlier than it was sent: was there a key all the time?
    const isGap = this.#beat !== undefined && this.#ageMs(this.#beat) > limits.memberTtlMs
    if (isGap) this.#gaps += 1
    this.#beat = at
    return isGap
  }

  /** The journal has shown that this process owned the partition then, or later. */
  proved(partition: number, sent: Sent): void {
    this.#proofs.set(partition, sent)
  }

  forget(partition: number): void {
    this.#proofs.delete(partition)
  }

  /** Nothing speaks against owning the partition still: others have not taken this process for gone since it was proved. */
  isProved(partition: number): boolean {
    return this.#proofs.get(partition)?.gaps === this.#gaps
  }

  /** Whether effects may be started and questions be answered for the partition now. */
  mayAct(partition: number): boolean {
    const proof = this.#proofs.get(partition)
    if (proof?.gaps !== this.#gaps) return false
    return Math.min(this.beatAgeMs, this.#ageMs(proof.at)) <= limits.memberTtlMs / 2
  }

  /** Time since the last acknowledged heartbeat was sent; infinite before the first. */
  get beatAgeMs(): number {
    return this.#beat === undefined ? Number.POSITIVE_INFINITY : this.#ageMs(this.#beat)
  }

  #now(): Moment {
    return { wallMs: this.#clock.currentTimeMillisUnsafe(), monotonicNanos: this.#clock.monotonicTimeNanosUnsafe() }
  }

  #ageMs({ wallMs, monotonicNanos }: Moment): number {
    const now = this.#now()
    return Math.max(now.wallMs - wallMs, Number(now.monotonicNanos - monotonicNanos) / 1e6)
  }
}
