// How fast the app works off what waits for it, as a client sees it: what an overloaded caller is told to wait follows it.
import { limits } from "../kernel/limits.ts"

export class DrainRate {
  #sinceMs: number
  /** Records that left since then; below zero while more come than go. */
  #drained = 0
  /** Records per ms over the windows before. */
  #perMs: number | undefined

  constructor(nowMs: number) {
    this.#sinceMs = nowMs
  }

  /** Nothing waited until now: that says nothing about how fast something leaves. */
  begin(nowMs: number): void {
    this.#sinceMs = nowMs
    this.#drained = 0
  }

  note(drained: number, nowMs: number): void {
    this.#drained += drained
    const elapsedMs = nowMs - this.#sinceMs
    if (elapsedMs < limits.drainWindowMs) return
    const perMs = Math.max(0, this.#drained / elapsedMs)
    this.#perMs = this.#perMs === undefined ? perMs : (this.#perMs + perMs) / 2
    this.#sinceMs = nowMs
    this.#drained = 0
  }

  /** How long `records` will take to leave, within the bounds of what a caller is told. */
  timeMs(records: number, nowMs: number): number {
    const perMs = this.#rate(nowMs)
    if (perMs === undefined) return limits.overloadedRetryAfterMs
    const ms = perMs <= 0 ? Infinity : Math.ceil(records / perMs)
    return Math.min(limits.overloadedRetryMaxMs, Math.max(limits.overloadedRetryAfterMs, ms))
  }

  /** A window without news, as when nobody owns the partitions, slows the rate down. */
  #rate(nowMs: number): number | undefined {
    const elapsedMs = nowMs - this.#sinceMs
    const current = Math.max(0, this.#drained) / Math.max(1, elapsedMs)
    if (elapsedMs >= limits.drainWindowMs) return Math.min(this.#perMs ?? Infinity, current)
    return this.#perMs
  }
}
