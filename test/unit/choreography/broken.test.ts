// A choreography that lacks one reaction: the check finds it before it runs, and the monitor while it does.
import assert from "node:assert/strict"
import { test } from "node:test"
import { serviceLogic } from "../../../runtime/actor/service-logic.ts"
import { app } from "../../../runtime/index.ts"
import { askInMemory, type MemoryProcess, newWorld, startInMemory, virtualClock } from "../../../runtime/testing/index.ts"
import type { MonitorRow } from "../../../sagas/index.ts"
import { checkShop } from "../../../examples/order-flow-choreographed/flow-check.ts"
import { orders } from "../../../examples/order-flow-choreographed/orders.ts"
import { payment } from "../../../examples/order-flow-choreographed/payment.ts"
import { services, shop } from "../../../examples/order-flow-choreographed/shop.ts"

const { StockReservationFailed: _, ...reactions } = payment.definition.reactions
const noRefund = { logic: serviceLogic({ ...payment.definition, reactions }) }
const broken = app("order-choreography", {
  namespace: "test",
  services: services.map((one) => (one.logic.service === "payment" ? noRefund : one)),
})

const order = (orderId: string, quantity: number) => ({
  orderId, customerId: "C-1", carrier: "Speedy", shippedDate: "1996-07-16", shipTo: { name: "n", city: "c", country: "x" },
  lines: [{ sku: "P11", quantity }], totalCents: 1_000,
})

const monitored = (process: MemoryProcess, key: string) =>
  process.engine.row({ service: "order-monitor", key })?.state as MonitorRow | undefined // cast: the monitor writes it

test("the check passes as the choreography is, and fails when one reaction is taken out", () => {
  assert.deepEqual(checkShop([shop("test")]).findings, [])
  assert.deepEqual(checkShop([broken]).findings.map(({ id }) => id), ["unhandled StockReservationFailed"])
})

test("the monitor reports the orders that wait for the missing reaction as late, and no others", async (t) => {
  const world = newWorld()
  const { clock, pass } = await virtualClock()
  const process = await startInMemory(broken, world, { clock })
  t.after(() => process.kill())
  for (const id of ["O-1", "O-2"]) void askInMemory(broken, world, orders.create(id, order(id, 10_000)))
  void askInMemory(broken, world, orders.create("O-3", { ...order("O-3", 1), totalCents: 900_000 }))
  await pass(5_000)
  assert.equal(monitored(process, "O-1")?.value, "refunding")
  assert.equal(monitored(process, "O-1")?.lateSinceMs, undefined)
  assert.equal(monitored(process, "O-3")?.value, "cancelled")
  await pass(125_000, 500)
  for (const id of ["O-1", "O-2"]) {
    const row = monitored(process, id)
    assert.deepEqual([row?.value, row?.late, row?.outOfContract], ["refunding", 1, 0])
    assert.ok((row?.lateSinceMs ?? 0) - (row?.sinceMs ?? 0) >= 0 && (row?.lateSinceMs ?? 0) >= 120_000)
  }
  assert.deepEqual([monitored(process, "O-3")?.late, monitored(process, "O-3")?.lateSinceMs], [0, undefined])
  assert.deepEqual(process.engine.metrics().alarms, [{ monitor: "order-monitor", kind: "late", raised: 2 }])
})
