// Under which claim of their source the records of a lane were made (R14). Within one claim a number is given out once; a
// journal that was restored from an older copy must be claimed anew before it gives a number out again. So number and claim
// name a record as surely as its digest would, and cost nothing while the source keeps its owner.
import type { ClaimRun } from "../message/block.ts"

export class ClaimRuns {
  #runs: ClaimRun[] = []

  /** Records from `number` on were made under `claim`: whatever was known of them before is forgotten. */
  add(number: number, claim: string): void {
    let last = this.#runs.at(-1)
    if (last !== undefined && last[0] <= number && last[1] === claim) return
    for (; last !== undefined && last[0] >= number; last = this.#runs.at(-1)) this.#runs.pop()
    if (last?.[1] !== claim) this.#runs.push([number, claim])
  }

  /** Forgets what lies wholly before `number`. */
  prune(number: number): void {
    while (this.#runs[1] !== undefined && this.#runs[1][0] <= number) this.#runs.shift()
  }

  at(number: number): string | undefined {
    return claimAt(this.#runs, number)
  }

  get list(): readonly ClaimRun[] {
    return [...this.#runs]
  }

  restore(runs: readonly ClaimRun[]): void {
    this.#runs = [...runs]
  }
}

/** The claim that a record was made under; undefined if that is not known. */
export function claimAt(runs: readonly ClaimRun[], number: number): string | undefined {
  for (let index = runs.length - 1; index >= 0; index -= 1) {
    const run = runs[index]
    if (run !== undefined && run[0] <= number) return run[1] === "" ? undefined : run[1]
  }
  return undefined
}
