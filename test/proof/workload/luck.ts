// How participants misbehave: decided by the seed and the effect key alone, so that it is the same however things interleave.
import { fnv1a32 } from "../../../runtime/message/hash.ts"

/** What becomes of an effect. All but `refuse` and `poison` are over after the first attempts. */
export type Fate =
  | "fine"
  /** Decided against, for good. */
  | "refuse"
  /** The first attempt fails before it does anything. */
  | "transient"
  /** The first attempt does it and says nothing. */
  | "late"
  /** The first attempt does nothing and says nothing. */
  | "hang"
  /** No attempt ever succeeds: its record is parked. */
  | "poison"

export interface Odds {
  readonly refuse: number
  readonly transient: number
  readonly late: number
  readonly hang: number
  readonly poison: number
}

export const usualOdds: Odds = { refuse: 0.15, transient: 0.05, late: 0.03, hang: 0.01, poison: 0.005 }
export const noBadLuck: Odds = { refuse: 0, transient: 0, late: 0, hang: 0, poison: 0 }

export class Luck {
  readonly #seed: string
  readonly #odds: Odds

  constructor(seed: string, odds: Odds = usualOdds) {
    this.#seed = seed
    this.#odds = odds
  }

  of(effect: string): Fate {
    let left = mixed(fnv1a32(`${this.#seed} ${effect}`)) / 2 ** 32
    for (const fate of ["refuse", "transient", "late", "hang", "poison"] as const) {
      if (left < this.#odds[fate]) return fate
      left -= this.#odds[fate]
    }
    return "fine"
  }

  /** Of one half of all effects. */
  isEven(effect: string): boolean {
    return mixed(fnv1a32(`half ${this.#seed} ${effect}`)) % 2 === 0
  }
}

/** FNV alone leaves the high bits of like texts alike. */
function mixed(hash: number): number {
  let value = hash
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return (value ^ (value >>> 16)) >>> 0
}
