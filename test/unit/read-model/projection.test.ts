// A read model says of sagas, parked records and orders what their owners know, however it came to it: block by block, anew
// from the journals, or from where it stopped.
import assert from "node:assert/strict"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import type { App } from "../../../runtime/index.ts"
import { findOrders, readRates } from "../../../runtime/read-model/past.ts"
import { findParked, groupParked, readDecisions, readParked, readSaga } from "../../../runtime/read-model/reader.ts"
import { findSagas, type SagaQuery } from "../../../runtime/read-model/saga-search.ts"
import { memoryJournalFeed } from "../../../runtime/memory/journal-feed.ts"
import {
  askInMemory, type MemoryProcess, newWorld, operateInMemory, startInMemory, type World,
} from "../../../runtime/testing/index.ts"
import { anOrder, desk, order, ordersShop, stock } from "../../support/orders-shop.ts"
import { contentOf, modelOf, type TestModel } from "../../support/read-models.ts"
import { seeded } from "../../support/seeded.ts"

const cities = ["Bern", "Basel", "Chur"]
const author = { by: "ann", why: "a test" }

/** Orders are started, approved, delivered, stopped, resumed, turned back; notes fail and are tried again. */
async function live(shop: App, world: World, process: MemoryProcess, luck: () => number, steps: number): Promise<void> {
  const pick = <Item>(list: readonly Item[]): Item => list[Math.floor(luck() * list.length)] ?? list[0]!
  const ask = (command: Parameters<typeof askInMemory>[2]) => askInMemory(shop, world, command)
  const operator = operateInMemory(shop, world)
  await ask(stock.fill("P1", { units: 20 }))
  const begun: Promise<unknown>[] = []
  for (let step = 0; step < steps; step += 1) {
    const key = `o-${Math.floor(luck() * steps * 0.6)}`
    const cents = pick([100, 700, 6_000, 20_000, 200_000])
    const way = Math.floor(luck() * 10)
    const customer = `c-${Math.floor(luck() * 5)}`
    if (way < 4) begun.push(ask(order.start(key, anOrder(customer, cents, pick(["P1", "P1", "P2"]), pick(cities)))))
    else if (way < 6) await ask(order.signal(key, "approval", { by: "bob" }))
    else if (way === 6) await ask(pick([order.pause(key, author), order.resume(key, author), order.kill(key, author)]))
    else if (way === 7) await ask(pick([order.cancel(key, author), order.compensate(key, author), order.retryNow(key, author)]))
    else if (way === 8) await ask(desk.note("desk-1", { text: `note ${step}`, amount: pick([1, -1]) }))
    else if (luck() < 0.5) await operator.redrive({ service: "desk" }, author)
    else await operator.discard({ service: "desk" }, author)
  }
  await process.until(() => process.engine.isIdle())
  assert.ok(begun.length > 0)
}

/** What the owners hold of sagas, as their actor type tells it. */
function known(process: MemoryProcess, key: string) {
  const state = process.engine.row({ service: "order", key })?.state
  return state === undefined ? undefined : order.logic.inspect?.(state, { service: "order", key })
}

function assertSame({ store }: TestModel, process: MemoryProcess): void {
  const keys = [...process.engine.rows("order")].map(([key]) => key).toSorted()
  const { sagas, total } = findSagas(store, { order: "key", limit: 200, count: true })
  assert.deepEqual(sagas.map(({ key }) => key), keys)
  assert.equal(total, keys.length)
  for (const item of sagas) {
    const seen = known(process, item.key)
    const { phase, state, startedMs, endedMs, reason, parked, attributes } = item
    const expected = [seen?.phase, seen?.state, seen?.startedMs, seen?.endedMs, seen?.reason, seen?.parked, seen?.attributes]
    assert.deepEqual([phase, state, startedMs, endedMs, reason, parked, attributes], expected, item.key)
    const { notes } = readSaga(store, "order", item.key) ?? {}
    assert.deepEqual(notes?.waits.map(({ sinceMs: _, ...wait }) => wait) ?? [], seen?.waits ?? [], `${item.key} waits`)
  }
  const parked = process.engine.parked().map(({ id }) => id).toSorted()
  assert.deepEqual(findParked(store, { limit: 500 }).parked.map(({ id }) => id).toSorted(), parked)
}

