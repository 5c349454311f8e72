// A circuit breaker: keeps from calling what fails. Closed: calls go out. Open: none does, for a while. Then half open:
// one call is tried, and its outcome closes the breaker or opens it again. All times are monotonic milliseconds.
import type { BreakerPolicy } from "../actor/flow-control.ts"
import { limits } from "../kernel/limits.ts"

export type BreakerState = "closed" | "open" | "half open"

export class Breaker {
  readonly #policy: BreakerPolicy
  readonly #changed: (state: "open" | "closed") => void
  #state: BreakerState = "closed"
  #openUntilMs = 0
  #isProbing = false
  #outcomes: { readonly atMs: number; readonly failed: boolean }[] = []
  #openedCount = 0

  /** `changed` is told when it opens, from closed, and when it closes; a probe that fails is no news. */
  constructor(policy: BreakerPolicy, changed: (state: "open" | "closed") => void = () => undefined) {
    this.#policy = policy
    this.#changed = changed
  }

  get state(): BreakerState {
    return this.#state
  }

  /** How often it has opened, failed probes not counted. */
  get openedCount(): number {
    return this.#openedCount
  }

  /** What may be called now: anything, one call that tries, or nothing. */
  admits(nowMs: number): "calls" | "probe" | "nothing" {
    if (this.#state === "closed") return "calls"
    if (this.#state === "open" && nowMs >= this.#openUntilMs) this.#state = "half open"
    return this.#state === "half open" && !this.#isProbing ? "probe" : "nothing"
  }

  beginProbe(): void {
    this.#isProbing = true
  }

  /** The probe came to nothing: its record is not handled here any more. */
  abandonProbe(): void {
    this.#isProbing = false
  }

  /** What came of a call. Of those that began before it opened nothing more is learned. */
  note(failed: boolean, isProbe: boolean, nowMs: number): void {
    if (isProbe) {
      this.#isProbing = false
      if (this.#state !== "half open") return
      if (failed) this.#open(nowMs)
      else this.close()
      return
    }
    if (this.#state !== "closed") return
    if (!failed && this.#policy.share === undefined) this.#outcomes = []
    else this.#look({ atMs: nowMs, failed })
    if (!failed || !this.#isTooMuch()) return
    this.#open(nowMs)
    this.#openedCount += 1
    this.#changed("open")
  }

  /** Calls go out again: a probe succeeded, or an operator says so. */
  close(): void {
    if (this.#state === "closed") return
    this.#state = "closed"
    this.#changed("closed")
  }

  #open(nowMs: number): void {
    this.#state = "open"
    this.#openUntilMs = nowMs + this.#policy.openForMs
    this.#outcomes = []
  }

  #look(outcome: { readonly atMs: number; readonly failed: boolean }): void {
    const { withinMs } = this.#policy
    const recent = this.#outcomes.filter(({ atMs }) => outcome.atMs - atMs < withinMs)
    this.#outcomes = [...recent, outcome].slice(-limits.breakerOutcomesMax)
  }

  #isTooMuch(): boolean {
    const { failures, share = 0 } = this.#policy
    const failed = this.#outcomes.filter((outcome) => outcome.failed).length
    return failed >= failures && failed >= share * this.#outcomes.length
  }
}
