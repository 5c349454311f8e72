// Skewed keys (Zipf): the first of `count` is drawn most often, so that requests meet at the same actors.
import type { Draw } from "../../../runtime/simulation/workload.ts"

export function zipf(count: number, exponent = 0.9): (draw: Draw) => number {
  const weights = Array.from({ length: count }, (_, rank) => 1 / (rank + 1) ** exponent)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return (draw) => {
    let left = draw() * total
    for (const [rank, weight] of weights.entries()) {
      left -= weight
      if (left < 0) return rank
    }
    return count - 1
  }
}

/** A whole number from `from` to `to`, both included. */
export function whole(draw: Draw, from: number, to: number): number {
  return from + Math.floor(draw() * (to - from + 1))
}
