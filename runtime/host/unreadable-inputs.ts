// Partitions whose input cannot be read: its stream was deleted, or nobody leads it. Each claim would append a block to the
// journal and be let go at once. So the streams are looked at first, after pauses that grow, and it is told once.
import type { Clock } from "effect/Clock"
import * as Effect from "effect/Effect"
import { inputSources } from "../delivery/loop.ts"
import { limits } from "../kernel/limits.ts"
import type { Inputs, InputUnavailable } from "../ports/inputs.ts"

interface Trouble {
  readonly fault: InputUnavailable
  /** How often in a row it could not be read. */
  readonly times: number
  /** Before that it is not tried again; monotonic. */
  readonly untilNanos: bigint
  /** Since when it is read again; monotonic. */
  readSinceNanos: bigint | undefined
}

export class UnreadableInputs {
  readonly #clock: Clock
  readonly #troubles = new Map<number, Trouble>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Why the input of a partition cannot be read; undefined if it can, or nobody has tried. */
  of(partition: number): InputUnavailable | undefined {
    const trouble = this.#troubles.get(partition)
    return trouble?.readSinceNanos === undefined ? trouble?.fault : undefined
  }

  mayTry(partition: number): boolean {
    return this.#clock.monotonicTimeNanosUnsafe() >= (this.#troubles.get(partition)?.untilNanos ?? 0n)
  }

  /** True if this is news: what was read in between only for a moment goes on as it was. */
  failed(partition: number, fault: InputUnavailable): boolean {
    const nowNanos = this.#clock.monotonicTimeNanosUnsafe()
    const known = this.#troubles.get(partition)
    const isNews = known === undefined || nowNanos - (known.readSinceNanos ?? nowNanos) > nanos(limits.inputRetryMaxMs)
    const times = isNews ? 1 : known.times + 1
    // The next beat comes soon enough for what passes in a moment.
    const pauseMs = Math.min(limits.memberBeatMs * (2 ** (times - 1) - 1), limits.inputRetryMaxMs)
    this.#troubles.set(partition, { fault, times, untilNanos: nowNanos + nanos(pauseMs), readSinceNanos: undefined })
    return isNews
  }

  opened(partition: number): void {
    const trouble = this.#troubles.get(partition)
    if (trouble !== undefined) trouble.readSinceNanos ??= this.#clock.monotonicTimeNanosUnsafe()
  }

  /** Fails while a stream of a partition is not there whose input could not be read when it was last tried. */
  look(inputs: Inputs, partition: number): Effect.Effect<void, InputUnavailable> {
    if (!this.#troubles.has(partition)) return Effect.void
    return Effect.forEach(inputSources, (source) => inputs.stream(source), { concurrency: "unbounded", discard: true })
  }
}

function nanos(ms: number): bigint {
  return BigInt(ms) * 1_000_000n
}
