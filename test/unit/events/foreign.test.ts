// Events of publishers that no engine is: what tells a repetition is their source and id (R22), and a payment is made once.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { app, done, effectful, event, InvalidInput, NotAccepted, query, service } from "../../../runtime/index.ts"
import { limits } from "../../../runtime/kernel/limits.ts"
import { partitionOf } from "../../../runtime/message/key.ts"
import { Client } from "../../../runtime/host/client.ts"
import { memoryEdge, type SubmitFault } from "../../../runtime/memory/edge.ts"
import { askInMemory, newWorld, publishInMemory, startInMemory, type World } from "../../../runtime/testing/index.ts"
import { saga } from "../../../sagas/index.ts"

const Amount = Schema.toStandardSchemaV1(Schema.Struct({ cents: Schema.Int }))
const Paid = event("Paid", Amount)

function ledger() {
  const charges: string[] = []
  const account = service("account", { state: () => ({ cents: 0, count: 0 }) })
    .on(Paid, (_, subject) => subject, ({ cents, count }, paid) => done({ cents: cents + paid.cents, count: count + 1 }))
    .command(
      "charge",
      Amount,
      effectful(async ({ cents, count }, paid, { idempotencyKey }) => {
        charges.push(idempotencyKey)
        return done({ cents: cents - paid.cents, count: count + 1 }, charges.length)
      }),
    )
  const shape = app("ledger", { namespace: "test", partitions: 4, services: [account] })
  return { charges, account, shape, world: newWorld() }
}

type Process = Awaited<ReturnType<typeof startInMemory>>
const accountOf = (process: Process, key: string) => process.engine.row({ service: "account", key })?.state
const storedFor = ({ streams }: World, key: string) => streams.stored("events", partitionOf(key, 4))

test("R22: the same id from the same source is one event in effect, across a crash too; another source is another", async (t) => {
  const { shape, world } = ledger()
  const first = await startInMemory(shape, world)
  const publish = (id: string, source?: string) =>
    publishInMemory(shape, world, Paid({ cents: 5 }), { id, key: "a", ...(source === undefined ? {} : { source }) })
  assert.equal(await publish("p-1"), "p-1")
  await publish("p-1")
  await first.until(() => JSON.stringify(accountOf(first, "a")) === '{"cents":5,"count":1}')
  await first.kill()
  const second = await startInMemory(shape, world)
  t.after(() => second.kill())
  for (const [id, source] of [["p-1"], ["p-1", "till"], ["p-2"], ["p-2"]] as const) await publish(id, source)
  await second.until(() => JSON.stringify(accountOf(second, "a")) === '{"cents":15,"count":3}')
  await publish("p-3")
  await second.until(() => JSON.stringify(accountOf(second, "a")) === '{"cents":20,"count":4}')
  assert.equal(storedFor(world, "a").length, 7)
})

test("R22: an actor remembers the last ids that came from outside, and no more", async (t) => {
  const { shape, world } = ledger()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  for (let n = 0; n <= limits.askedPerActorMax; n += 1) {
    await publishInMemory(shape, world, Paid({ cents: 1 }), { id: `p-${n}`, key: "a" })
  }
  const count = limits.askedPerActorMax + 1
  await process.until(() => JSON.stringify(accountOf(process, "a")) === JSON.stringify({ cents: count, count }))
  assert.equal(process.engine.row({ service: "account", key: "a" })?.asked.size, limits.askedPerActorMax)
})

test("an event in structured mode, and one with attributes that need no encoding, are read like any other", async (t) => {
  const { shape, world } = ledger()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  const whole = { specversion: "1.0", id: "s-1", source: "urn:shop:till", type: "Paid", subject: "a", data: { cents: 7 } }
  const store = (body: object, headers: Readonly<Record<string, string>>) =>
    world.streams.store("events", partitionOf("a", 4), Buffer.from(JSON.stringify(body)), headers)
  store(whole, { "content-type": "application/cloudevents+json; charset=utf-8" })
  store({ cents: 1 }, { "ce-id": "b 1", "ce-source": "/till", "ce-type": "Paid", "ce-subject": "a" })
  await process.until(() => JSON.stringify(accountOf(process, "a")) === '{"cents":8,"count":2}')
  store({ cents: 1 }, { "ce-id": "b%201", "ce-source": "/till", "ce-type": "Paid", "ce-subject": "a" })
  store(whole, { "content-type": "text/plain" })
  store({ cents: 1 }, { "ce-id": "c", "ce-source": "/till", "ce-type": "Paid", "ce-subject": "a", "ce-expirytime": "soon" })
  await process.until(() => process.engine.parked().length === 2)
  assert.deepEqual(accountOf(process, "a"), { cents: 8, count: 2 })
  assert.deepEqual(
    process.engine.parked().map(({ code }) => code),
    ["MALFORMED_EVENT", "MALFORMED_EVENT"],
  )
})

