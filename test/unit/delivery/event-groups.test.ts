// Each service is a consumer group of its own (R22): it begins where it says, catches up by itself, joins the others, and
// what it cannot take, or has missed, is its own affair.
import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import * as Effect from "effect/Effect"
import { emptyPartition, foldBlock, type Partition } from "../../../runtime/delivery/partition.ts"
import { app, done, service } from "../../../runtime/index.ts"
import { decodeBlock } from "../../../runtime/message/block.ts"
import { digest } from "../../../runtime/message/hash.ts"
import { type MemoryProcess, newWorld, operateInMemory, startInMemory, type World } from "../../../runtime/testing/index.ts"
import { keeper, publish, range, type Seen, Sold } from "../../support/facts.ts"

type Services = Parameters<typeof app>[1]["services"]

const author = { by: "ops", why: "a test" }
const shopOf = (...services: Services) => app("shop", { namespace: "test", partitions: 1, services })

const seenBy = ({ engine }: MemoryProcess, name: string, key = "north"): readonly number[] =>
  (engine.row({ service: name, key })?.state as Seen | undefined)?.seen ?? [] // cast: the keeper's state

/** Runs services until the predicate holds, and ends at once. */
async function runUntil(world: World, services: Services, holds: (process: MemoryProcess) => boolean): Promise<void> {
  const process = await startInMemory(shopOf(...services), world)
  await process.until(() => holds(process))
  await process.kill()
}

async function running(t: TestContext, world: World, ...services: Services): Promise<MemoryProcess> {
  const process = await startInMemory(shopOf(...services), world)
  t.after(() => process.kill())
  return process
}

function readBack({ journal }: World): Partition {
  const partition = emptyPartition("shop", 0)
  for (const { sequence, bytes } of journal.records(0))
    foldBlock(partition, decodeBlock(bytes, "test"), sequence, digest(bytes))
  return partition
}

const ownChannels = (world: World) => [...readBack(world).channels.keys()].filter((id) => id.includes("@"))
const statesOf = (world: World) =>
  operateInMemory(shopOf(keeper("any")), world)
    .subscriptions()
    .then((all) => all.map(({ service: name, state, position, lag }) => [name, state, position, lag]))

test("R22: a service that is added later sees all that is kept, in order, and then what is new, once each", async (t) => {
  const world = newWorld()
  for (const n of range(1, 50)) publish(world, 1, "north", n)
  await runUntil(world, [keeper("old")], (process) => seenBy(process, "old").length === 50)
  const process = await running(t, world, keeper("old"), keeper("new"))
  for (const n of range(51, 100)) publish(world, 1, "north", n)
  await process.until(() => seenBy(process, "new").length === 100 && seenBy(process, "old").length === 100)
  assert.deepEqual([seenBy(process, "new"), seenBy(process, "old")], [range(1, 100), range(1, 100)])
  await process.until(() => ownChannels(world).length === 0)
  assert.deepEqual(await statesOf(world), [["old", "live", 100, 0], ["new", "live", 100, 0]])
})

test("R22: wherever the process ends while a service catches up, each event is delivered once, in order", async () => {
  const world = newWorld()
  for (const n of range(1, 12)) publish(world, 1, "north", n)
  await runUntil(world, [keeper("old")], (process) => seenBy(process, "old").length === 12)
  const before = world.journal.records(0).length
  const both = [keeper("old"), keeper("new")]
  const whole = await startInMemory(shopOf(...both), world)
  for (const n of range(13, 24)) publish(world, 1, "north", n)
  await whole.until(() => seenBy(whole, "new").length === 24 && seenBy(whole, "old").length === 24)
  await whole.until(() => readBack(world).subscriptions.get("new")?.catchUp === undefined && ownChannels(world).length === 0)
  await whole.kill()
  const records = [...world.journal.records(0)]
  assert.ok(records.length > before + 4, "there are stages to end in")
  for (let kept = before; kept <= records.length; kept += 1) {
    const again = newWorld()
    for (const [index, { bytes }] of records.slice(0, kept).entries())
      await Effect.runPromise(again.journal.append(0, bytes, index))
    for (const n of range(1, 30)) publish(again, 1, "north", n)
    await runUntil(again, both, (process) => {
      assert.deepEqual(seenBy(process, "new"), range(1, seenBy(process, "new").length), `after ${kept} blocks`)
      assert.deepEqual(seenBy(process, "old"), range(1, seenBy(process, "old").length), `after ${kept} blocks`)
      return seenBy(process, "new").length === 30 && seenBy(process, "old").length === 30
    })
  }
})

test("R22: from now on, and from a time on: what was before is not delivered", async (t) => {
  const world = newWorld()
  for (const n of range(1, 20)) publish(world, 1, "north", n)
  await runUntil(world, [keeper("old")], (process) => seenBy(process, "old").length === 20)
  const since = new Date(11).toISOString()
  const process = await running(t, world, keeper("old"), keeper("fresh", "now"), keeper("late", { since }))
  await process.until(() => seenBy(process, "late").length === 10)
  const operator = operateInMemory(shopOf(keeper("any")), world)
  assert.equal((await operator.subscriptions()).find(({ service: name }) => name === "fresh")?.position, 20)
  for (const n of range(21, 25)) publish(world, 1, "north", n)
  await process.until(() => seenBy(process, "fresh").length === 5 && seenBy(process, "late").length === 15)
  assert.deepEqual([seenBy(process, "fresh"), seenBy(process, "late")], [range(21, 25), range(11, 25)])
})

