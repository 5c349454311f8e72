// Admitted records that wait to be decided: one first-in-first-out queue per lane, taken in order of urgency. Replies
// and undos come first, so that compensation never waits behind new work; commands come before new input (R1). What was
// sent with high priority comes before both, but never starves them.
import { limits } from "../kernel/limits.ts"
import { isUrgent } from "../message/message.ts"
import type { Inbound, InboundLane, Work } from "./inbound.ts"

type Queue = InboundLane | "urgent"

/** How many records of each lane were there, the taken ones included. */
export type QueueMark = readonly number[]

const byUrgency = ["replies", "urgent", "commands", "events", "external"] as const satisfies readonly Queue[]

export class RecordQueue {
  readonly #lanes = new Map<Queue, { items: Inbound[]; head: number; taken: number }>(
    byUrgency.map((lane) => [lane, { items: [], head: 0, taken: 0 }]),
  )
  #size = 0
  #urgentInARow = 0

  get size(): number {
    return this.#size
  }

  length(lane: Queue): number {
    const queue = this.#lanes.get(lane)
    return queue === undefined ? 0 : queue.items.length - queue.head
  }

  /** What waits now; `isPast` says when all of it was taken. What comes later may well be taken before. */
  mark(): QueueMark {
    return [...this.#lanes.values()].map(({ items, head, taken }) => taken + items.length - head)
  }

  isPast(mark: QueueMark): boolean {
    return [...this.#lanes.values()].every(({ taken }, index) => taken >= (mark[index] ?? 0))
  }

  push(inbound: Inbound): void {
    const { lane, work } = inbound
    this.#lanes.get(lane !== "replies" && hasPriority(work) ? "urgent" : lane)?.items.push(inbound)
    this.#size += 1
  }

  take(): Inbound | undefined {
    if (this.#size === 0) return undefined
    for (const [lane, queue] of this.#lanes) {
      const item = queue.items[queue.head]
      if (item === undefined || (lane === "urgent" && this.#isEnough(queue.items.length - queue.head))) continue
      queue.head += 1
      queue.taken += 1
      this.#size -= 1
      this.#urgentInARow = lane === "urgent" ? this.#urgentInARow + 1 : 0
      if (queue.head === queue.items.length) {
        queue.items = []
        queue.head = 0
      }
      return item
    }
    return undefined
  }

  /** After so many urgent records it is somebody else's turn, if anybody else waits. */
  #isEnough(urgent: number): boolean {
    return this.#urgentInARow >= limits.urgentInARowMax && this.#size > urgent
  }
}

function hasPriority(work: Work): boolean {
  if (work.type === "message") return isUrgent(work.message)
  return work.type === "forward" && work.messages.some(isUrgent)
}
