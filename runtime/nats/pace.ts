// Long work in slices: whoever shares it takes turns, and after a few milliseconds of it the event loop belongs to
// everything else for a few. Without that the answers of a process would wait for a journal that it reads.
import { setImmediate as behindEverything, setTimeout as sleep } from "node:timers/promises"

export interface PaceOptions {
  /** So much work is done before there is a rest. A single piece of it may take longer. */
  readonly sliceMs: number
  /** How long the rest is. */
  readonly restMs: number
}

export class Pace {
  readonly #options: PaceOptions
  #workedMs = 0
  #rest: Promise<void> | undefined

  constructor(options: PaceOptions) {
    this.#options = options
  }

  /** Does one piece of work, once no rest is due. Rejects with what it threw. */
  async turn(work: () => void): Promise<void> {
    // Of several that waited for one rest, the first may have earned the next.
    while (this.#rest !== undefined) await this.#rest
    const beganMs = performance.now()
    try {
      work()
    } finally {
      this.#worked(performance.now() - beganMs)
    }
  }

  #worked(ms: number): void {
    const { sliceMs, restMs } = this.#options
    this.#workedMs += ms
    if (this.#workedMs < sliceMs) return
    this.#rest = this.#restFor(restMs)
    this.#workedMs = 0
  }

  async #restFor(ms: number): Promise<void> {
    await sleep(ms)
    // A timer may be late enough to fire in the same turn of the loop in which it was set.
    await behindEverything()
    this.#rest = undefined
  }
}
