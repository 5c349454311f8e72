// How often a time fell into which range: what a process keeps of its durations.

export interface HistogramCounts {
  /** Upper bounds, in seconds, each inclusive; beyond the last one comes one more range. */
  readonly bounds: readonly number[]
  /** By range, one more than there are bounds. */
  readonly counts: readonly number[]
  readonly sumS: number
  readonly count: number
}

export class Histogram implements HistogramCounts {
  readonly bounds: readonly number[]
  readonly counts: number[]
  sumS = 0
  count = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0)
  }

  add(seconds: number): void {
    let range = 0
    while (range < this.bounds.length && seconds > (this.bounds[range] ?? 0)) range += 1
    this.counts[range] = (this.counts[range] ?? 0) + 1
    this.sumS += seconds
    this.count += 1
  }
}
