// What the steps do: the same work as in ../order-saga.ts, on states in memory, each after an await that yields.
import { setImmediate as turn } from "node:timers/promises"

const shelves = new Map()
const accounts = new Map()

export async function reserve({ sku, quantity }) {
  await turn()
  shelves.set(sku, (shelves.get(sku) ?? 1_000_000_000) - quantity)
  return null
}

export async function charge({ customerId, cents, orderId }) {
  await turn()
  accounts.set(customerId, (accounts.get(customerId) ?? 0) + cents)
  return { paymentId: `pay-${orderId}` }
}

export async function ship({ orderId }) {
  await turn()
  return { trackingId: `parcel-${orderId}` }
}
