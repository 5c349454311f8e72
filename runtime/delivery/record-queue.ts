// Admitted records that wait to be decided: one first-in-first-out queue per lane, taken in order of urgency. Replies
// and undos come first, so that compensation never waits behind new work; commands come before new input (R1). What was
// sent with high priority comes before both, but never starves them.
import { limits } from "../kernel/limits.ts"
import { isUrgent } from "../message/message.ts"
import type { Inbound, InboundLane, Work } from "./inbound.ts"

type Queue = InboundLane | "urgent"

const byUrgency = ["replies", "urgent", "commands", "events", "external"] as const satisfies readonly Queue[]

export class RecordQueue {
  readonly #lanes = new Map<Queue, { items: { readonly inbound: Inbound; readonly arrival: number }[]; head: number }>(
    byUrgency.map((lane) => [lane, { items: [], head: 0 }]),
  )
  #size = 0
  /** Records that were ever queued. */
  arrivals = 0
  #urgentInARow = 0

  get size(): number {
    return this.#size
  }

  length(lane: Queue): number {
    const queue = this.#lanes.get(lane)
    return queue === undefined ? 0 : queue.items.length - queue.head
  }

  push(inbound: Inbound): void {
    const { lane, work } = inbound
    this.arrivals += 1
    const item = { inbound, arrival: this.arrivals }
    this.#lanes.get(lane !== "replies" && hasPriority(work) ? "urgent" : lane)?.items.push(item)
    this.#size += 1
  }

  take(): Inbound | undefined {
    if (this.#size === 0) return undefined
    for (const [lane, queue] of this.#lanes) {
      const item = queue.items[queue.head]
      if (item === undefined || (lane === "urgent" && this.#isEnough(queue.items.length - queue.head))) continue
      queue.head += 1
      this.#size -= 1
      this.#urgentInARow = lane === "urgent" ? this.#urgentInARow + 1 : 0
      if (queue.head === queue.items.length) {
        queue.items = []
        queue.head = 0
      }
      return item.inbound
    }
    return undefined
  }

  /** Whether the first so many records that were ever queued are taken: those that came later may have overtaken them. */
  areTaken(arrivals: number): boolean {
    for (const { items, head } of this.#lanes.values()) if ((items[head]?.arrival ?? Infinity) <= arrivals) return false
    return true
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
