// Long work in slices: whoever shares it takes turns, and after a few milliseconds of it the event loop belongs to
// everything else for as long again. Without that the answers of a process would wait for a journal that it reads.
import { setTimeout as sleep } from "node:timers/promises"

export interface PaceOptions {
  /** So much work is done before there is a rest. A single piece of it may take longer. */
  readonly sliceMs: number
  /** How long the rest is, as a multiple of the work before it. */
  readonly restFactor: number
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
    const { sliceMs, restFactor } = this.#options
    this.#workedMs += ms
    if (this.#workedMs < sliceMs) return
    this.#rest = sleep(this.#workedMs * restFactor).then(() => (this.#rest = undefined))
    this.#workedMs = 0
  }
}
