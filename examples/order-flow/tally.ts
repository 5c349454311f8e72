// Adds up what the run did, twice over: from the outcomes of the orders, and from the rows of the services. What was
// taken must be what was sold, and what was paid must be what was bought.
import type { Stock } from "./inventory.ts"
import type { Mailbox } from "./notification.ts"
import type { Order } from "./order.ts"
import type { Product } from "./orders-file.ts"
import type { Account } from "./payment.ts"

/** What became of one order. */
export interface Placed {
  readonly order: Order
  readonly outcome: "completed" | "compensated" | "parked" | "open"
  readonly reason?: string
  /** When its saga started and ended, in ms since 1970; absent while it is open or parked. */
  readonly startedMs?: number
  readonly endedMs?: number
  /** From asking to answer as the client saw it. */
  readonly tookMs: number
}

export interface Tally {
  readonly orders: number
  readonly completed: number
  readonly compensated: number
  readonly reasons: ReadonlyMap<string, number>
  readonly parked: number
  readonly open: number
  readonly stockConserved: boolean
  readonly moneyConserved: boolean
  readonly notified: number
  /** Orders that this run started; the others it found started. */
  readonly started: number
  /** Of the orders that this run started. */
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** What the services say of themselves, by key. */
export interface Books {
  readonly stock: ReadonlyMap<string, Stock>
  readonly accounts: ReadonlyMap<string, Account>
  readonly mailboxes: ReadonlyMap<string, Mailbox>
}

export interface Measured {
  readonly products: readonly Product[]
  readonly stockFactor: number
  readonly books: Books
  /** When this run began to place orders, in ms since 1970: its speed counts only the orders that it started. */
  readonly beganMs: number
}

export function tally(placed: readonly Placed[], measured: Measured): Tally {
  const { products, stockFactor, books, beganMs } = measured
  const ended = placed.filter(({ outcome }) => outcome === "completed" || outcome === "compensated")
  const completed = placed.filter(({ outcome }) => outcome === "completed")
  const reasons = new Map<string, number>()
  for (const { outcome, reason = "unknown" } of placed) {
    if (outcome === "compensated") reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  }
  const own = ended.filter((order) => wasStartedSince(order, beganMs))
  const tookMs = own.map(({ tookMs: ms }) => ms).toSorted((a, b) => a - b)
  return {
    orders: placed.length,
    completed: completed.length,
    compensated: ended.length - completed.length,
    reasons,
    parked: placed.filter(({ outcome }) => outcome === "parked").length,
    open: placed.filter(({ outcome }) => outcome === "open").length,
    stockConserved: isStockConserved(completed, products, stockFactor, books),
    moneyConserved: isMoneyConserved(completed, books),
    notified: countNotified(books),
    started: placed.filter((order) => wasStartedSince(order, beganMs)).length,
    perSecond: rateOf(own),
    p50Ms: percentile(tookMs, 0.5),
    p99Ms: percentile(tookMs, 0.99),
  }
}

function wasStartedSince({ startedMs }: Placed, beganMs: number): boolean {
  return startedMs !== undefined && startedMs >= beganMs
}

function rateOf(own: readonly Placed[]): number {
  const firstMs = Math.min(...own.map(({ startedMs = 0 }) => startedMs))
  const lastMs = Math.max(...own.map(({ endedMs = 0 }) => endedMs))
  return own.length === 0 ? 0 : Math.round((own.length * 1000) / Math.max(1, lastMs - firstMs))
}

export function countNotified({ mailboxes }: Pick<Books, "mailboxes">): number {
  return [...mailboxes.values()].reduce((sum, { confirmations, apologies }) => sum + confirmations + apologies, 0)
}

/** For every product: what there was is what is left and what the completed orders bought. */
function isStockConserved(
  completed: readonly Placed[],
  products: readonly Product[],
  stockFactor: number,
  { stock }: Books,
): boolean {
  const sold = new Map<string, number>()
  for (const { order } of completed) {
    for (const { sku, quantity } of order.lines) sold.set(sku, (sold.get(sku) ?? 0) + quantity)
  }
  return products.every(({ sku, unitsInStock }) => {
    const left = stock.get(sku)?.left ?? 0
    return left >= 0 && unitsInStock * stockFactor === left + (sold.get(sku) ?? 0)
  })
}

/** For every customer: charged minus refunded is the sum of the completed orders, to the cent. */
function isMoneyConserved(completed: readonly Placed[], { accounts }: Books): boolean {
  const bought = new Map<string, number>()
  for (const { order } of completed) {
    bought.set(order.customerId, (bought.get(order.customerId) ?? 0) + order.totalCents)
  }
  return [...new Set([...bought.keys(), ...accounts.keys()])].every((id) => {
    const { chargedCents = 0, refundedCents = 0 } = accounts.get(id) ?? {}
    return chargedCents - refundedCents === (bought.get(id) ?? 0)
  })
}

function percentile(sorted: readonly number[], part: number): number {
  const value = sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? 0
  return Math.round(value * 10) / 10
}
