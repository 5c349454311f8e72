// Rates: how often handlers may call the outside. The clock is virtual, and every call is noted with its time.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { app, done, type FlowControlOptions, InvalidInput, service } from "../../../runtime/index.ts"
import { limits } from "../../../runtime/kernel/limits.ts"
import { askInMemory, type MemoryProcess, newWorld, operateInMemory, startInMemory } from "../../../runtime/testing/index.ts"
import { type Call, inOrder, mailApp, mostWithin, textsOf } from "../../support/mail-app.ts"

const Text = Schema.toStandardSchemaV1(Schema.Struct({ text: Schema.String }))

const killAll = (processes: readonly MemoryProcess[]) => Promise.all(processes.map((process) => process.kill()))

test("a rate holds in every window, for retries too; nothing is lost, each key's records keep their order", async (t) => {
  const outage = (call: Call) => call.atMs > 1_500 && call.atMs < 3_000
  const { start, send, calls, pass, answered } = await mailApp({ rate: { calls: 10, per: "1 second" } }, outage)
  const process = await start()
  t.after(() => process.kill())
  send(60, (n) => `k${n % 7}`)
  await pass(20_000, 20)
  assert.equal(answered.length, 60)
  assert.ok(calls.length > 60, "some were tried again")
  assert.equal(mostWithin(calls, 1_000), 10)
  for (const texts of textsOf(calls).values()) inOrder(texts)
})

test("a rate holds for all processes of the app together, also while one takes over from another that died", async (t) => {
  const { start, send, calls, pass, answered } = await mailApp({ rate: { calls: 10, per: "1 second" } })
  const processes = await Promise.all([start(), start()])
  t.after(() => killAll(processes))
  await pass(2 * limits.memberBeatMs)
  assert.ok(processes.every(({ engine }) => engine.owned().length === 2), "both have their share")
  send(80, (n) => `k${n % 16}`)
  await pass(3_050, 25)
  await processes[0].kill()
  const before = calls.length
  await pass(20_000, 25)
  assert.ok(before >= 20 && before <= 40, `${before} before the end of one`)
  assert.equal(mostWithin(calls, 1_000), 10)
  assert.equal(answered.length, 80)
  for (const texts of textsOf(calls).values()) inOrder(texts)
})

test("what a rate allows is used: at least four fifths of it, over a minute and in two processes", async (t) => {
  const { start, send, calls, pass } = await mailApp({ rate: { calls: 20, per: "1 second" } })
  const processes = await Promise.all([start(), start()])
  t.after(() => killAll(processes))
  await pass(2 * limits.memberBeatMs)
  const from = calls.length
  send(1_500)
  await pass(60_000, 20)
  assert.ok(calls.length - from >= 0.8 * 20 * 60, `${calls.length - from} calls in a minute`)
  assert.ok(mostWithin(calls, 1_000) <= 20)
})

test("a burst is smaller than the whole, and both hold", async (t) => {
  const { start, send, calls, pass } = await mailApp({ rate: { calls: 10, per: "1 second", burst: 4 } })
  const process = await start()
  t.after(() => process.kill())
  send(50)
  await pass(10_000, 20)
  assert.equal(calls.length, 50)
  assert.ok(mostWithin(calls, 1_000) <= 10)
  assert.equal(mostWithin(calls, 500), 4)
})

test("a rate per key holds for each key, also through a take-over, and keys do not wait for each other", async (t) => {
  const { start, send, calls, pass, answered } = await mailApp({ perKey: { rate: { calls: 2, per: "1 second" } } })
  const first = await start()
  send(40, (n) => `k${n % 4}`)
  await pass(1_500, 25)
  await first.kill()
  const second = await start()
  t.after(() => second.kill())
  await pass(15_000, 25)
  assert.equal(answered.length, 40)
  assert.equal(calls.length, 40)
  for (const key of ["k0", "k1", "k2", "k3"]) {
    assert.equal(mostWithin(calls.filter((call) => call.key === key), 1_000), 2, key)
  }
  assert.equal(mostWithin(calls, 1_000), 8, "the keys together")
  for (const texts of textsOf(calls).values()) inOrder(texts)
})

test("R6: 3,000 records that wait for a rate do not hold up a pure service, and a kill loses none of them", async (t) => {
  const flow: FlowControlOptions = { rate: { calls: 2, per: "1 second" } }
  const { start, send, calls, pass, world, shape, order } = await mailApp(flow, () => false, 1)
  const first = await start()
  send(3_000)
  await pass(2_000, 100)
  const place = (n: number) => askInMemory(shape, world, order.place("a", { text: String(n) }))
  const placing = Promise.all([place(1), place(2)])
  await pass(500, 100)
  assert.deepEqual(await placing, [1, 2].map((value) => ({ type: "done", value })))
  const { gauges } = first.engine.metrics()
  const mailbox = gauges.reduce((sum, gauge) => sum + gauge.mailbox, 0)
  assert.equal(mailbox + calls.length, 3_000)
  await first.kill()
  const second = await start()
  t.after(() => second.kill())
  await pass(3_000, 100)
  const waiting = second.engine.metrics().gauges.reduce((sum, gauge) => sum + gauge.mailbox, 0)
  assert.equal(waiting + new Set(calls.map(({ text }) => text)).size, 3_000)
})

