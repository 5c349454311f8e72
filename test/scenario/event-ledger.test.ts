// All 830 orders, placed one at a time, with a saga in charge and with nobody: in memory, as what is compared is the business.
import assert from "node:assert/strict"
import { test } from "node:test"
import { newWorld } from "../../runtime/testing/index.ts"
import { shop as choreography } from "../../examples/order-flow-choreographed/shop.ts"
import { readOrders } from "../../examples/order-flow/orders-file.ts"
import { shop as orchestration } from "../../examples/order-flow/shop.ts"
import {
  type Business, choreographed, expectedLedger, fillShelves, ledgerOf, mailCount, orchestrated, start,
} from "../unit/choreography/businesses.ts"

const { orders } = await readOrders(undefined)

async function placeAll(business: Business) {
  const process = await start(business)
  await fillShelves(business, 1)
  const completed = new Set<(typeof orders)[number]>()
  for (const order of orders) if ((await business.place(() => process, order)) === "completed") completed.add(order)
  await process.until(() => mailCount(ledgerOf(process, orders)) >= orders.length)
  const ledger = ledgerOf(process, orders)
  assert.deepEqual(process.engine.parked(), [])
  await process.kill()
  return { ledger, completed }
}

test("placed one at a time, all 830 orders end the same in both flows, and leave the same ledger to the cent", async () => {
  assert.equal(orders.length, 830)
  const led = await placeAll(orchestrated(orchestration("test"), newWorld()))
  const danced = await placeAll(choreographed(choreography("test"), newWorld()))
  assert.deepEqual([...danced.completed], [...led.completed])
  assert.deepEqual(danced.ledger, led.ledger)
  const { mail: _, ...rest } = danced.ledger
  assert.deepEqual(rest, expectedLedger(1, orders, danced.completed))
})
