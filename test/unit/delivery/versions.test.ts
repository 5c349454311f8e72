// Contracts over time: what an earlier release wrote is brought up to date when it is read, what a later one wrote waits.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { app, done, effectful, event, type Json, refused, service } from "../../../runtime/index.ts"
import { factHeaders } from "../../../runtime/message/fact.ts"
import { upcast, versionsOf } from "../../../runtime/message/versions.ts"
import { askInMemory, newWorld, operateInMemory, startInMemory, type World } from "../../../runtime/testing/index.ts"
import { saga } from "../../../sagas/index.ts"

const Ordered1 = Schema.toStandardSchemaV1(Schema.Struct({ cents: Schema.Int }))
const Price = Schema.Struct({ cents: Schema.Int, currency: Schema.String })
const Ordered3 = Schema.toStandardSchemaV1(Schema.Struct({ price: Price }))

const object = (old: Json) => old as Record<string, Json> // cast: the tests write objects only

const Ordered = event("Ordered", Ordered3, {
  version: 3,
  upcast: {
    1: (old) => ({ amount: object(old)["cents"] }),
    2: (old) => ({ price: { cents: object(old)["amount"], currency: "EUR" } }),
  },
})
const tally = service("tally", { state: () => ({ seen: "" }) }).on(Ordered, () => "all", ({ seen }, { price }) =>
  done({ seen: `${seen}${price.cents}${price.currency} ` }),
)
const reader = app("reader", { namespace: "test", partitions: 1, services: [tally] })
const seen = (process: { engine: { row(at: { service: string; key: string }): { state: Json | undefined } | undefined } }) =>
  process.engine.row({ service: "tally", key: "all" })?.state

/** An event as another app published it. */
function publish(world: World, payload: Json, version?: number): void {
  const address = { service: "shop", key: "1" }
  const id = `e${world.next()}`
  const base = { type: "event", to: address, name: "Ordered", payload, id, source: "shop", subject: "1", timeMs: 0 } as const
  const message = version === undefined ? base : { ...base, version }
  const headers = factHeaders(message, { incarnation: "x", source: 0, eventPartition: 0, number: 1 }, (ms) => `time ${ms}`)
  const { "troupe-mark": _, ...foreign } = headers
  world.streams.store("events", 0, Buffer.from(JSON.stringify(payload)), foreign)
}

test("an event of any older version is brought up to date step by step, and checked after that", async (t) => {
  const world = newWorld()
  const process = await startInMemory(reader, world)
  t.after(() => process.kill())
  publish(world, { cents: 1 })
  publish(world, { amount: 2 }, 2)
  publish(world, { price: { cents: 3, currency: "USD" } }, 3)
  publish(world, { price: { cents: 4, currency: "USD" } }, 1)
  await process.until(() => process.engine.parked().length === 1)
  await process.until(() => JSON.stringify(seen(process)) === '{"seen":"1EUR 2EUR 3USD "}')
  assert.equal(process.engine.parked()[0]?.code, "SCHEMA_MISMATCH")
})

test("an emitted event carries its version as a CloudEvents attribute, and version 1 says nothing", async (t) => {
  const Plain = event("Plain", Ordered1)
  const shop = service("shop", { state: () => ({}) }).command("order", Ordered1, (state, { cents }) =>
    done(state, null, [Ordered({ price: { cents, currency: "EUR" } }), Plain({ cents })]),
  )
  const both = app("shop", { namespace: "test", partitions: 1, services: [shop, tally] })
  const world = newWorld()
  const process = await startInMemory(both, world)
  t.after(() => process.kill())
  await askInMemory(both, world, shop.order("1", { cents: 5 }))
  await process.until(() => JSON.stringify(seen(process)) === '{"seen":"5EUR "}')
  const versions = world.streams.stored("events", 0).map(({ headers }) => headers["ce-dataversion"])
  assert.deepEqual(versions, ["3", undefined])
})

test("an event of a newer version is parked, and the release that reads it takes it when it is redriven", async () => {
  const world = newWorld()
  const Older = event("Ordered", Ordered1)
  const older = service("tally", { state: () => ({ seen: "" }) }).on(Older, () => "all", (state) => done(state))
  const before = app("reader", { namespace: "test", partitions: 1, services: [older] })
  const process = await startInMemory(before, world)
  publish(world, { price: { cents: 7, currency: "EUR" } }, 3)
  await process.until(() => process.engine.parked().length === 1)
  assert.match(process.engine.parked()[0]?.message ?? "", /event Ordered has version 3, and this release reads up to 1/)
  assert.equal(process.engine.parked()[0]?.code, "NEWER_VERSION")
  await process.kill()
  const next = await startInMemory(reader, world)
  const count = await operateInMemory(reader, world).redrive({ code: "NEWER_VERSION" }, { by: "ops", why: "deployed" })
  await next.until(() => JSON.stringify(seen(next)) === '{"seen":"7EUR "}')
  assert.equal(count, 1)
  await next.kill()
})

