// What is going to happen, soonest first. Of events at the same time the one with the smaller tie comes first, and ties are
// drawn from the seed: so the seed decides every order that time leaves open.
import type { Happening } from "./owner.ts"

export class EventHeap {
  readonly #heap: Happening[] = []

  get size(): number {
    return this.#heap.length
  }

  get first(): Happening | undefined {
    return this.#heap[0]
  }

  push(happening: Happening): void {
    const heap = this.#heap
    let index = heap.length
    while (index > 0) {
      const parentIndex = (index - 1) >> 1
      const parent = heap[parentIndex]
      if (parent === undefined || !isBefore(happening, parent)) break
      heap[index] = parent
      index = parentIndex
    }
    heap[index] = happening
  }

  pop(): Happening | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let index = 0
    for (;;) {
      let childIndex = index * 2 + 1
      let child = heap[childIndex]
      if (child === undefined) break
      const right = heap[childIndex + 1]
      if (right !== undefined && isBefore(right, child)) {
        childIndex += 1
        child = right
      }
      if (!isBefore(child, last)) break
      heap[index] = child
      index = childIndex
    }
    heap[index] = last
    return first
  }
}

function isBefore(a: Happening, b: Happening): boolean {
  if (a.timeMs !== b.timeMs) return a.timeMs < b.timeMs
  return a.tie === b.tie ? a.number < b.number : a.tie < b.tie
}
