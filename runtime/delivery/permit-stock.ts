// The permits that one process holds for the calls of one service, and the fiber that gets them from what the processes of
// the app share. A permit is good for a moment only, so that what was counted and what is called are near to each other:
// the rate is kept for the stated time and that moment together, which is what keeps it for the stated time at least.
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import { limits } from "../kernel/limits.ts"
import type { PermitLimit, Permits } from "../ports/permits.ts"

export class PermitStock {
  /** How many calls could begin now, if there were permits. */
  #wanted = 0
  /** Until when each permit is good, oldest first; monotonic. */
  readonly #permits: number[] = []
  readonly #limit: PermitLimit
  readonly #nowMs: () => number
  readonly #wanting = Latch.makeUnsafe(false)

  constructor(limit: PermitLimit, nowMs: () => number) {
    this.#limit = limit
    this.#nowMs = nowMs
  }

  get count(): number {
    const nowMs = this.#nowMs()
    while ((this.#permits[0] ?? nowMs) < nowMs) this.#permits.shift()
    return this.#permits.length
  }

  /** Takes one permit and gives until when it is good. */
  use(): number {
    return this.#permits.shift() ?? Number.NEGATIVE_INFINITY
  }

  want(calls: number): void {
    this.#wanted = calls
    // Not at once: who waits for the latch would run in the middle of the caller.
    if (calls > 0) queueMicrotask(() => this.#wanting.openUnsafe())
  }

  /** Gets permits for as long as somebody wants them, and tells `supplied` of each delivery. */
  supply(permits: Permits, supplied: () => void): Effect.Effect<never> {
    return Effect.forever(
      Effect.suspend(() => {
        if (this.#wanted > 0) return this.#ask(permits, supplied)
        this.#wanting.closeUnsafe()
        return this.#wanting.await
      }),
    )
  }

  #ask(permits: Permits, supplied: () => void): Effect.Effect<void> {
    const untilMs = this.#nowMs() + permitMs(this.#limit)
    const limit = { ...this.#limit, perMs: this.#limit.perMs + permitMs(this.#limit) }
    const { calls, perMs } = this.#limit
    const pauseMs = Math.min(limits.permitPauseMsMax, Math.max(limits.permitPauseMsMin, Math.floor(perMs / calls / 2)))
    const asking = Effect.result(Effect.timeoutOption(permits.take(limit, this.#wanted), limits.permitAnswerMs))
    return Effect.flatMap(asking, (asked) => {
      const granted = asked._tag === "Success" && asked.success._tag === "Some" ? asked.success.value : 0
      for (let n = 0; n < granted; n += 1) this.#permits.push(untilMs)
      if (granted > 0) supplied()
      return granted > 0 ? Effect.void : Effect.sleep(pauseMs)
    })
  }
}

/** How long after it was asked for a permit may be used. */
export function permitMs({ perMs }: Pick<PermitLimit, "perMs">): number {
  return Math.min(limits.permitMsMax, Math.max(limits.permitMsMin, Math.floor(perMs / 10)))
}
