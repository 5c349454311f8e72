// What checks find, and what they looked at.
import type { Verdict, Violation } from "../history.ts"

/** Violations of one invariant that are told one by one; what comes then is counted only. */
const toldMax = 20
const evidenceMax = 6

export class Findings {
  readonly #violations: Violation[] = []
  readonly #counts = new Map<string, number>()
  readonly #told = new Map<string, number>()

  /** Notes that something was looked at: an invariant that looked at nothing has shown nothing. */
  saw(what: string, times = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + times)
  }

  add(invariant: string, id: string, message: string, ...evidence: readonly unknown[]): void {
    const told = (this.#told.get(invariant) ?? 0) + 1
    this.#told.set(invariant, told)
    this.saw(`violations of ${invariant}`)
    if (told > toldMax) return
    const shown = evidence.filter((item) => item !== undefined).slice(0, evidenceMax)
    this.#violations.push({ invariant, id, message, evidence: shown })
  }

  verdict(): Verdict {
    return { violations: this.#violations, counts: Object.fromEntries(this.#counts) }
  }
}