test("a read model says what the engine knows, and one that is built anew is the same, for random runs", async (t) => {
  for (let seed = 1; seed <= 6; seed += 1) {
    await t.test(`seed ${seed}`, async (run) => {
      const shop = ordersShop()
      const world = newWorld()
      const luck = seeded(seed)
      const first = await startInMemory(shop, world)
      const model = await modelOf(shop, world)
      run.after(() => model.close())
      await live(shop, world, first, luck, 60)
      await first.kill()
      const second = await startInMemory(shop, world)
      run.after(() => second.kill())
      await live(shop, world, second, luck, 60)
      await model.caughtUp()
      assertSame(model, second)
      const anew = await modelOf(shop, world)
      run.after(() => anew.close())
      await anew.caughtUp()
      assert.deepEqual(contentOf(anew), contentOf(model))
      assert.ok(contentOf(model).decision.length > 20 && contentOf(model).audit.length > 3, "the run has something to compare")
    })
  }
})

test("one that is built anew behind a compaction knows every saga, what it is found by and what is parked", async (t) => {
  const shop = ordersShop({ compactionBytesMin: 4_096, history: "none", partitions: 1 })
  const world = newWorld()
  const process = await startInMemory(shop, world)
  t.after(() => process.kill())
  await live(shop, world, process, seeded(7), 150)
  assert.ok((world.journal.records(0)[0]?.sequence ?? 0) > 1, "the oldest blocks are gone")
  const model = await modelOf(shop, world)
  t.after(() => model.close())
  await model.caughtUp()
  assertSame(model, process)
  const [ended] = findSagas(model.store, { phases: ["ended"], where: ["customer^=c-"] }).sagas
  assert.ok(ended !== undefined, "also those that have ended are found by their attributes")
})

test("a saga that is forgotten leaves nothing behind in the read model", async (t) => {
  const shop = ordersShop({ partitions: 1 })
  const world = newWorld()
  const process = await startInMemory(shop, world)
  t.after(() => process.kill())
  const model = await modelOf(shop, world)
  t.after(() => model.close())
  void askInMemory(shop, world, order.start("o-1", anOrder("c-1")))
  await askInMemory(shop, world, order.pause("o-1", author))
  await model.caughtUp()
  assert.equal(contentOf(model).attribute.length, 4)
  const { projector, store } = model
  await projector.stop()
  const { Projection } = await import("../../../runtime/read-model/projection.ts")
  const projection = new Projection(store, shop.shape.logics)
  const { encodeBlock, encodeEntry } = await import("../../../runtime/message/block.ts")
  const last = projection.applied.get(0)!
  const head = { v: 2, app: "shop", partition: 0, kind: "decisions" as const, low: {}, confirmed: {}, epoch: last.epoch }
  const chained = { ...head, incarnation: last.incarnation, number: last.number + 1, previous: last.digest, atMs: last.atMs }
  const gone = encodeEntry({ from: [], to: { service: "order", key: "o-1" }, gone: true, carry: { row: "order/o-1" } })
  assert.ok(projection.apply({ partition: 0, sequence: last.sequence + 1, bytes: encodeBlock(chained, [gone]) }))
  const { saga, attribute, decision } = contentOf(model)
  assert.deepEqual([saga, attribute, decision], [[], [], []])
})

test("a process that starts anew goes on where the last one was, and reads nothing twice", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "troupe-model-"))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, "model.sqlite")
  const shop = ordersShop()
  const world = newWorld()
  const process = await startInMemory(shop, world)
  t.after(() => process.kill())
  await live(shop, world, process, seeded(11), 40)
  const first = await modelOf(shop, world, { file })
  await first.caughtUp()
  await first.close()
  await live(shop, world, process, seeded(12), 40)
  const second = await modelOf(shop, world, { file })
  t.after(() => second.close())
  await second.caughtUp()
  assertSame(second, process)
  const { blocks, rebuilds } = second.projector.status()
  const all = [0, 1].reduce((sum, partition) => sum + world.journal.records(partition).length, 0)
  assert.ok(blocks < all && rebuilds === 0, `${blocks} of ${all} blocks`)
  const anew = await modelOf(shop, world)
  t.after(() => anew.close())
  await anew.caughtUp()
  assert.deepEqual(contentOf(second), contentOf(anew))
})