test("a journal from before there were subscriptions goes on where it was: nothing is delivered again", async (t) => {
  const world = newWorld()
  for (const n of range(1, 10)) publish(world, 1, "north", n)
  await runUntil(world, [keeper("old")], (process) => seenBy(process, "old").length === 10)
  asOlder(world)
  const process = await running(t, world, keeper("old"))
  for (const n of range(11, 15)) publish(world, 1, "north", n)
  await process.until(() => seenBy(process, "old").length >= 15)
  assert.deepEqual(seenBy(process, "old"), range(1, 15))
})

/** What the release before wrote: no subscriptions. */
function asOlder({ journal }: World): void {
  const records = journal.records(0)
  let previous = ""
  for (const [index, { sequence, bytes }] of records.entries()) {
    // The claims of lanes name blocks by their digests, which change here.
    const { decisions, claims: _, ...block } = decodeBlock(bytes, "test")
    const without = decisions.map(({ events: __, ...entry }) => entry)
    const older = Buffer.from(JSON.stringify({ ...block, v: 1, previous, decisions: without }), "utf8")
    previous = digest(older)
    records[index] = { sequence, bytes: older }
  }
}

test("R22: a service that is taken out of the app, and comes back, has missed nothing", async (t) => {
  const world = newWorld()
  const both = [keeper("a"), keeper("b")]
  for (const n of range(1, 10)) publish(world, 1, "north", n)
  await runUntil(world, both, (process) => seenBy(process, "a").length === 10 && seenBy(process, "b").length === 10)
  for (const n of range(11, 20)) publish(world, 1, "north", n)
  await runUntil(world, [keeper("a")], (process) => seenBy(process, "a").length === 20)
  for (const n of range(21, 30)) publish(world, 1, "north", n)
  const process = await running(t, world, ...both)
  await process.until(() => seenBy(process, "a").length === 30 && seenBy(process, "b").length === 30)
  assert.deepEqual([seenBy(process, "a"), seenBy(process, "b")], [range(1, 30), range(1, 30)])
})

test("R22: events that left the stream before a service had them stop that service, and say so; others go on", async (t) => {
  const world = newWorld()
  for (const n of range(1, 10)) publish(world, 1, "north", n)
  await runUntil(world, [keeper("a")], (process) => seenBy(process, "a").length === 10)
  for (const n of range(11, 30)) publish(world, 1, "north", n)
  world.streams.expire(0, 21)
  const process = await running(t, world, keeper("a"), keeper("b"))
  await process.until(() => seenBy(process, "b").length === 10)
  assert.deepEqual([seenBy(process, "a"), seenBy(process, "b")], [range(1, 10), range(21, 30)])
  const operator = operateInMemory(shopOf(keeper("any")), world)
  await process.until(() => readBack(world).subscriptions.get("b")?.catchUp === undefined)
  const [a, b] = await operator.subscriptions()
  assert.deepEqual([a?.state, b?.state], ["stopped", "live"])
  assert.match(a?.why ?? "", /service a of shop has read .* up to 10, and the first that is kept is 21/)
  assert.match(process.engine.health().reasons.join(), /service a of shop/)
  await operator.reset({ service: "a", mode: "reprocess" }, author)
  await process.until(() => seenBy(process, "a").length === 20)
  assert.deepEqual(seenBy(process, "a"), [...range(1, 10), ...range(21, 30)])
})

test("an event that breaks one service's contract, or whose key cannot be made, is parked for that service alone", async (t) => {
  const world = newWorld()
  const bug = { mended: false }
  const picky = service("picky", { state: (): Seen => ({ seen: [] }) }).on(
    Sold,
    ({ shop, n }) => {
      if (n === 3 && !bug.mended) throw new Error("three has no key")
      return shop
    },
    ({ seen }, { n }) => done({ seen: [...seen, n] }, null),
  )
  const process = await running(t, world, picky, keeper("calm"))
  for (const n of range(1, 5)) publish(world, 1, "north", n)
  publish(world, 1, "north", 6, { shop: "north", n: "six" })
  world.streams.store("events", 0, Buffer.from("no event"))
  await process.until(() => seenBy(process, "calm").length === 5 && process.engine.parked().length === 4)
  assert.deepEqual([seenBy(process, "picky"), seenBy(process, "calm")], [[1, 2, 4, 5], range(1, 5)])
  const operator = operateInMemory(shopOf(keeper("any")), world)
  const parked = (await operator.list()).map(({ id, code, service: name }) => [id, code, name])
  assert.deepEqual(parked, [
    ["events#3 picky", "UNREADABLE", "picky"],
    ["events#6 picky", "SCHEMA_MISMATCH", "picky"],
    ["events#6 calm", "SCHEMA_MISMATCH", "calm"],
    ["events#7", "MALFORMED_EVENT", undefined],
  ])
  bug.mended = true
  assert.equal(await operator.redrive({ id: "events#3 picky" }, author), 1)
  await process.until(() => seenBy(process, "picky").length === 5)
  assert.deepEqual([seenBy(process, "picky"), seenBy(process, "calm")], [[1, 2, 4, 5, 3], range(1, 5)])
})
