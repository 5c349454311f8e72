// Children, races, loops and waits on the whole engine in memory: over several partitions, and over the crash of a process
// at any block.
import assert from "node:assert/strict"
import { test } from "node:test"
import { packParcel } from "../../../examples/warehouses/pack-parcel.ts"
import { payment, shelves, truck } from "../../../examples/warehouses/services.ts"
import { shipOrder } from "../../../examples/warehouses/ship-order.ts"
import { returning } from "../../../examples/returns/return-parcel.ts"
import { mail, refunds, warehouse } from "../../../examples/returns/services.ts"
import { app, type Outcome, query } from "../../../runtime/index.ts"
import { askInMemory, newWorld, startInMemory, virtualClock, type World } from "../../../runtime/testing/index.ts"

const shop = app("shop", { namespace: "test", services: [shelves, payment, truck, packParcel, shipOrder] })
const warehouses = ["bergen", "lyon", "turin"]
const order = { customerId: "c-1", cents: 500, lines: warehouses.map((name) => ({ warehouse: name, sku: "tea", units: 2 })) }
const parts = warehouses.map((name) => `o-1.${name}`)

async function fill(world: World, units: number): Promise<void> {
  for (const name of warehouses) await askInMemory(shop, world, shelves.fill(`${name}.tea`, { units }), `fill ${name}`)
}

function ended(outcome: Outcome): object {
  assert.ok(outcome.type === "done", JSON.stringify(outcome))
  const { startedMs: _, endedMs: __, ...rest } = outcome.value as Readonly<Record<string, unknown>> // cast: how a saga ended
  return rest
}

/** An order that is packed by `packed` warehouses and perhaps cancelled, with a crash once so many blocks are stored. */
async function shipped(crashAfter: number, packed: number, cancelled: boolean) {
  const world = newWorld()
  let process = await startInMemory(shop, world)
  await fill(world, 5)
  const before = process.blocks.length
  const end = askInMemory(shop, world, shipOrder.start("o-1", order), "start")
  let hasCrashed = false
  const crash = process.until(() => process.blocks.length >= before + crashAfter).then(async () => {
    hasCrashed = true
    await process.kill()
    process = await startInMemory(shop, world)
  })
  const told = (async () => {
    for (const part of parts.slice(0, packed)) {
      for (let n = 0; ; n += 1) {
        const answer = await askInMemory(shop, world, packParcel.signal(part, "packed", { by: "Ann", kilos: 1 }), `${part} ${n}`)
        if (answer.type !== "refused" || answer.code !== "not-started") break
      }
    }
    if (cancelled) await askInMemory(shop, world, shipOrder.cancel("o-1"), "cancel")
  })()
  const result = ended(await end)
  await told
  const stateOf = async (service: string, key: string) => {
    const answer = await askInMemory(shop, world, query(service, key))
    return answer.type === "done" ? answer.value : answer.code
  }
  const left = await Promise.all(warehouses.map((name) => stateOf("shelves", `${name}.tea`)))
  const paid = (await stateOf("payment", "c-1")) ?? { cents: 0 }
  if (hasCrashed) await crash
  assert.deepEqual(process.engine.parked(), [])
  await process.kill()
  return { result, left, paid, hasCrashed }
}

const full = { filled: 5, left: 5 }
const sold = { filled: 5, left: 3 }

test("children in other partitions: all are packed and the order is shipped, whenever the process crashes", async () => {
  for (const crashAfter of [1, 3, 5, 8, 12, 16]) {
    const { result, left, paid, hasCrashed } = await shipped(crashAfter, 3, false)
    assert.deepEqual(result, { outcome: "completed", result: { parcels: 3, kilos: 3 } }, `a crash after ${crashAfter} blocks`)
    assert.deepEqual([left, paid, hasCrashed], [[sold, sold, sold], { cents: 500 }, true])
  }
})

test("a cancelled order takes back the child that has packed and those that have not, whenever the process crashes", async () => {
  for (const crashAfter of [1, 3, 5, 8, 12, 16]) {
    const { result, left, paid, hasCrashed } = await shipped(crashAfter, 1, true)
    assert.deepEqual(result, { outcome: "compensated", reason: "cancelled" }, `a crash after ${crashAfter} blocks`)
    assert.deepEqual([left, paid, hasCrashed], [[full, full, full], { cents: 0 }, true])
  }
})

test("a child that fails is the reason of its parent, and the others turn back without waiting for anybody", async (t) => {
  const world = newWorld()
  const process = await startInMemory(shop, world)
  t.after(() => process.kill())
  await fill(world, 5)
  await askInMemory(shop, world, shelves.fill("lyon.tea", { units: 1 }), "less")
  const end = ended(await askInMemory(shop, world, shipOrder.start("o-1", order), "start"))
  assert.deepEqual(end, { outcome: "compensated", reason: "out-of-stock" })
  assert.deepEqual(process.engine.row({ service: "shelves", key: "turin.tea" })?.state, full)
  assert.equal(process.engine.parked().length, 0)
})

// A day is a tenth of a second: the engine's own clocks tick all the while.
const day = 100
const returnParcel = returning({ pause: "400 millis", patience: "1400 millis", inspection: "200 millis" })
const office = app("returns", { namespace: "test", services: [warehouse, mail, refunds, returnParcel] })

test("a race of an event with a loop that sleeps goes on over days and over a crash", async () => {
  for (const comes of [true, false]) {
    const world = newWorld()
    const time = await virtualClock()
    const first = await startInMemory(office, world, { clock: time.clock })
    const end = askInMemory(office, world, returnParcel.start("r-1", { customerId: "c-1", cents: 900 }), "start")
    await time.pass(5 * day)
    await first.kill()
    const second = await startInMemory(office, world, { clock: time.clock })
    await time.pass(4 * day)
    if (comes) void askInMemory(office, world, warehouse.scan("r-1", { returnId: "r-1" }), "scan")
    await time.pass(6 * day)
    assert.deepEqual(ended(await end), {
      outcome: "completed",
      result: comes ? { arrived: true, refundedCents: 900 } : { arrived: false, refundedCents: 0 },
    })
    const reminder = "we wait for your parcel"
    const letters = ["your label", reminder, reminder, ...(comes ? [] : [reminder, "your return is closed"])]
    assert.deepEqual(second.engine.row({ service: "mail", key: "r-1" })?.state, { letters })
    await second.kill()
  }
})
