// How often each key may call the outside. A key has one owner at a time, so its owner alone keeps count; what an owner
// before it did it cannot know, and waits until that counts no more. All times are monotonic milliseconds.
import type { Rate } from "../actor/flow-control.ts"
import { limits } from "../kernel/limits.ts"

export class KeyRates {
  /** When the calls of each actor began that still count, oldest first. */
  readonly #calls = new Map<string, readonly number[]>()
  /** Before this time there may have been calls that are not known here. */
  #unknownUntilMs: number

  /** `unknownUntilMs`: until when another owner may have called. */
  constructor(unknownUntilMs: number) {
    this.#unknownUntilMs = unknownUntilMs
  }

  /** From when on the actor may call again; a time that has passed if it may now. */
  nextMs(row: string, { calls, perMs }: Rate): number {
    const counting = this.#calls.get(row) ?? []
    const first = counting.at(-calls)
    return Math.max(this.#unknownUntilMs + perMs, first === undefined ? Number.NEGATIVE_INFINITY : first + perMs)
  }

  note(row: string, { calls }: Rate, nowMs: number): void {
    const before = this.#calls.get(row) ?? []
    this.#calls.delete(row)
    // Too many to remember: nothing is known, and every key waits once.
    if (this.#calls.size >= limits.rateKeysMax) {
      this.#calls.clear()
      this.#unknownUntilMs = nowMs
    }
    this.#calls.set(row, [...before, nowMs].slice(-calls))
  }

  /** Forgets the actors that have not called for so long that nothing counts any more. */
  forget(isOver: (row: string, lastMs: number) => boolean): void {
    for (const [row, times] of this.#calls) {
      // In the order of their last calls: the others are younger.
      if (!isOver(row, times.at(-1) ?? 0)) return
      this.#calls.delete(row)
    }
  }
}