test("R13: an event that is too large for a block is parked, and those behind it are handled", async (t) => {
  const { shape, world } = ledger()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  const large = { cents: 1, note: "x".repeat(limits.inputBytesMax) }
  const headers = { "ce-id": "l", "ce-source": "/till", "ce-type": "Paid", "ce-subject": "a" }
  world.streams.store("events", partitionOf("a", 4), Buffer.from(JSON.stringify(large)), headers)
  await publishInMemory(shape, world, Paid({ cents: 5 }), { key: "a" })
  await process.until(() => JSON.stringify(accountOf(process, "a")) === '{"cents":5,"count":1}')
  const [parked] = process.engine.parked()
  assert.equal(parked?.code, "EVENT_TOO_LARGE")
  assert.ok(process.blocks.every(({ bytes }) => bytes < limits.blockBytesMax))
})

test("an event without an acknowledgement is NotAccepted, and may be published again with its id", async (t) => {
  const { shape, world } = ledger()
  let fault: SubmitFault = "stored"
  const client = new Client(memoryEdge(world.streams, { faults: () => fault }), 4)
  t.after(() => client.close())
  await assert.rejects(client.publish(Paid({ cents: 5 }), { id: "p-1", key: "a" }), NotAccepted)
  fault = "none"
  await client.publish(Paid({ cents: 5 }), { id: "p-1", key: "a" })
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  await client.publish(Paid({ cents: 1 }), { id: "p-2", key: "a" })
  await process.until(() => JSON.stringify(accountOf(process, "a")) === '{"cents":6,"count":2}')
  await assert.rejects(client.publish(Paid({ cents: 5 })), InvalidInput, "it is about nothing")
  await assert.rejects(client.publish({ name: "Paid", payload: { cents: Number.NaN } }, { key: "a" }), InvalidInput)
})

test("45: the same payment id five times in parallel and once after a crash: one charge, the rest get its answer", async (t) => {
  const { charges, account, shape, world } = ledger()
  const charge = () => askInMemory(shape, world, account.charge("card", { cents: 9 }), "payment-1")
  const first = await startInMemory(shape, world)
  const outcomes = await Promise.all(Array.from({ length: 5 }, charge))
  await first.kill()
  const second = await startInMemory(shape, world)
  t.after(() => second.kill())
  outcomes.push(await charge())
  assert.deepEqual(outcomes, Array.from({ length: 6 }, () => ({ type: "done", value: 1 })))
  assert.deepEqual(charges, ["payment-1"])
  assert.deepEqual(accountOf(second, "card"), { cents: -9, count: 1 })
})

test("R22, R18: a saga takes a foreign event once, and the ids that it remembers are forgotten with it", async (t) => {
  const input = Schema.toStandardSchemaV1(Schema.Struct({}))
  const wait = saga("wait", { input, version: 1, keep: 0 })
    .awaitEvent("paid", Paid, { key: (_, subject) => subject })
    .awaitEvent("more", Paid, { key: (_, subject) => subject, when: ({ cents }) => cents === 2 })
  const shape = app("waits", { namespace: "test", partitions: 1, services: [wait], compactionBytesMin: 4096 })
  const world = newWorld()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  const publish = (key: string, id: string, cents: number) => publishInMemory(shape, world, Paid({ cents }), { id, key })
  const rememberedBy = (key: string) => process.engine.row({ service: "wait", key })?.asked.size
  const first = askInMemory(shape, world, wait.start("s-0", {}))
  await process.until(() => process.engine.row({ service: "wait", key: "s-0" }) !== undefined)
  for (const id of ["p-1", "p-1"]) await publish("s-0", id, 2)
  await process.until(() => rememberedBy("s-0") === 1)
  // Asked last, so it is answered when both have come to the saga.
  for (let n = 0; n < 2; n += 1) await askInMemory(shape, world, query("wait", "s-0"))
  assert.ok(!JSON.stringify(process.engine.row({ service: "wait", key: "s-0" })?.state).includes('"ended"'))
  await publish("s-0", "p-2", 2)
  const outcome = await first
  assert.equal(outcome.type, "done")
  for (let n = 1; n < 60; n += 1) {
    const ended = askInMemory(shape, world, wait.start(`s-${n}`, {}))
    await process.until(() => process.engine.row({ service: "wait", key: `s-${n}` }) !== undefined)
    for (const id of ["a", "b"]) await publish(`s-${n}`, `${id}-${n}`, 2)
    await ended
  }
  await process.until(() => [...process.engine.rows("wait")].length < 30)
  assert.equal(rememberedBy("s-0"), undefined)
})