test("other journals under the same name, and blocks that are missing, make it begin anew", async (t) => {
  const shop = ordersShop({ partitions: 1 })
  const [old, fresh] = [newWorld(), newWorld()]
  const first = await startInMemory(shop, old)
  await live(shop, old, first, seeded(3), 40)
  await first.kill()
  const folder = await mkdtemp(join(tmpdir(), "troupe-model-"))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, "model.sqlite")
  const before = await modelOf(shop, old, { file })
  await before.caughtUp()
  await before.close()
  const process = await startInMemory(shop, fresh)
  t.after(() => process.kill())
  await live(shop, fresh, process, seeded(4), 60)
  const after = await modelOf(shop, fresh, { file })
  await after.caughtUp()
  assertSame(after, process)
  assert.equal(after.projector.status().rebuilds, 1)
  await after.close()
  // Behind the place that it has read to, more was deleted than it has seen.
  await live(shop, fresh, process, seeded(5), 40)
  const gap = memoryJournalFeed(fresh.journal, 1)
  const last = Number(fresh.journal.records(0).at(-3)?.sequence)
  fresh.journal.records(0).splice(0, fresh.journal.records(0).findIndex(({ sequence }) => sequence >= last))
  const cut = await modelOf(shop, fresh, { file, feed: gap })
  t.after(() => cut.close())
  await cut.caughtUp()
  assert.equal(cut.projector.status().rebuilds, 1)
})

test("a journal that cannot be read stops the read model, which says why and shows what it knows", async (t) => {
  const shop = ordersShop({ partitions: 1 })
  const world = newWorld()
  const process = await startInMemory(shop, world)
  await live(shop, world, process, seeded(2), 30)
  const model = await modelOf(shop, world)
  t.after(() => model.close())
  await model.caughtUp()
  const sagas = contentOf(model).saga.length
  await process.kill()
  const sequence = (world.journal.records(0).at(-1)?.sequence ?? 0) + 1
  world.journal.records(0).push({ sequence, bytes: Buffer.from('{"v":99}') })
  while (model.projector.status().state !== "stopped") await new Promise((resolve) => setImmediate(resolve))
  assert.match(model.projector.status().reason ?? "", /newer member/)
  assert.equal(contentOf(model).saga.length, sagas)
})

test("sagas are found by attribute, phase, key, time, reason and what they wait for; pages hold each once", async (t) => {
  const shop = ordersShop()
  const world = newWorld()
  const process = await startInMemory(shop, world)
  t.after(() => process.kill())
  const ask = (command: Parameters<typeof askInMemory>[2]) => askInMemory(shop, world, command)
  await ask(stock.fill("P1", { units: 30 }))
  for (let n = 0; n < 30; n += 1)
    void ask(order.start(`o-${n}`, anOrder(`c-${n % 3}`, n * 1_000, n === 7 ? "P9" : "P1", cities[n % 3])))
  for (let n = 0; n < 5; n += 1) await ask(order.signal(`o-${n}`, "approval", { by: "bob" }))
  await ask(order.kill("o-29", author))
  await process.until(() => process.engine.isIdle())
  const model = await modelOf(shop, world)
  t.after(() => model.close())
  await model.caughtUp()
  const keys = (query: SagaQuery) =>
    findSagas(model.store, { limit: 200, order: "key", ...query }).sagas.map(({ key }) => key)
  assert.equal(keys({ where: ["customer=c-1"] }).length, 10)
  assert.deepEqual(keys({ where: ["cents>=28000"] }), ["o-28", "o-29"])
  assert.deepEqual(keys({ where: ["cents=5000"] }), ["o-5"])
  assert.deepEqual(keys({ where: ["big=false", "city^=Ba"] }), ["o-1", "o-4"])
  assert.deepEqual(keys({ where: ["city>=Chur", "cents<3000"] }), ["o-2"])
  assert.deepEqual(keys({ phases: ["compensated"] }), ["o-7"])
  assert.deepEqual(keys({ reason: "out-of-stock" }), ["o-7"])
  assert.deepEqual(keys({ phases: ["killed", "completed"] }), ["o-29"])
  assert.deepEqual(keys({ key: "o-2*", phases: ["ended"] }), ["o-29"])
  assert.equal(keys({ waitsFor: "approval" }).length, 23)
  assert.deepEqual(keys({ waitsFor: "courier" }), ["o-0", "o-1", "o-2", "o-3", "o-4"])
  assert.equal(keys({ state: "courier" }).length, 5)
  assert.equal(keys({ phases: ["live"], stuckSinceMs: Date.now() + 1 }).length, 28)
  assert.equal(keys({ stuckSinceMs: 1 }).length, 0)
  const paged: string[] = []
  for (let cursor: string | undefined, more = true; more; ) {
    const page = findSagas(model.store, { limit: 7, ...(cursor === undefined ? {} : { cursor }) })
    paged.push(...page.sagas.map(({ key }) => key))
    cursor = page.next
    more = cursor !== undefined
  }
  assert.deepEqual([paged.length, new Set(paged).size], [30, 30])
  for (const where of ["customer", "9=1", "=x"])
    assert.throws(() => findSagas(model.store, { where: [where] }), /is no condition/)
  assert.throws(() => findSagas(model.store, { cursor: "x" }), /cursor/)
})

