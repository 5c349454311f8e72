// Every crash point x every message, over the order flow: what its customers, its stock and its answers show is the same
// wherever the process ends.
import assert from "node:assert/strict"
import { test } from "node:test"
import { placeOrder } from "../../examples/order-flow/place-order.ts"
import { inventory } from "../../examples/order-flow/inventory.ts"
import type { Order } from "../../examples/order-flow/order.ts"
import { shop } from "../../examples/order-flow/shop.ts"
import { sweep, type SweepPlan } from "../../runtime/testing/index.ts"

const order: Order = {
  orderId: "o-1",
  customerId: "ann",
  carrier: "by-land",
  shippedDate: "1997-01-02",
  shipTo: { name: "Ann", city: "Graz", country: "Austria" },
  lines: [{ sku: "tea", quantity: 2 }, { sku: "cup", quantity: 1 }],
  totalCents: 1_900,
}

/** One order that is shipped, one that is turned back because there is no stock left for it, and one that is declined. */
const threeOrders: SweepPlan = {
  async scenario({ ask }) {
    await Promise.all([ask(inventory.stock("tea", { units: 5 })), ask(inventory.stock("cup", { units: 9 }))])
    const ends = [
      await ask(placeOrder.start("o-1", order)),
      await ask(placeOrder.start("o-2", { ...order, orderId: "o-2", lines: [{ sku: "cup", quantity: 1 }, { sku: "tea", quantity: 4 }] })),
      await ask(placeOrder.start("o-3", { ...order, orderId: "o-3", totalCents: 900_000 })),
    ]
    // cast: the answer to a start is its end
    assert.deepEqual(ends.map((end) => (end as { value?: { outcome?: string } }).value?.outcome), ["completed", "compensated", "compensated"])
  },
}

test("wherever the process ends, the order flow ends as without a fault: every crash point x every message", async (t) => {
  const report = await sweep(shop("sweep"), threeOrders)
  t.diagnostic(`\n${report.text}`)
  report.assertClean()
})
