// Long work in slices: whoever shares it takes turns, and after a few milliseconds of it the event loop belongs to
// everything else for a few. Without that the answers of a process would wait for a journal that it reads.
import { setImmediate as behindEverything, setTimeout as sleep } from "node:timers/promises"

export interface PaceOptions {
  /** So much work is done before there is a rest. A single piece of it may take longer. */
  readonly sliceMs: number
  /** How long the rest is. */
  readonly restMs: number
}

/** So many rests may be made up for in advance. */
const creditMax = 10

export class Pace {
  readonly #options: PaceOptions
  #workedMs = 0
  #restedMs = 0
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

  /** A rest that lasted longer than it should, because the machine is busy, counts for the next ones too. */
  async #restFor(ms: number): Promise<void> {
    if (this.#restedMs < ms) {
      const beganMs = performance.now()
      await sleep(ms)
      this.#restedMs += performance.now() - beganMs
    }
    this.#restedMs = Math.min(this.#restedMs - ms, creditMax * ms)
    // Without a rest, or with a timer that was so late that it fires in the turn of the loop in which it was set, the others
    // get a turn all the same.
    await behindEverything()
    this.#rest = undefined
  }
}
