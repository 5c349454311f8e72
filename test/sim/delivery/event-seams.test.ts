// Where the features of events meet: groups that are reset, or leave their app and come back, with events that wait for
// their time, versions that only some can read, pauses, and streams from which events are gone.
import assert from "node:assert/strict"
import { test } from "node:test"
import { setImmediate as turn } from "node:timers/promises"
import { app, deliver, done, effectful, event, type Operator, service } from "../../../runtime/index.ts"
import { partitionOf } from "../../../runtime/message/key.ts"
import {
  type MemoryProcess, newWorld, operateInMemory, publishInMemory, startInMemory, type World,
} from "../../../runtime/testing/index.ts"
import { keeper, publish, range, type Seen, Sold } from "../../support/facts.ts"

type Services = Parameters<typeof app>[1]["services"]

const author = { by: "ops", why: "a test" }
const shopOf = (...services: Services) => app("shop", { namespace: "test", partitions: 1, services })
const seenBy = ({ engine }: MemoryProcess, name: string) =>
  (engine.row({ service: name, key: "north" })?.state as Seen | undefined)?.seen ?? [] // cast: the keeper's state
const storedOf = ({ streams }: World, type: string) =>
  streams.stored("events", 0).filter(({ headers }) => headers["ce-type"] === type).length

async function settled({ engine }: MemoryProcess, operator: Operator): Promise<void> {
  for (;;) {
    const all = await operator.subscriptions()
    const owed = engine.metrics().gauges.reduce((sum, { outbox, lag }) => sum + outbox + lag, 0)
    if (owed === 0 && engine.isIdle() && all.every(({ state, lag }) => state === "live" && lag === 0)) return
    await turn()
  }
}

const Noted = event("Noted", Sold.schema, { key: ({ shop }) => shop })

/** Says each number that it takes: from 10 on only once 1 was there, and 5 only while it is mended. */
function noting(isMended: () => boolean = () => true) {
  return service("noting", { state: (): Seen => ({ seen: [] }) }).on(
    Sold,
    ({ shop }) => shop,
    ({ seen }, { shop, n }) => {
      if (n === 5 && !isMended()) throw new Error("not yet")
      return done({ seen: [...seen, n] }, null, [Noted({ shop, n })])
    },
    { ready: ({ seen }, { n }) => n < 10 || seen.includes(1) },
  )
}

test("R23: a rebuild says what was not said yet: of events that were held aside, delayed or parked", async (t) => {
  const world = newWorld()
  let isMended = false
  const shape = shopOf(noting(() => isMended))
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  const soon = Date.now() + 4_000
  publish(world, 1, "north", 2)
  await publishInMemory(shape, world, deliver(Sold({ shop: "north", n: 3 }), { dueMs: soon }), { key: "north" })
  publish(world, 1, "north", 10)
  publish(world, 1, "north", 5)
  const operator = operateInMemory(shape, world)
  await process.until(() => storedOf(world, "Noted") === 1 && process.engine.parked().length === 1)
  isMended = true
  await operator.reset({ service: "noting", mode: "rebuild" }, author)
  await settled(process, operator)
  assert.deepEqual(seenBy(process, "noting"), [2, 5])
  assert.equal(storedOf(world, "Noted"), 2, "2 is not said again, and 5 is said")
  publish(world, 1, "north", 1)
  await process.until(() => seenBy(process, "noting").length === 5)
  assert.deepEqual(seenBy(process, "noting"), [2, 5, 1, 10, 3])
  await process.until(() => storedOf(world, "Noted") === 5)
})

test("R23: after a reprocess each generation takes an event once, also one that waited for its time in both", async (t) => {
  const world = newWorld()
  const shape = shopOf(noting())
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  publish(world, 1, "north", 10)
  await process.until(() => process.engine.row({ service: "noting", key: "north" })?.timers.size === 1)
  const operator = operateInMemory(shape, world)
  await operator.reset({ service: "noting", mode: "reprocess" }, author)
  await settled(process, operator)
  publish(world, 1, "north", 1)
  await process.until(() => seenBy(process, "noting").length === 3)
  assert.deepEqual(seenBy(process, "noting"), [1, 10, 10])
})

