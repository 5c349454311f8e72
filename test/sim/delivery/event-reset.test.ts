// Resets of one service (R23): it reads events again under a new generation, and no other notices.
import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import { setImmediate as turn } from "node:timers/promises"
import {
  app, type Command, done, effectful, event, OperationRefused, Operator, type Outcome, service,
} from "../../../runtime/index.ts"
import { fnv1a32 } from "../../../runtime/message/hash.ts"
import {
  askInMemory, type MemoryProcess, newWorld, operateInMemory, startInMemory, type World,
} from "../../../runtime/testing/index.ts"
import { keeper, publish, range, type Seen, Sold } from "../../support/facts.ts"

type Services = Parameters<typeof app>[1]["services"]

const author = { by: "ops", why: "a test" }
const shops = ["north", "south", "east", "west"]
const shopOf = (...services: Services) => app("shop", { namespace: "test", partitions: 3, services })

const Counted = event("Counted", Sold.schema)

/** Keeps the sum of each shop, and says so; its state follows from events alone. */
const totals = service("totals", { state: () => ({ sum: 0, last: 0 }) }).on(
  Sold,
  ({ shop }) => shop,
  ({ sum }, { shop, n }) => done({ sum: sum + n, last: n }, null, [Counted({ shop, n })]),
)

const seenBy = ({ engine }: MemoryProcess, name: string): readonly (readonly number[])[] =>
  shops.map((key) => (engine.row({ service: name, key })?.state as Seen | undefined)?.seen ?? []) // cast: the keeper's state
const countOf = (process: MemoryProcess, name: string) => seenBy(process, name).flat().length
const sumsOf = ({ engine }: MemoryProcess) =>
  JSON.stringify([...engine.rows("totals")].toSorted(([a], [b]) => (a < b ? -1 : 1)))
const counted = ({ streams }: World) =>
  [0, 1, 2].flatMap((p) => streams.stored("events", p)).filter(({ headers }) => headers["ce-type"] === "Counted").length

async function running(t: TestContext, world: World, ...services: Services): Promise<MemoryProcess> {
  const process = await startInMemory(shopOf(...services), world)
  t.after(() => process.kill())
  return process
}

function publishAll(world: World, from: number, to: number): void {
  for (const n of range(from, to)) for (const shop of shops) publish(world, 3, shop, n)
}

test("R23: reprocess delivers everything again to one service, on its present state; no other notices", async (t) => {
  const world = newWorld()
  const process = await running(t, world, keeper("a"), keeper("b"), totals)
  publishAll(world, 1, 10)
  await process.until(() => countOf(process, "a") === 40 && countOf(process, "b") === 40 && counted(world) === 40)
  const operator = operateInMemory(shopOf(totals), world)
  assert.equal(await operator.reset({ service: "a", mode: "reprocess" }, author), 2)
  assert.equal(await operator.reset({ service: "totals", mode: "reprocess" }, author), 2)
  publishAll(world, 11, 12)
  await process.until(() => countOf(process, "a") === 88 && countOf(process, "b") === 48 && counted(world) === 88)
  assert.deepEqual(seenBy(process, "a"), shops.map(() => [...range(1, 10), ...range(1, 12)]))
  assert.deepEqual(seenBy(process, "b"), shops.map(() => range(1, 12)))
  const notes = (await operator.orders()).map(({ action, ids, by }) => [action, ids[0], by])
  assert.deepEqual(notes.slice(0, 3), range(1, 3).map(() => ["reprocess", "a.2", "ops"]))
})

test("R23: what an effectful reaction does again after a reset, it does under another idempotency key", async (t) => {
  const world = newWorld()
  const keys: string[] = []
  const mail = service("mail", { state: () => ({ sent: 0 }), from: "beginning" }).on(
    Sold,
    ({ shop }) => shop,
    effectful(({ sent }, _, { idempotencyKey }) => {
      keys.push(idempotencyKey)
      return done({ sent: sent + 1 }, null)
    }),
  )
  const process = await running(t, world, mail)
  publish(world, 3, "north", 1)
  await process.until(() => keys.length === 1 && process.engine.isIdle())
  const operator = operateInMemory(shopOf(mail), world)
  await assert.rejects(operator.reset({ service: "mail", mode: "rebuild" }, author), OperationRefused)
  await operator.reset({ service: "mail", mode: "reprocess" }, author)
  await process.until(() => keys.length === 2)
  assert.deepEqual(keys, ["till/north-1", "till/north-1#2"])
})