test("parked records are grouped by cause, and who ordered what is kept", async (t) => {
  const shop = ordersShop()
  const world = newWorld()
  const process = await startInMemory(shop, world)
  t.after(() => process.kill())
  for (let n = 0; n < 4; n += 1)
    await askInMemory(shop, world, desk.note(`d-${n}`, { text: `note ${n}`, amount: -1 - n }))
  const operator = operateInMemory(shop, world)
  const model = await modelOf(shop, world)
  t.after(() => model.close())
  await model.caughtUp()
  const [group, ...others] = groupParked(model.store)
  assert.deepEqual([others.length, group?.count, group?.code, group?.name], [0, 4, "HANDLER_THREW", "note"])
  assert.match(group?.cause ?? "", /^note "…" has the amount -?…$/)
  const [newest] = findParked(model.store, { limit: 1 }).parked
  const { id, partition } = newest!
  assert.equal(await operator.redrive({ id, partition, payload: { text: "mended", amount: 3 } }, author), 1)
  await operator.discard({ code: "HANDLER_THREW" }, { by: "bob", why: "no use" })
  await model.caughtUp()
  assert.deepEqual(findParked(model.store, {}).parked, [])
  assert.equal(readParked(model.store, 0, "none"), undefined)
  const { orders } = findOrders(model.store, {})
  assert.deepEqual(new Set(orders.map(({ action, by }) => `${by} ${action}`)), new Set(["ann redrive", "bob discard"]))
  assert.deepEqual(orders.filter(({ isEdited }) => isEdited).map(({ ids }) => ids), [[newest!.id]])
  const counts = readRates(model.store, 0, 60_000).map((rate) => rate.counts["parked"] ?? 0)
  assert.equal(counts.reduce((sum, count) => sum + count, 0), 4)
})

test("where a saga's decisions are is known, with how it stood after each", async (t) => {
  const shop = ordersShop()
  const world = newWorld()
  const process = await startInMemory(shop, world)
  t.after(() => process.kill())
  const ask = (command: Parameters<typeof askInMemory>[2]) => askInMemory(shop, world, command)
  await ask(stock.fill("P1", { units: 3 }))
  void ask(order.start("o-1", anOrder("c-1")))
  await ask(order.signal("o-1", "approval", { by: "bob" }))
  await process.until(() => process.engine.isIdle())
  await ask(order.cancel("o-1", author))
  await process.until(() => process.engine.isIdle())
  const model = await modelOf(shop, world)
  t.after(() => model.close())
  await model.caughtUp()
  const saga = readSaga(model.store, "order", "o-1")!
  assert.equal(saga.item.phase, "compensated")
  const spots = readDecisions(model.store, saga.id, undefined, 100)
  const states = spots.toReversed().map(({ phase, text }) => `${phase} ${text}`)
  assert.equal(states.at(-1), "compensated compensated")
  assert.ok(states.includes("running charge") || states.includes("running courier"), states.join("; "))
  assert.ok(states.some((state) => state.startsWith("compensating")), states.join("; "))
})
