// What runs have seen, in counts: crash points and faults, what sagas were told in which state, and marks, which are named by
// whoever wants to know whether a thing ever happened.
export interface CoverageCounts {
  readonly [name: string]: number
}

export class Coverage {
  readonly #counts = new Map<string, number>()

  saw(name: string, times = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + times)
  }

  add(counts: CoverageCounts): void {
    for (const [name, times] of Object.entries(counts)) this.saw(name, times)
  }

  count(name: string): number {
    return this.#counts.get(name) ?? 0
  }

  get counts(): CoverageCounts {
    return Object.fromEntries([...this.#counts].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }
}
