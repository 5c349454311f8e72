// Scenario 42: a choreographed order without stock. Nobody directs it; the log of the order tells what led to what.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { app, done, effectful, event, service, timer } from "../../../runtime/index.ts"
import { partitionOf } from "../../../runtime/message/key.ts"
import { askInMemory, newWorld, publishInMemory, startInMemory, type World } from "../../../runtime/testing/index.ts"
import { saga } from "../../../sagas/index.ts"

const Order = Schema.toStandardSchemaV1(Schema.Struct({ orderId: Schema.String, card: Schema.String, cents: Schema.Int }))
const Nothing = Schema.toStandardSchemaV1(Schema.Struct({}))
const about = { key: ({ orderId }: { readonly orderId: string }) => orderId }
const OrderCreated = event("OrderCreated", Order, about)
const PaymentProcessed = event("PaymentProcessed", Order, about)
const StockReservationFailed = event("StockReservationFailed", Order, about)
const PaymentRefunded = event("PaymentRefunded", Order, about)
const OrderCancelled = event("OrderCancelled", Order, about)

type Cause = { readonly correlation: string; readonly causation: string }

function choreography() {
  const told: (readonly [what: string, cause: Cause])[] = []
  const order = service("order", { state: () => ({ status: "none" }) })
    .command("place", Order, (_, given) => done({ status: "created" }, null, [OrderCreated(given)]))
    .on(PaymentRefunded, ({ orderId }) => orderId, (_, given) => done({ status: "cancelled" }, null, [OrderCancelled(given)]))
    .on(OrderCancelled, ({ orderId }) => orderId, (state, _, { cause }) => {
      told.push(["order", cause])
      return done(state)
    })
  const payment = service("payment", { state: () => ({ balance: 1_000 }) })
    .on(
      OrderCreated,
      ({ card }) => card,
      effectful(async ({ balance }, given, { cause }) => {
        told.push(["payment", cause])
        return done({ balance: balance - given.cents }, null, [PaymentProcessed(given)])
      }),
    )
    .on(StockReservationFailed, ({ card }) => card, ({ balance }, given) =>
      done({ balance: balance + given.cents }, null, [PaymentRefunded(given)]),
    )
  const stock = service("stock", { state: () => ({ left: 0 }) }).on(PaymentProcessed, () => "sku", ({ left }, given) =>
    done({ left }, null, [StockReservationFailed(given)]),
  )
  return { told, order, shape: app("shop", { namespace: "test", partitions: 4, services: [order, payment, stock] }) }
}

/** The headers of the events about a key, as they are stored. */
function logOf(world: World, key: string, partitions = 4) {
  return world.streams
    .stored("events", partitionOf(key, partitions))
    .map(({ headers }) => headers)
    .filter((headers) => headers["ce-subject"] === key)
}

test("42: an order without stock is refunded and cancelled by events alone, each caused by the one before", async (t) => {
  const { told, order, shape } = choreography()
  const world = newWorld()
  const shop = await startInMemory(shape, world)
  t.after(() => shop.kill())
  await askInMemory(shape, world, order.place("o-1", { orderId: "o-1", card: "card-1", cents: 300 }), "request 7")
  await shop.until(() => told.length === 2)
  const log = logOf(world, "o-1")
  assert.deepEqual(
    log.map((headers) => headers["ce-type"]),
    ["OrderCreated", "PaymentProcessed", "StockReservationFailed", "PaymentRefunded", "OrderCancelled"],
  )
  assert.deepEqual(
    log.map((headers) => headers["ce-causationid"]),
    ["request%207", ...log.slice(0, -1).map((headers) => headers["ce-id"])],
  )
  assert.deepEqual([...new Set(log.map((headers) => headers["ce-correlationid"]))], ["request%207"])
  assert.deepEqual(shop.engine.row({ service: "payment", key: "card-1" })?.state, { balance: 1_000 })
  assert.deepEqual(shop.engine.row({ service: "order", key: "o-1" })?.state, { status: "cancelled" })
  assert.deepEqual(told, [
    ["payment", { correlation: "request 7", causation: log[0]?.["ce-id"] }],
    ["order", { correlation: "request 7", causation: log[4]?.["ce-id"] }],
  ])
})

test("an event that a client publishes begins a correlation of its own, or goes on with the one that is given", async (t) => {
  const { told, shape } = choreography()
  const world = newWorld()
  const shop = await startInMemory(shape, world)
  t.after(() => shop.kill())
  const order = { orderId: "o-1", card: "card-1", cents: 1 }
  await publishInMemory(shape, world, OrderCreated(order), { id: "created-1" })
  await publishInMemory(shape, world, OrderCreated({ ...order, card: "card-2" }), { id: "created-2", correlation: "cart 5" })
  await shop.until(() => told.filter(([what]) => what === "payment").length === 2)
  const payments = told.filter(([what]) => what === "payment")
  const causes = payments.map(([, { correlation, causation }]) => `${correlation}, ${causation}`)
  assert.deepEqual(new Set(causes), new Set(["cart 5, created-2", "created-1, created-1"]))
})

test("what a timer and a saga bring about has the correlation of what began them", async (t) => {
  const Remind = timer("remind", Nothing)
  const causes = new Map<string, Cause>()
  const note = service("note", { state: () => 0 })
    .command("later", Nothing, (state, _, { nowMs, cause }) => {
      causes.set("later", cause)
      return done(state, null, { timers: [Remind.at(nowMs + 1, {})] })
    })
    .command("now", Nothing, (state, _, { cause }) => {
      causes.set("now", cause)
      return done(state, null)
    })
    .timer(Remind, (state, _, { cause }) => {
      causes.set("timer", cause)
      return done(state)
    })
  const twice = saga("twice", { input: Nothing, version: 1 })
    .step("first", { run: () => note.later("n", {}), undo: "nothing" })
    .step("second", { run: () => note.now("n", {}), pivot: true })
  const shape = app("notes", { namespace: "test", partitions: 1, services: [note, twice] })
  const world = newWorld()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  await askInMemory(shape, world, twice.start("t-1", {}), "request 1")
  await process.until(() => causes.has("timer"))
  assert.deepEqual(
    ["later", "timer", "now"].map((what) => causes.get(what)?.correlation),
    ["request 1", "request 1", "request 1"],
  )
  assert.match(causes.get("timer")?.causation ?? "", /^note\/n remind \d+$/)
  assert.match(causes.get("now")?.causation ?? "", /^twice\/t-1:/)
})
