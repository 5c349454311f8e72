// A heap of due times. Cancelling is lazy: an entry whose row no longer holds that timer at that time is skipped.

export interface DueTimer {
  readonly dueMs: number
  readonly row: string
  readonly name: string
}

export class DueTimers {
  readonly #heap: DueTimer[] = []

  add(timer: DueTimer): void {
    const heap = this.#heap
    heap.push(timer)
    let child = heap.length - 1
    while (child > 0) {
      const parent = (child - 1) >> 1
      if (!this.#before(child, parent)) break
      this.#swap(child, parent)
      child = parent
    }
  }

  /** Cancelled ones are among them until their time has come. */
  get size(): number {
    return this.#heap.length
  }

  get nextDueMs(): number | undefined {
    return this.#heap[0]?.dueMs
  }

  /** How many are due; cancelled ones are among them. */
  dueCount(nowMs: number): number {
    const heap = this.#heap
    const count = (at: number): number => {
      const timer = heap[at]
      return timer === undefined || timer.dueMs > nowMs ? 0 : 1 + count(2 * at + 1) + count(2 * at + 2)
    }
    return count(0)
  }

  /** The earliest timer that is due at `nowMs`, removed. */
  takeDue(nowMs: number): DueTimer | undefined {
    const first = this.#heap[0]
    if (first === undefined || first.dueMs > nowMs) return undefined
    const last = this.#heap.pop()
    if (last !== undefined && this.#heap.length > 0) {
      this.#heap[0] = last
      this.#sink()
    }
    return first
  }

  #sink(): void {
    let parent = 0
    for (;;) {
      let child = 2 * parent + 1
      if (child >= this.#heap.length) return
      if (child + 1 < this.#heap.length && this.#before(child + 1, child)) child += 1
      if (!this.#before(child, parent)) return
      this.#swap(child, parent)
      parent = child
    }
  }

  #before(a: number, b: number): boolean {
    const left = this.#heap[a]
    const right = this.#heap[b]
    return left !== undefined && right !== undefined && left.dueMs < right.dueMs
  }

  #swap(a: number, b: number): void {
    const left = this.#heap[a]
    const right = this.#heap[b]
    if (left === undefined || right === undefined) return
    this.#heap[a] = right
    this.#heap[b] = left
  }
}
