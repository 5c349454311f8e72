// Admitted records that wait to be decided: one first-in-first-out queue per lane, taken in order of urgency. Replies
// and undos come first, so that compensation never waits behind new work; commands come before new input (R1).
import type { Inbound, InboundLane } from "./inbound.ts"

const byUrgency = ["replies", "commands", "events", "external"] as const satisfies readonly InboundLane[]

export class RecordQueue {
  readonly #lanes = new Map<InboundLane, { items: Inbound[]; head: number }>(
    byUrgency.map((lane) => [lane, { items: [], head: 0 }]),
  )
  #size = 0

  get size(): number {
    return this.#size
  }

  length(lane: InboundLane): number {
    const queue = this.#lanes.get(lane)
    return queue === undefined ? 0 : queue.items.length - queue.head
  }

  push(inbound: Inbound): void {
    this.#lanes.get(inbound.lane)?.items.push(inbound)
    this.#size += 1
  }

  take(): Inbound | undefined {
    if (this.#size === 0) return undefined
    for (const queue of this.#lanes.values()) {
      const item = queue.items[queue.head]
      if (item === undefined) continue
      queue.head += 1
      this.#size -= 1
      if (queue.head === queue.items.length) {
        queue.items = []
        queue.head = 0
      }
      return item
    }
    return undefined
  }
}
