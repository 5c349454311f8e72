// The order saga, cancelled at every block of its run, with and without a crash at that very block: stock and money balance.
import assert from "node:assert/strict"
import { test } from "node:test"
import { app, type Outcome } from "../../../../runtime/index.ts"
import { askInMemory, type MemoryProcess, newWorld, startInMemory, type World } from "../../../../runtime/testing/index.ts"
import { inventory, order, payment, placeOrder, shipping } from "../../../unit/sagas/shop.ts"
import { codeOf, endOf } from "../../../unit/sagas/scenarios/stage.ts"

const shop = app("shop", { namespace: "shop", partitions: 4, services: [inventory, payment, shipping, placeOrder] })
const author = { by: "ann", why: "the customer called" }

interface Run {
  readonly appends: number
  readonly cancelled: Outcome | undefined
  readonly outcome: "completed" | "compensated" | "killed"
}

const cancel = (world: World) => askInMemory(shop, world, placeOrder.cancel(order.orderId, author), "cancel")

/** Numbers of appends, from 0; -1 never. */
interface Plan {
  readonly cancelAt: number
  readonly crashAt: number
  readonly crash: "lost" | "stored"
}

/** One order, cancelled while an append is on its way; a crash ends the process at another, or the same. */
async function run({ cancelAt, crashAt, crash }: Plan): Promise<Run> {
  let appends = -1
  let cancelling: Promise<Outcome> | undefined
  let crashing: Promise<void> | undefined
  let process: MemoryProcess | undefined
  const world: World = newWorld({
    append: () => {
      if (process === undefined) return "none"
      appends += 1
      if (appends === cancelAt) cancelling = cancel(world)
      if (appends !== crashAt) return "none"
      crashing = process.kill()
      return crash
    },
  })
  process = await startInMemory(shop, world)
  const start = () => askInMemory(shop, world, placeOrder.start(order.orderId, order), "start")
  const endings = [start()]
  const crashed = process.until(() => crashing !== undefined).then(() => crashing)
  const isAgain = crashAt !== -1 && (await Promise.race([crashed.then(() => true), endings[0]?.then(() => false)])) === true
  if (isAgain) {
    process = await startInMemory(shop, world)
    // The answer may have been lost with the process: whoever hears nothing asks again (R21).
    endings.push(start())
    if (cancelling !== undefined) cancelling = Promise.race([cancelling, cancel(world)])
  }
  const { outcome, reason } = endOf(await Promise.race(endings))
  const isIdle = (one: MemoryProcess) => one.until(() => one.engine.isIdle() || crashing !== undefined)
  await isIdle(process)
  if (crashing !== undefined && !isAgain) {
    await crashing
    process = await startInMemory(shop, world)
    if (cancelling !== undefined) cancelling = Promise.race([cancelling, cancel(world)])
  }
  const running = process
  await running.until(() => running.engine.isIdle())
  const stateOf = (service: string, key: string) => running.engine.row({ service, key })?.state
  const { lines, customerId, totalCents } = order
  const isDone = outcome === "completed"
  for (const { sku, quantity } of lines) {
    const stock = (stateOf("inventory", sku) as { stock: number } | undefined)?.stock ?? 10 // cast: its state
    assert.equal(stock, isDone ? 10 - quantity : 10, sku)
  }
  const cents = (stateOf("payment", customerId) as { cents: number } | undefined)?.cents ?? 0 // cast: its state
  assert.equal(cents, isDone ? totalCents : 0)
  assert.equal(stateOf("shipping", order.orderId) === undefined, !isDone)
  assert.equal(reason, isDone ? undefined : "cancelled")
  const cancelled = await cancelling
  await running.kill()
  return { appends: appends + 1, cancelled, outcome }
}

/** Every outcome that was seen, with what the cancel was answered. */
async function playAll(plans: readonly Plan[]): Promise<ReadonlyMap<string, number>> {
  const seen = new Map<string, number>()
  for (const plan of plans) {
    const { outcome, cancelled } = await run(plan)
    const what = `${outcome}, cancel ${cancelled === undefined ? "not asked" : codeOf(cancelled)}`
    seen.set(what, (seen.get(what) ?? 0) + 1)
    assert.equal(cancelled?.type === "done", outcome === "compensated", `${what}: ${JSON.stringify(plan)}`)
  }
  return seen
}

const never = { crashAt: -1, crash: "lost" } as const
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)
const { appends, outcome } = await run({ cancelAt: -1, ...never })

test("cancelled at each block of its run, an order leaves books that balance", async (t) => {
  assert.equal(outcome, "completed")
  const seen = await playAll(upTo(appends).map((cancelAt) => ({ cancelAt, ...never })))
  t.diagnostic(`${appends} blocks: ${JSON.stringify([...seen])}`)
  assert.ok(seen.has("compensated, cancel done") && seen.has("completed, cancel past-pivot"))
})

for (const crash of ["lost", "stored"] as const) {
  test(`cancelled at each block, with a crash at each block before and behind it (${crash}): the books balance`, async (t) => {
    const blocksMax = appends + 6
    const plans = upTo(appends).flatMap((cancelAt) => upTo(blocksMax).map((crashAt) => ({ cancelAt, crashAt, crash })))
    const seen = await playAll(plans)
    t.diagnostic(`${plans.length} runs: ${JSON.stringify([...seen])}`)
    assert.ok((seen.get("compensated, cancel done") ?? 0) > 10)
  })
}
