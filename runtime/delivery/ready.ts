// A decision that is made is applied in memory and waits for its block.
import type { Decided } from "./decided.ts"
import type { Delivery } from "./delivery.ts"
import { applyEntry } from "./partition.ts"

/**
 * Applies a decision in memory; it becomes durable with the next block. Whoever calls it opens `delivery.decided` when
 * all is done: opening a latch runs who waits for it at once, in the middle of the caller.
 */
export function ready(delivery: Delivery, decided: Decided): void {
  const { row, entry: { to } } = decided
  applyEntry(delivery.partition, decided.entry, row)
  delivery.pending.push(decided)
  // Only effectful handlers ask whether what they see is committed (R12).
  if (to === undefined || row === undefined || delivery.app.logics.get(to.service)?.io === undefined) return
  delivery.uncommitted.set(row, (delivery.uncommitted.get(row) ?? 0) + 1)
}

/** Called for each decision whose block is durable. Gives the actor all of whose decisions now are. */
export function noteCommitted(delivery: Delivery, { row, carried }: Decided): string | undefined {
  if (row === undefined || carried === true) return undefined
  const count = delivery.uncommitted.get(row)
  if (count === undefined) return undefined
  if (count > 1) {
    delivery.uncommitted.set(row, count - 1)
    return undefined
  }
  delivery.uncommitted.delete(row)
  return row
}
