// When the attempts under way have to be over. One fiber watches all of a partition's: an attempt that ends in time, as nearly
// all do, costs an entry in a set and no timer of its own.
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"

export interface Deadline {
  /** Monotonic. */
  readonly atMs: number
  readonly passed: () => void
}

export class Deadlines {
  readonly #open = new Set<Deadline>()
  readonly #sooner = Latch.makeUnsafe(false)
  /** The watch wakes then; no open deadline is before it. */
  #wakeMs = Number.POSITIVE_INFINITY

  /** `passed` is called once at `atMs`, unless the deadline is removed before. */
  add(deadline: Deadline): void {
    this.#open.add(deadline)
    if (deadline.atMs >= this.#wakeMs) return
    this.#wakeMs = deadline.atMs
    // Not at once: who waits for the latch would run in the middle of the caller.
    queueMicrotask(() => this.#sooner.openUnsafe())
  }

  remove(deadline: Deadline): void {
    this.#open.delete(deadline)
  }

  /** Runs as long as the partition. */
  get watch(): Effect.Effect<never> {
    const turn = Effect.clockWith((clock) => {
      const nowMs = Number(clock.monotonicTimeNanosUnsafe()) / 1e6
      this.#sooner.closeUnsafe()
      this.#wakeMs = Number.POSITIVE_INFINITY
      for (const deadline of this.#open) {
        if (deadline.atMs <= nowMs) {
          this.#open.delete(deadline)
          deadline.passed()
        } else if (deadline.atMs < this.#wakeMs) this.#wakeMs = deadline.atMs
      }
      const sooner = this.#sooner.await
      if (this.#wakeMs === Number.POSITIVE_INFINITY) return sooner
      return Effect.raceFirst(sooner, Effect.sleep(Math.ceil(this.#wakeMs - nowMs)))
    })
    return Effect.forever(turn)
  }
}
