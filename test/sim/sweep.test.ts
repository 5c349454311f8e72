// Every crash point x every message, over the order flow: what its customers, its stock and its answers show is the same
// wherever the process ends.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { placeOrder } from "../../examples/order-flow/place-order.ts"
import { inventory } from "../../examples/order-flow/inventory.ts"
import type { Order } from "../../examples/order-flow/order.ts"
import { notification } from "../../examples/order-flow/notification.ts"
import { shipping } from "../../examples/order-flow/shipping.ts"
import { shop } from "../../examples/order-flow/shop.ts"
import { app, done, effectful, service } from "../../runtime/index.ts"
import { crashPoints, sweep, type SweepPlan } from "../../runtime/testing/index.ts"

const order: Order = {
  orderId: "o-1",
  customerId: "ann",
  carrier: "by-land",
  shippedDate: "1997-01-02",
  shipTo: { name: "Ann", city: "Graz", country: "Austria" },
  lines: [{ sku: "tea", quantity: 2 }, { sku: "cup", quantity: 1 }],
  totalCents: 1_900,
}

const cups = [{ sku: "cup", quantity: 1 }, { sku: "tea", quantity: 4 }]

/** One order that is shipped, one that is turned back because there is too little tea left for it, and one that is declined. */
const threeOrders: SweepPlan = {
  async scenario({ ask }) {
    await Promise.all([ask(inventory.stock("tea", { units: 5 })), ask(inventory.stock("cup", { units: 9 }))])
    const ends = [
      await ask(placeOrder.start("o-1", order)),
      await ask(placeOrder.start("o-2", { ...order, orderId: "o-2", lines: cups })),
      await ask(placeOrder.start("o-3", { ...order, orderId: "o-3", totalCents: 900_000 })),
    ]
    // cast: the answer to a start is its end
    const outcomes = ends.map((end) => (end as { readonly value?: { readonly outcome?: string } }).value?.outcome)
    assert.deepEqual(outcomes, ["completed", "compensated", "compensated"])
  },
}

test("wherever the process ends, the order flow ends as without a fault: every crash point x every message", async (t) => {
  const before = process.cpuUsage()
  const report = await sweep(shop("sweep"), threeOrders)
  t.diagnostic(report.text)
  report.assertClean()
  const passed = new Set(report.cells.map(({ point }) => point))
  const ofHandlers = new Set(["handler begins", "handler done", "step done"])
  const missing = crashPoints.map(({ name }) => name).filter((name) => !passed.has(name) && !ofHandlers.has(name))
  assert.deepEqual(missing, [], "every crash point that an app of pure handlers has")
  assert.ok(report.cells.length > 300, `${report.cells.length} places`)
  const { user, system } = process.cpuUsage(before)
  assert.ok((user + system) / 1_000 < 45_000, `${(user + system) / 1_000} ms of one core`)
})

test("in the order flow a payment that charges without a key is flagged, with customer, crash point and sum", async () => {
  const bank = new Map<string, number>()
  const Charge = Schema.toStandardSchemaV1(Schema.Struct({ orderId: Schema.String, cents: Schema.Int }))
  const payment = service("payment", { state: () => ({ calls: 0 }) })
    .command("charge", Charge, effectful(async ({ calls }, { orderId, cents }, { key }) => {
      bank.set(key, (bank.get(key) ?? 0) + cents)
      return done({ calls: calls + 1 }, { paymentId: `pay-${orderId}` })
    }))
    .undo("refund", "charge", effectful(async ({ calls }, { cents }, { key, idempotencyKey }) => {
      // It keeps its promise: the same refund is one refund.
      if (!bank.has(idempotencyKey)) bank.set(key, (bank.get(key) ?? 0) - cents)
      bank.set(idempotencyKey, 0)
      return done({ calls: calls + 1 }, null)
    }))
  const services = [inventory, payment, shipping, notification, placeOrder]
  const report = await sweep(app("order-flow", { namespace: "sweep", services }), {
    reset: () => bank.clear(),
    async scenario({ ask }) {
      await Promise.all([ask(inventory.stock("tea", { units: 5 })), ask(inventory.stock("cup", { units: 9 }))])
      await ask(placeOrder.start("o-1", order))
      // It never leaves the house, so the charge is taken back.
      await ask(placeOrder.start("o-2", { ...order, orderId: "o-2", shippedDate: null }))
    },
    observe: () => Object.fromEntries(bank),
  })
  const flagged = report.violations.map(({ message, point }) => [message.service, message.name, message.key, message.id, point])
  const first = ["payment", "charge", "ann", "place-order/o-1:3:0"]
  const second = ["payment", "charge", "ann", "place-order/o-2:3:0"]
  assert.deepEqual(new Set(flagged.map(String)), new Set([first, second].flatMap((call) =>
    ["handler done", "block made"].map((point) => String([...call, point])))))
  for (const { blamed, message } of report.violations) assert.deepEqual(blamed.map((called) => called.message), [message])
  const difference = report.violations[0]?.difference
  assert.deepEqual(difference, ["- outside ann: 1900", "+ outside ann: 3800"])
})
