// The order business without anybody in charge: it comes to the same as the orchestrated one, conserves stock and money
// however many orders are under way and whatever crashes, and tells its story in events.
import assert from "node:assert/strict"
import { test } from "node:test"
import { readFact } from "../../../runtime/message/fact.ts"
import type { EventMessage } from "../../../runtime/message/message.ts"
import { newWorld, type World } from "../../../runtime/testing/index.ts"
import { shop as choreography } from "../../../examples/order-flow-choreographed/shop.ts"
import type { Order } from "../../../examples/order-flow/order.ts"
import { shop as orchestration } from "../../../examples/order-flow/shop.ts"
import {
  type Business, choreographed, expectedLedger, fillShelves, type Ledger, ledgerOf, mailCount, orchestrated, someOrders, start,
  statusOf,
} from "../../unit/choreography/businesses.ts"

async function oneByOne(business: Business, placed: readonly Order[]): Promise<{ ledger: Ledger; ends: readonly string[] }> {
  const process = await start(business)
  await fillShelves(business, 1)
  const ends: string[] = []
  for (const order of placed) ends.push(await business.place(() => process, order))
  await process.until(() => mailCount(ledgerOf(process, placed)) >= placed.length)
  const ledger = ledgerOf(process, placed)
  assert.deepEqual(process.engine.parked(), [])
  await process.kill()
  return { ledger, ends }
}

test("one order at a time, the choreography ends every order as the orchestration does, and leaves the same ledger", async () => {
  const placed = someOrders(90)
  const led = await oneByOne(orchestrated(orchestration("test"), newWorld()), placed)
  const danced = await oneByOne(choreographed(choreography("test"), newWorld()), placed)
  assert.ok(led.ends.filter((end) => end === "completed").length > 20)
  assert.ok(led.ends.filter((end) => end === "compensated").length > 20)
  assert.deepEqual(danced.ends, led.ends)
  assert.deepEqual(danced.ledger, led.ledger)
})

function eventsOf(world: World): readonly EventMessage[] {
  return Array.from({ length: 8 }, (_, partition) => world.streams.stored("events", partition))
    .flat()
    .map(({ headers, bytes }) => readFact(headers, bytes).event)
}

function eventsAbout(world: World, key: string): readonly string[] {
  return eventsOf(world).filter(({ subject }) => subject === key).map(({ name }) => name)
}

const lines = [{ sku: "P11", quantity: 5 }, { sku: "P42", quantity: 7 }, { sku: "P72", quantity: 9 }] as const
const orderOf = (orderId: string, more: Partial<Order>): Order => ({
  orderId, customerId: "C-1", carrier: "Speedy", shippedDate: "1996-07-16", shipTo: { name: "n", city: "c", country: "x" },
  lines, totalCents: 1_000, ...more,
})

const stories: readonly (readonly [what: string, order: Order, events: readonly string[]])[] = [
  ["with no stock", orderOf("O-1", { lines: [{ sku: "P11", quantity: 10_000 }] }),
    ["OrderCreated", "PaymentProcessed", "StockReservationFailed", "PaymentRefunded", "OrderCancelled"]],
  ["that goes through", orderOf("O-2", {}),
    ["OrderCreated", "PaymentProcessed", "LineReserved", "LineReserved", "StockReserved", "OrderShipped", "OrderConfirmed"]],
  ["whose last line is out of stock", orderOf("O-3", { lines: [lines[0], lines[1], { sku: "P72", quantity: 10_000 }] }),
    ["OrderCreated", "PaymentProcessed", "LineReserved", "LineReserved", "LineRefused", "LineReleased", "StockReservationFailed",
      "PaymentRefunded", "OrderCancelled"]],
  ["that is never shipped", orderOf("O-4", { shippedDate: null }),
    ["OrderCreated", "PaymentProcessed", "LineReserved", "LineReserved", "StockReserved", "ShipmentRefused", "LineReleased",
      "LineReleased", "StockReleased", "PaymentRefunded", "OrderCancelled"]],
  ["that the card declines", orderOf("O-5", { totalCents: 900_000 }), ["OrderCreated", "PaymentDeclined", "OrderCancelled"]],
]

test("an order's story is told in events, in order, each once; what is not bought costs nothing", async () => {
  const business = choreographed(choreography("test"), newWorld())
  const process = await start(business)
  await fillShelves(business, 10)
  for (const [what, order, events] of stories) {
    await business.place(() => process, order)
    await process.until(() => eventsAbout(business.world, order.orderId).length >= events.length)
    assert.deepEqual(eventsAbout(business.world, order.orderId), events, `an order ${what}`)
  }
  const { paid } = ledgerOf(process, stories.map(([, order]) => order))
  assert.deepEqual(paid, { "C-1": 1_000 })
  await process.kill()
})

test("a second order of the same id is not created again", async () => {
  const business = choreographed(choreography("test"), newWorld())
  const process = await start(business)
  await fillShelves(business, 1)
  const order = orderOf("O-1", {})
  await business.place(() => process, order)
  await business.place(() => process, order)
  assert.equal(eventsAbout(business.world, "O-1").filter((name) => name === "OrderCreated").length, 1)
  await process.kill()
})

/** The same numbers for the same seed. */
function chance(seed: number): () => number {
  let state = seed
  return () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31
}

for (const seed of [1, 2, 3]) {
  test(`with all orders under way, lost answers and crashes at any moment, stock and money are conserved (${seed})`, async () => {
    const random = chance(seed)
    const fault = () => (random() < 0.02 ? (random() < 0.5 ? "lost" : "stored") : "none")
    const business = choreographed(choreography("test"), newWorld({ append: fault, publish: fault }))
    const placed = someOrders(60)
    let process = await start(business)
    await fillShelves(business, 1)
    const creating = placed.map((order) => business.place(() => process, order).catch(() => undefined))
    const isOver = () => placed.every((order) => ["confirmed", "cancelled"].includes(statusOf(process, order)))
    for (let crash = 0; crash < 5; crash += 1) {
      const lives = Math.floor(random() * 60)
      const dying = process
      await dying.until(() => dying.blocks.length > lives || isOver())
      await dying.kill()
      process = await start(business)
    }
    await process.until(() => isOver() && mailCount(ledgerOf(process, placed)) >= placed.length)
    const completed = new Set(placed.filter((order) => statusOf(process, order) === "confirmed"))
    const { mail: _, ...ledger } = ledgerOf(process, placed)
    assert.ok(completed.size > 5 && completed.size < placed.length - 5, `${completed.size} completed`)
    assert.deepEqual(ledger, expectedLedger(1, placed, completed))
    assert.equal(mailCount(ledgerOf(process, placed)), placed.length)
    const alarms = eventsOf(business.world).filter(({ name }) => name === "MonitorAlarm")
    assert.deepEqual(alarms.map(({ payload }) => payload), [], "the monitor saw every order's events in their order")
    assert.deepEqual(process.engine.parked(), [])
    await process.kill()
    void creating
  })
}