test("R22: a version that one service cannot read yet is parked for that service alone", async (t) => {
  const world = newWorld()
  const Sold2 = event("Sold", Sold.schema, { version: 2, upcast: { 1: (old) => old } })
  const modern = service("modern", { state: (): Seen => ({ seen: [] }) }).on(Sold2, ({ shop }) => shop, ({ seen }, { n }) =>
    done({ seen: [...seen, n] }))
  const process = await startInMemory(shopOf(keeper("old"), modern), world)
  t.after(() => process.kill())
  const shape = shopOf(keeper("old"), modern)
  await publishInMemory(shape, world, Sold2({ shop: "north", n: 1 }), { key: "north" })
  publish(world, 1, "north", 2)
  await process.until(() => seenBy(process, "old").length === 1 && seenBy(process, "modern").length === 2)
  assert.deepEqual(process.engine.parked().map(({ code, service: name }) => [code, name]), [["NEWER_VERSION", "old"]])
})

test("R23: a service that is paused is reset: records of both generations wait and go on in order", async (t) => {
  const world = newWorld()
  const sent: string[] = []
  const mail = service("mail", { state: () => ({ sent: 0 }) }).on(
    Sold,
    ({ shop }) => shop,
    effectful(({ sent: count }, _, { idempotencyKey }) => {
      sent.push(idempotencyKey)
      return done({ sent: count + 1 }, null)
    }),
  )
  const shape = shopOf(mail)
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  const operator = operateInMemory(shape, world)
  await operator.pause("mail", author)
  for (const n of range(1, 3)) publish(world, 1, "north", n)
  const lag = async () => (await operator.subscriptions())[0]?.lag
  while ((await lag()) !== 3) await turn()
  await operator.reset({ service: "mail", mode: "reprocess" }, author)
  while ((await lag()) !== 6) await turn()
  assert.deepEqual(sent, [])
  await operator.resume("mail", author)
  await settled(process, operator)
  const first = range(1, 3).map((n) => `till/north-${n}`)
  assert.deepEqual(sent, [...first, ...first.map((id) => `${id}#2`)])
})

test("R22: a service that leaves its app at any moment of its joining gets what it missed when it is back", async () => {
  for (const blocks of range(0, 12)) {
    const world = newWorld()
    const [one, two] = [keeper("one"), keeper("two")]
    const send = (from: number, to: number) => range(from, to).forEach((n) => publish(world, 1, "north", n))
    send(1, 5)
    let process = await startInMemory(shopOf(one), world)
    await process.until(() => seenBy(process, "one").length === 5)
    await process.kill()
    const joining = await startInMemory(shopOf(one, two), world)
    await joining.until(() => joining.blocks.length >= blocks || seenBy(joining, "two").length === 5)
    await joining.kill()
    process = await startInMemory(shopOf(one), world)
    send(6, 8)
    await process.until(() => seenBy(process, "one").length === 8)
    await process.kill()
    process = await startInMemory(shopOf(one, two), world)
    // What was on its way to an actor when the service left is parked, and nothing else is set aside.
    const parked = process.engine.parked()
    assert.ok(parked.every(({ code, id }) => code === "NO_SUCH_SERVICE" && id.endsWith("two/north")))
    await process.until(() => seenBy(process, "two").length + parked.length === 8)
    assert.equal(await operateInMemory(shopOf(one, two), world).redrive({ service: "two" }, author), parked.length)
    await process.until(() => seenBy(process, "two").length === 8)
    const seen = seenBy(process, "two")
    const redriven = seen.slice(8 - parked.length)
    assert.deepEqual([...redriven, ...seen.slice(0, 8 - parked.length)], range(1, 8), `after ${blocks} blocks`)
    await process.kill()
  }
})

test("R23: a reset from the beginning of a stream whose read part is gone begins with what comes next", async (t) => {
  const world = newWorld()
  const process = await startInMemory(shopOf(keeper("a")), world)
  t.after(() => process.kill())
  for (const n of range(1, 5)) publish(world, 1, "north", n)
  await process.until(() => seenBy(process, "a").length === 5)
  world.streams.expire(0, 6)
  const operator = operateInMemory(shopOf(keeper("a")), world)
  await operator.reset({ service: "a", mode: "reprocess" }, author)
  await settled(process, operator)
  publish(world, 1, "north", 6)
  await process.until(() => seenBy(process, "a").length === 6)
  assert.equal(partitionOf("north", 1), 0)
  assert.deepEqual(seenBy(process, "a"), range(1, 6))
})