test("an upcaster that throws, a version that is too old and one that is none park the event", async (t) => {
  const Fragile = event("Ordered", Ordered3, {
    version: 3,
    upcast: {
      2: () => {
        throw new TypeError("no price")
      },
    },
  })
  const fragile = service("tally", { state: () => ({}) }).on(Fragile, () => "all", (state) => done(state))
  const shape = app("reader", { namespace: "test", partitions: 1, services: [fragile] })
  const world = newWorld()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  publish(world, {}, 2)
  publish(world, {})
  publish(world, {}, 0)
  await process.until(() => process.engine.parked().length === 3)
  const parked = process.engine.parked().map(({ code, message }) => `${code} ${message}`)
  assert.match(parked[0] ?? "", /^UPCAST_FAILED event Ordered: the step from version 2 to 3 threw \(no price\)/)
  assert.match(parked[1] ?? "", /^VERSION_TOO_OLD event Ordered has version 1, and there is no upcaster/)
  assert.match(parked[2] ?? "", /^MALFORMED_EVENT/)
})

const Pieces = Schema.toStandardSchemaV1(Schema.Struct({ pieces: Schema.Int }))
const toPieces = { 1: (old: Json) => ({ pieces: object(old)["units"] }) }
const Units = Schema.toStandardSchemaV1(Schema.Struct({ units: Schema.Int }))
const Nothing = Schema.toStandardSchemaV1(Schema.Struct({}))

const stock1 = service("stock", { state: () => ({ left: 10 }) })
  .command("take", Units, ({ left }, { units }) => done({ left: left - units }, left - units))
  .undo("putBack", "take", ({ left }, { units }) => done({ left: left + units }, null))
const stock2 = service("stock", { state: () => ({ left: 10 }) })
  .command("take", Pieces, ({ left }, { pieces }) => done({ left: left - pieces }, left - pieces), {
    version: 2,
    upcast: toPieces,
  })
  .undo("putBack", "take", ({ left }, { pieces }) => done({ left: left + pieces }, null))

test("a command that the last release sent is brought up to date, and its undo is told what the handler was told", async () => {
  const gate = (open: boolean) =>
    service("gate", { state: () => ({}) }).command(
      "pass",
      Nothing,
      effectful(() => (open ? refused("closed") : new Promise<never>(() => {}))),
    )
  const order = (stock: typeof stock1) =>
    saga("order", { input: Nothing, version: 1 })
      .step("take", { run: ({ sagaId }) => stock.take(sagaId, { units: 3 }), undo: ({ sagaId }) => stock.putBack(sagaId) })
      .step("pass", { run: ({ sagaId }) => gate(true).pass(sagaId, {}), undo: "nothing" })
  const before = app("shop", { namespace: "test", partitions: 1, services: [stock1, gate(false), order(stock1)] })
  const world = newWorld()
  const old = await startInMemory(before, world)
  const ended = askInMemory(before, world, order(stock1).start("1", {}))
  await old.until(() => JSON.stringify(old.engine.row({ service: "stock", key: "1" })?.state) === '{"left":7}')
  await old.kill()
  // It was stored before anybody of the new release was there.
  const late = askInMemory(before, world, stock1.take("2", { units: 4 }))
  const after = app("shop", { namespace: "test", partitions: 1, services: [stock2, gate(true), order(stock1)] })
  const next = await startInMemory(after, world)
  assert.deepEqual(await late, { type: "done", value: 6 })
  assert.equal((await ended).type, "done")
  assert.deepEqual(next.engine.row({ service: "stock", key: "1" })?.state, { left: 10 })
  assert.deepEqual(await askInMemory(after, world, stock2.take("2", { pieces: 1 })), { type: "done", value: 5 })
  assert.deepEqual(next.engine.parked(), [])
  await next.kill()
})

test("a saga that waits for an event is given an older version brought up to date", async (t) => {
  const wait = saga("wait", { input: Nothing, version: 1 })
    .awaitEvent("ordered", Ordered, { key: () => "1" })
    .returns(({ ordered }) => `${ordered.price.cents} ${ordered.price.currency}`)
  const shape = app("waiters", { namespace: "test", partitions: 1, services: [wait] })
  const world = newWorld()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  const ended = askInMemory(shape, world, wait.start("1", {}))
  await process.until(() => process.engine.row({ service: "wait", key: "1" }) !== undefined)
  publish(world, { cents: 6 })
  const outcome = await ended
  assert.equal(outcome.type === "done" && JSON.stringify(outcome.value).includes('"6 EUR"'), true)
})

test("steps that lead nowhere and versions that are none are refused when the contract is declared", () => {
  const step = (old: Json) => old
  assert.throws(() => versionsOf({ version: 3, upcast: { 1: step } }, "event A"), /upcaster from version 1 leads nowhere/)
  assert.throws(() => versionsOf({ version: 1, upcast: { 1: step } }, "event A"), /from version 1 leads nowhere/)
  assert.throws(() => versionsOf({ version: 1.5 }, "event A"), /version 1.5 is not a whole number/)
  assert.throws(() => versionsOf({ version: 0 }, "event A"), /version 0 is not a whole number/)
  assert.equal(versionsOf({ version: 3, upcast: { 2: step } }, "event A").reads, 2)
  assert.deepEqual(upcast(versionsOf({ version: 2, upcast: { 1: () => 8 } }, "A"), 7), 8)
})
