// Numbers that look random and are decided by a seed: xoshiro128**. Each concern draws from a stream of its own, forked by
// name, so that one more draw in one place shifts nothing elsewhere.
import { fnv1a32 } from "../message/hash.ts"

export class Random {
  readonly #name: string
  #a: number
  #b: number
  #c: number
  #d: number

  constructor(seed: number | string, name = "") {
    this.#name = `${seed}/${name}`
    let state = fnv1a32(this.#name)
    const mixed = () => {
      // splitmix32: neighbouring seeds give streams that have nothing in common.
      state = (state + 0x9e3779b9) | 0
      let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
      return z ^ (z >>> 15)
    }
    this.#a = mixed()
    this.#b = mixed()
    this.#c = mixed()
    this.#d = mixed() | 1
  }

  /** A stream of its own; the same name gives the same stream, whatever was drawn here before. */
  fork(name: string): Random {
    return new Random(this.#name, name)
  }

  /** A whole number from 0 to 2^32 - 1. */
  bits(): number {
    const result = Math.imul(rotated(Math.imul(this.#b, 5), 7), 9) >>> 0
    const shifted = this.#b << 9
    this.#c ^= this.#a
    this.#d ^= this.#b
    this.#b ^= this.#c
    this.#a ^= this.#d
    this.#c ^= shifted
    this.#d = rotated(this.#d, 11)
    return result
  }

  /** From 0 up to and without 1. */
  float(): number {
    return this.bits() / 0x1_0000_0000
  }

  /** A whole number from 0 up to and without `end`. */
  below(end: number): number {
    return Math.floor(this.float() * end)
  }

  /** A whole number in the range, both included. */
  between(first: number, last: number): number {
    return first + this.below(last - first + 1)
  }

  chance(probability: number): boolean {
    return probability > 0 && this.float() < probability
  }

  /** Throws on an empty list. */
  pick<Value>(values: readonly Value[]): Value {
    if (values.length === 0) throw new RangeError("there is nothing to pick from")
    return values[this.below(values.length)] as Value // cast: the index is in the list
  }

  /** As the time between events that have nothing to do with each other. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.float())
  }

  shuffled<Value>(values: readonly Value[]): Value[] {
    const list = [...values]
    for (let last = list.length - 1; last > 0; last -= 1) {
      const other = this.below(last + 1)
      const value = list[last] as Value // cast: both indices are in the list
      list[last] = list[other] as Value // cast: as above
      list[other] = value
    }
    return list
  }
}

function rotated(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by))
}
