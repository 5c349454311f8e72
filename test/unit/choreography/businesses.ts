// The order business on the memory ports, as an orchestration or as a choreography, with the same orders and shelves.
import type { App, Command } from "../../../runtime/index.ts"
import {
  askInMemory, type MemoryProcess, type ProcessOptions, startInMemory, type World,
} from "../../../runtime/testing/index.ts"
import { orders, type OrderState } from "../../../examples/order-flow-choreographed/orders.ts"
import { inventory, type Stock } from "../../../examples/order-flow/inventory.ts"
import type { Mailbox } from "../../../examples/order-flow/notification.ts"
import type { Order } from "../../../examples/order-flow/order.ts"
import { readOrders, readProducts } from "../../../examples/order-flow/orders-file.ts"
import { type Account, orderCentsMax } from "../../../examples/order-flow/payment.ts"
import { placeOrder } from "../../../examples/order-flow/place-order.ts"

const all = await readOrders(undefined)
const products = await readProducts()

/** The first orders, and some of each kind that is rare: declined, never shipped. */
export function someOrders(count: number): readonly Order[] {
  const rare = all.orders.filter(({ shippedDate, totalCents }) => shippedDate === null || totalCents > orderCentsMax)
  return [...new Set([...rare.slice(0, 8), ...all.orders.slice(0, count), ...rare.slice(8)])]
}

export interface Business {
  readonly app: App
  readonly world: World
  /** Resolves when the order has ended; gives how. */
  readonly place: (process: () => MemoryProcess, order: Order) => Promise<"completed" | "compensated">
}

export function orchestrated(app: App, world: World): Business {
  const place: Business["place"] = async (_, order) => {
    const outcome = await askInMemory(app, world, placeOrder.start(order.orderId, order), `place ${order.orderId}`)
    if (outcome.type !== "done") throw new Error(`order ${order.orderId}: ${outcome.type} ${outcome.code}`)
    return (outcome.value as { outcome: "completed" | "compensated" }).outcome // cast: a saga's answer
  }
  return { app, world, place }
}

export function choreographed(app: App, world: World): Business {
  const place: Business["place"] = async (process, order) => {
    await askInMemory(app, world, orders.create(order.orderId, order), `create ${order.orderId}`)
    await process().until(() => statusOf(process(), order) !== "open")
    return statusOf(process(), order) === "confirmed" ? "completed" : "compensated"
  }
  return { app, world, place }
}

export function statusOf(process: MemoryProcess, { orderId }: Order): OrderState["status"] {
  // cast: the service of that name declares it
  const state = process.engine.row({ service: "orders", key: orderId })?.state as OrderState | undefined
  return state?.status ?? "open"
}

export async function fillShelves({ app, world }: Business, factor: number): Promise<void> {
  const stock = (sku: string, units: number): Command => inventory.stock(sku, { units })
  await Promise.all(products.map(({ sku, unitsInStock }) =>
    askInMemory(app, world, stock(sku, unitsInStock * factor), `stock ${sku}`)))
}

export interface Ledger {
  readonly left: Readonly<Record<string, number>>
  /** Charged minus refunded, in cents, by customer. */
  readonly paid: Readonly<Record<string, number>>
  readonly parcels: Readonly<Record<string, number>>
  readonly mail: Readonly<Record<string, Mailbox>>
}

export function ledgerOf(process: MemoryProcess, placed: readonly Order[]): Ledger {
  const read = <State>(service: string, key: string, absent: State): State =>
    (process.engine.row({ service, key })?.state ?? absent) as State // cast: the service of that name declares it
  const table = <Value>(keys: readonly string[], value: (key: string) => Value) =>
    Object.fromEntries([...new Set(keys)].toSorted().map((key) => [key, value(key)]))
  const customers = placed.map(({ customerId }) => customerId)
  return {
    left: table(products.map(({ sku }) => sku), (sku) => read<Stock>("inventory", sku, { initial: 0, left: 0 }).left),
    paid: table(customers, (id) => {
      const { chargedCents, refundedCents } = read<Account>("payment", id, { chargedCents: 0, refundedCents: 0 })
      return chargedCents - refundedCents
    }),
    parcels: table(placed.map(({ carrier }) => carrier), (carrier) => read("shipping", carrier, { booked: 0 }).booked),
    mail: table(customers, (id) => read<Mailbox>("notification", id, { confirmations: 0, apologies: 0 })),
  }
}

export function mailCount({ mail }: Ledger): number {
  return Object.values(mail).reduce((sum, { confirmations, apologies }) => sum + confirmations + apologies, 0)
}

/** What the ledger must be for the orders that completed: what there was is left or sold, what was bought is paid. */
export function expectedLedger(factor: number, placed: readonly Order[], completed: ReadonlySet<Order>): Omit<Ledger, "mail"> {
  const left = Object.fromEntries(products.map(({ sku, unitsInStock }) => [sku, unitsInStock * factor] as const))
  const paid: Record<string, number> = {}
  const parcels: Record<string, number> = {}
  for (const order of placed) {
    const { customerId, carrier, totalCents, lines } = order
    const counts = completed.has(order) ? 1 : 0
    paid[customerId] = (paid[customerId] ?? 0) + counts * totalCents
    parcels[carrier] = (parcels[carrier] ?? 0) + counts
    for (const { sku, quantity } of lines) left[sku] = Number(left[sku]) - counts * quantity
  }
  return { left, paid, parcels }
}

export function start({ app, world }: Business, options: ProcessOptions = {}): Promise<MemoryProcess> {
  return startInMemory(app, world, options)
}
