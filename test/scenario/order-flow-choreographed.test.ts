// The choreographed order flow as a user runs it, on a real NATS server: whole, and killed in the middle.
import assert from "node:assert/strict"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { test } from "node:test"
import { launch } from "../../runtime/index.ts"
import type { MonitorRow } from "../../sagas/index.ts"
import { orderMonitor } from "../../examples/order-flow-choreographed/order-monitor.ts"
import { namespace, shop } from "../../examples/order-flow-choreographed/shop.ts"
import { readOrders } from "../../examples/order-flow/orders-file.ts"
import { dataFolder, type DemoEnd, runDemo, serverPid, startDemo } from "../support/demo.ts"

const northwindOrders = 830
const example = "order-flow-choreographed"

function assertConserved({ code, summary, stderr }: DemoEnd, orders = northwindOrders): void {
  assert.equal(code, 0, stderr)
  assert.ok(summary !== undefined, "the last line is JSON")
  assert.deepEqual([summary.orders, summary.completed + summary.compensated], [orders, orders])
  assert.deepEqual([summary.parked, summary.open], [0, 0])
  assert.deepEqual([summary.stockConserved, summary.moneyConserved], [true, true])
  assert.equal(summary.notified, orders)
}

/** How many orders stand where, says the monitor; asked again while its last events are still on their way. */
async function monitored(dataDir: string): Promise<Record<string, number>> {
  const { client, stop } = await launch(shop(namespace), { dataDir, report: () => undefined })
  const { orders } = await readOrders(undefined)
  const giveUpAtMs = performance.now() + 20_000
  let counts: Record<string, number> = {}
  do {
    const rows = await Promise.all(orders.map(({ orderId }) => client.query(orderMonitor.name, orderId)))
    counts = {}
    for (const { state } of rows) {
      const { value, late, outOfContract } = state as MonitorRow // cast: the monitor's own
      const place = late + outOfContract === 0 ? JSON.stringify(value) : "alarm"
      counts[place] = (counts[place] ?? 0) + 1
    }
  } while (Object.keys(counts).length > 2 && performance.now() < giveUpAtMs)
  await stop()
  return counts
}

test("with nobody in charge all 830 orders end confirmed or cancelled; stock and money are conserved", async (t) => {
  const { path, remove } = await dataFolder()
  t.after(remove)
  const end = await runDemo(["--data", path], {}, example)
  assertConserved(end)
  const { completed = 0, reasons = {} } = end.summary ?? {}
  assert.ok(completed > 100 && (reasons["out-of-stock"] ?? 0) > 100, "both ends happen")
  assert.ok((reasons["payment-declined"] ?? 0) > 0 && (reasons["never-shipped"] ?? 0) > 0)
  assert.deepEqual(await monitored(path), { '"confirmed"': completed, '"cancelled"': northwindOrders - completed })
})

test("process and server killed with -9 in the middle: --resume finishes the same run, conserving to the cent", async (t) => {
  const { path, remove } = await dataFolder()
  t.after(remove)
  const all = await readFile(new URL("../../examples/order-flow/data/orders.jsonl", import.meta.url), "utf8")
  const orders = 240
  const file = join(path, "orders.jsonl")
  await writeFile(file, all.split("\n").slice(0, orders).join("\n"))
  const args = ["--data", join(path, "store"), "--orders", file]
  const run = startDemo(args, {}, example)
  await run.reached(80)
  process.kill(await serverPid(join(path, "store")), "SIGKILL")
  run.process.kill("SIGKILL")
  assert.notEqual((await run.ended).code, 0)
  const resumed = await runDemo([...args, "--resume"], {}, example)
  assertConserved(resumed, orders)
  assert.ok((resumed.summary?.started ?? orders) < orders, "the first run's orders were not created again")
})
