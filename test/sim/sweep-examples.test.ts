// Sweeps over other shapes of apps than the order flow: one without a boss, whose services react to each other's events, and
// a saga with branches.
import assert from "node:assert/strict"
import { test } from "node:test"
import type { Order } from "../../examples/order-flow/order.ts"
import { inventory } from "../../examples/order-flow-choreographed/inventory.ts"
import { orders } from "../../examples/order-flow-choreographed/orders.ts"
import { shop } from "../../examples/order-flow-choreographed/shop.ts"
import { bookTrip } from "../../examples/trip/book-trip.ts"
import { car, card, flight, hotel, insurance } from "../../examples/trip/services.ts"
import { app } from "../../runtime/index.ts"
import { sweep } from "../../runtime/testing/index.ts"

const order: Order = {
  orderId: "o-1",
  customerId: "ann",
  carrier: "by-land",
  shippedDate: "1997-01-02",
  shipTo: { name: "Ann", city: "Graz", country: "Austria" },
  lines: [{ sku: "tea", quantity: 2 }, { sku: "cup", quantity: 1 }],
  totalCents: 1_900,
}

test("wherever the process ends, orders that nobody answers for end as without a fault, event by event", async (t) => {
  const report = await sweep(shop("sweep"), {
    async scenario({ ask, pass }) {
      await ask(inventory.stock("tea", { units: 3 }))
      await ask(inventory.stock("cup", { units: 9 }))
      await ask(orders.create("o-1", order))
      await pass("1 second")
      await ask(orders.create("o-2", { ...order, orderId: "o-2", lines: order.lines.toReversed() }))
      await pass("1 second")
    },
  })
  t.diagnostic(report.text.split("\n")[0] ?? "")
  report.assertClean()
  const events = report.cells.filter(({ point, message }) => point === "event stored" && message.name === "OrderCancelled")
  assert.equal(events.length, 1, "the second order finds too little tea")
})

test("wherever the process ends, trips whose branches go on at once end as without a fault, forward and back", async (t) => {
  const services = [flight, hotel, car, insurance, card, bookTrip]
  const trip = { customerId: "ann", flightNumber: "TP 1", city: "Lisbon", cents: 500, isInsured: true }
  const report = await sweep(app("agency", { namespace: "sweep", partitions: 4, services }), {
    async scenario({ ask }) {
      await ask(flight.offer("TP 1", { places: 2 }))
      await ask(hotel.offer("Lisbon", { places: 2 }))
      await ask(car.offer("Lisbon", { places: 1 }))
      await ask(bookTrip.start("t-1", trip))
      await ask(bookTrip.start("t-2", { ...trip, isInsured: false }))
    },
  })
  t.diagnostic(report.text.split("\n")[0] ?? "")
  report.assertClean()
  assert.ok(report.cells.some(({ message }) => message.name === "free"), "the second trip finds no car")
})
