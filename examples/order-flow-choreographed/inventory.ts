// Stock: one actor per product. The lines of an order are reserved one after the other: each product's actor reacts to
// what the one before it said. When one has not enough, they are put back in reverse, the same way. A row holds two
// numbers, however many orders there are.
import * as Schema from "effect/Schema"
import { done, service } from "../../runtime/index.ts"
import type { Stock } from "../order-flow/inventory.ts"
import type { Order } from "../order-flow/order.ts"
import {
  LineRefused, LineReleased, LineReserved, PaymentProcessed, ShipmentRefused, StockReleased, StockReservationFailed,
  StockReserved,
} from "./events.ts"

const Units = Schema.toStandardSchemaV1(Schema.Struct({ units: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)) }))

const outOfStock = "out-of-stock"
const reserving = { emits: [LineReserved, StockReserved, LineRefused, StockReservationFailed] }
const releasing = { emits: [LineReleased, StockReservationFailed, StockReleased] }

export const inventory = service("inventory", { state: (): Stock => ({ initial: 0, left: 0 }) })
  .command("stock", Units, (_, { units }) => done({ initial: units, left: units }), { emits: [] })
  .on(PaymentProcessed, ({ order }) => skuOf(order, 0), (stock, { order }) => reserve(stock, order, 0), reserving)
  .on(LineReserved, ({ order, line }) => skuOf(order, line + 1), (stock, { order, line }) =>
    reserve(stock, order, line + 1), reserving)
  .on(LineRefused, ({ order, line }) => skuOf(order, line - 1), (stock, { order, line, reason }) =>
    release(stock, order, line - 1, reason), releasing)
  .on(LineReleased, ({ order, line }) => skuOf(order, line - 1), (stock, { order, line, reason }) =>
    release(stock, order, line - 1, reason), releasing)
  .on(ShipmentRefused, ({ order }) => skuOf(order, order.lines.length - 1), (stock, { order, reason }) =>
    release(stock, order, order.lines.length - 1, reason), releasing)

function reserve(stock: Stock, order: Order, line: number) {
  const { quantity } = lineOf(order, line)
  if (quantity > stock.left) {
    const reason = outOfStock
    return done(stock, null, [line === 0 ? StockReservationFailed({ order, reason }) : LineRefused({ order, line, reason })])
  }
  const isLast = line === order.lines.length - 1
  const next = { ...stock, left: stock.left - quantity }
  return done(next, null, [isLast ? StockReserved({ order }) : LineReserved({ order, line })])
}

function release(stock: Stock, order: Order, line: number, reason: string) {
  const next = { ...stock, left: stock.left + lineOf(order, line).quantity }
  if (line > 0) return done(next, null, [LineReleased({ order, line, reason })])
  return done(next, null, [reason === outOfStock ? StockReservationFailed({ order, reason }) : StockReleased({ order, reason })])
}

function skuOf(order: Order, line: number): string {
  return lineOf(order, line).sku
}

/** An event that names a line which its order does not have breaks its contract: the record is parked. */
function lineOf({ orderId, lines }: Order, line: number): Order["lines"][number] {
  const found = lines[line]
  if (found === undefined) throw new RangeError(`order ${orderId} has no line ${line}`)
  return found
}
