// Which faults have an effect right now: with it, what a process does can be counted under each of them.
import { type CrashPoint, type FaultKind, faultKinds, verbs } from "./plan.ts"
import type { Coverage } from "./coverage.ts"
import type { Kernel } from "./kernel.ts"

/** What strikes once is felt for so long. */
const feltMs = 1_000

const kindIndex = new Map(faultKinds.map((kind, index) => [kind, index]))
const verbIndex = new Map<string, number>(verbs.map((verb, index) => [verb, index]))

export class ActiveFaults {
  readonly #kernel: Kernel
  readonly #untilMs = new Float64Array(faultKinds.length)
  readonly #cells = new Float64Array(faultKinds.length * verbs.length)
  #latestMs = 0

  constructor(kernel: Kernel) {
    this.#kernel = kernel
  }

  struck(kind: FaultKind, durationMs = 0): void {
    const index = kindIndex.get(kind) ?? 0
    const untilMs = this.#kernel.nowMs + Math.max(durationMs, feltMs)
    this.#untilMs[index] = Math.max(this.#untilMs[index] ?? 0, untilMs)
    this.#latestMs = Math.max(this.#latestMs, untilMs)
  }

  /** A process has come to a point. Called very often. */
  passed({ verb, moment }: CrashPoint): void {
    const { nowMs } = this.#kernel
    if (nowMs >= this.#latestMs || moment !== "before") return
    const row = verbIndex.get(verb)
    if (row === undefined) return
    for (let index = 0; index < faultKinds.length; index += 1) {
      const cell = row * faultKinds.length + index
      if (nowMs < (this.#untilMs[index] ?? 0)) this.#cells[cell] = (this.#cells[cell] ?? 0) + 1
    }
  }

  /** As `cell decide x pause`, for all that were not empty. */
  tell(coverage: Coverage): void {
    for (const [row, verb] of verbs.entries()) {
      for (const [index, kind] of faultKinds.entries()) {
        const count = this.#cells[row * faultKinds.length + index] ?? 0
        if (count > 0) coverage.saw(`cell ${verb} x ${kind}`, count)
      }
    }
  }
}