test("a record whose time runs out while it waits for its turn is parked, and calls nothing", async (t) => {
  const { start, send, calls, pass, world, shape, mail } = await mailApp({ rate: { calls: 1, per: "10 seconds" } })
  const process = await start()
  t.after(() => process.kill())
  send(1)
  await pass(200)
  const late = askInMemory(shape, world, mail.send("late", { text: "late" }), { expiresMs: 5_000 })
  await pass(20_000)
  assert.partialDeepStrictEqual(await late, { type: "faulted", code: "EXPIRED" })
  assert.deepEqual(calls.map(({ text }) => text), ["t0"])
})

test("a process that is told to end does not wait for what waits for a rate: another goes on with it, in order", async (t) => {
  const { start, send, calls, pass, answered } = await mailApp({ rate: { calls: 5, per: "1 second" } })
  const first = await start()
  send(30, (n) => `k${n % 3}`)
  await pass(1_500)
  const draining = Effect.runPromise(first.engine.drain())
  await pass(1_000)
  assert.equal(await draining, true, "nothing was under way")
  await first.kill()
  const second = await start()
  t.after(() => second.kill())
  await pass(15_000)
  assert.equal(answered.length, 30)
  assert.equal(calls.length, 30)
  assert.ok(mostWithin(calls, 1_000) <= 5)
  for (const texts of textsOf(calls).values()) inOrder(texts)
})

test("an operator pauses a service that does I/O, everywhere and through a restart, and lets it go on in order", async (t) => {
  const { start, send, calls, pass, world, shape, answered } = await mailApp({})
  const operator = operateInMemory(shape, world)
  const first = await start()
  const author = { by: "op", why: "they move house" }
  const pausing = operator.pause("mail", author)
  await pass(500)
  await pausing
  send(20, (n) => `k${n % 5}`)
  await pass(2_000)
  await first.kill()
  const second = await start()
  t.after(() => second.kill())
  await pass(2_000)
  assert.deepEqual(calls, [])
  const resuming = operator.resume("mail", author)
  await pass(500)
  await resuming
  await pass(500)
  assert.equal(answered.length, 20)
  for (const texts of textsOf(calls).values()) inOrder(texts)
  const orders = operator.orders()
  await pass(200)
  assert.deepEqual((await orders).map(({ action, ids, by, why }) => [action, ids[0], by, why]), [
    ...Array.from({ length: 4 }, () => ["pause", "mail", "op", "they move house"]),
    ...Array.from({ length: 4 }, () => ["resume", "mail", "op", "they move house"]),
  ])
  const wrong = assert.rejects(operator.pause("order", author), /has handlers that do I\/O/)
  await pass(200)
  await wrong
})

test("an actor of a pure service that waits for an operator has no flow, and holds nobody up", async (t) => {
  const counter = service("counter", { state: () => ({ sum: 0 }), onPark: "wait" }).command("add", Text, (state, { text }) => {
    if (text === "bad") throw new Error("unlucky")
    return done({ sum: state.sum + 1 }, null)
  })
  const shape = app("counters", { namespace: "test", partitions: 1, services: [counter] })
  const world = newWorld()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  for (const text of ["bad", "behind"]) void askInMemory(shape, world, counter.add("a", { text }))
  assert.equal((await askInMemory(shape, world, counter.add("b", { text: "good" }))).type, "done")
  assert.equal(process.engine.parked().length, 1)
})

test("a flow that cannot be kept is refused where it is stated", () => {
  const stating = (flow: FlowControlOptions) => () => service("mail", { state: () => ({}), ...flow })
  assert.throws(stating({ rate: { calls: 0, per: "1 second" } }), InvalidInput)
  assert.throws(stating({ rate: { calls: 5, per: 99 } }), InvalidInput)
  assert.throws(stating({ rate: { calls: 5, per: "1 second", burst: 6 } }), InvalidInput)
  assert.throws(stating({ rate: { calls: 100, per: "1 second", burst: 1 } }), /a burst is at least 100 ms/)
  assert.throws(stating({ perKey: { rate: { calls: 1.5, per: "1 second" } } }), InvalidInput)
  assert.throws(stating({ breaker: { failures: 0 } }), InvalidInput)
  assert.throws(stating({ breaker: { share: 1.1 } }), InvalidInput)
  assert.throws(stating({ breaker: { openFor: 0 } }), InvalidInput)
  assert.throws(stating({ concurrency: 0 }), InvalidInput)
})