test("R23: reset from now skips what waits, and from a time reads from there", async (t) => {
  const world = newWorld()
  const process = await running(t, world, keeper("a"))
  publishAll(world, 1, 10)
  await process.until(() => countOf(process, "a") === 40)
  const operator = operateInMemory(shopOf(totals), world)
  await operator.reset({ service: "a", from: { since: 9 }, mode: "reprocess" }, author)
  await process.until(() => countOf(process, "a") === 48)
  await operator.reset({ service: "a", from: "now", mode: "reprocess" }, author)
  await settled(process, operator)
  publishAll(world, 11, 11)
  await process.until(() => countOf(process, "a") === 52)
  assert.deepEqual(seenBy(process, "a"), shops.map(() => [...range(1, 10), 9, 10, 11]))
})

test("R23: a rebuilt state is the live one, and nothing that was said is said again", async () => {
  for (const seed of range(1, 12)) {
    const world = newWorld()
    const before = fnv1a32(`before ${seed}`) % 30
    const process = await startInMemory(shopOf(totals, keeper("other")), world)
    const random = (n: number) => shops[fnv1a32(`${seed} ${n}`) % 4] ?? "north"
    const store = (from: number, to: number) => range(from, to).forEach((n) => publish(world, 3, random(n), n))
    store(1, before)
    const operator = operateInMemory(shopOf(totals), world)
    const rebuilding = operator.reset({ service: "totals", mode: "rebuild" }, author)
    // Some come while it is rebuilt, some after.
    store(before + 1, before + 10)
    await rebuilding
    store(before + 11, before + 15)
    const total = before + 15
    await settled(process, operator)
    assert.equal(countOf(process, "other"), total)
    const fresh = newWorld()
    for (const n of range(1, total)) publish(fresh, 3, random(n), n)
    const never = await startInMemory(shopOf(totals), fresh)
    await never.until(() => counted(fresh) === total)
    assert.equal(sumsOf(process), sumsOf(never), `seed ${seed}`)
    assert.equal(counted(world), total, `seed ${seed}: each was said once`)
    await process.kill()
    await never.kill()
  }
})

test("R23: a rebuild that was cut short is gone on with by giving it again; until then nothing is delivered", async () => {
  for (let orders = 1; orders <= 11; orders += 1) {
    const world = newWorld()
    const process = await startInMemory(shopOf(totals), world)
    publishAll(world, 1, 5)
    await process.until(() => counted(world) === 20)
    const done = sumsOf(process)
    await assert.rejects(cutShort(world, orders).reset({ service: "totals", mode: "rebuild" }, author), /cut/)
    await process.kill()
    const next = await startInMemory(shopOf(totals), world)
    const operator = operateInMemory(shopOf(totals), world)
    await assert.rejects(operator.reset({ service: "totals", mode: "reprocess" }, author), OperationRefused)
    assert.equal(await operator.reset({ service: "totals", mode: "rebuild" }, author), 2)
    await settled(next, operator)
    assert.equal(sumsOf(next), done)
    publishAll(world, 6, 6)
    await settled(next, operator)
    assert.equal(counted(world), 24, `after ${orders} orders`)
    await next.kill()
  }
})

/** Every service reads with the others, and has decided all that was stored. */
async function settled({ engine }: MemoryProcess, operator: Operator): Promise<void> {
  for (;;) {
    const all = await operator.subscriptions()
    const owed = engine.metrics().gauges.reduce((sum, { outbox, lag }) => sum + outbox + lag, 0)
    if (owed === 0 && engine.isIdle() && all.every(({ state, lag }) => state === "live" && lag === 0)) return
    await turn()
  }
}

/** An operator whose connection is cut after so many orders of a reset. */
function cutShort(world: World, orders: number): Operator {
  const shape = shopOf(totals)
  // It looks at all partitions first.
  let left = orders + shape.shape.partitions
  const ask = (command: Command, effect: string): Promise<Outcome> => {
    left -= 1
    return left >= 0 ? askInMemory(shape, world, command, effect) : Promise.reject(new Error("the connection is cut"))
  }
  return new Operator(ask, shape.shape.partitions, () => `cut-${world.next()}`, world.journal)
}
