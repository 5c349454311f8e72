// When an event is handled: not before it is due, not after it has expired, and urgent ones first (scenarios 47, 48, 49).
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { app, cancelDelayed, deliver, done, effectful, event, InvalidInput, service } from "../../../runtime/index.ts"
import { RecordQueue } from "../../../runtime/delivery/record-queue.ts"
import type { EventMessage } from "../../../runtime/message/message.ts"
import {
  askInMemory, newWorld, operateInMemory, publishInMemory, startInMemory, virtualClock,
} from "../../../runtime/testing/index.ts"

const Text = Schema.toStandardSchemaV1(Schema.Struct({ text: Schema.String }))
const Reminder = event("Reminder", Text, { key: ({ text }) => text })
const Job = event("Job", Text, { key: ({ text }) => text })
const Wish = Schema.toStandardSchemaV1(
  Schema.Struct({ text: Schema.String, afterMs: Schema.optionalKey(Schema.Int), forMs: Schema.optionalKey(Schema.Int) }),
)

function office() {
  const heard: (readonly [text: string, atMs: number])[] = []
  const order: string[] = []
  let open: () => void = () => undefined
  const gate = new Promise<void>((resolve) => (open = resolve))
  const desk = service("desk", { state: () => 0 }).command("wish", Wish, (state, { text, afterMs, forMs }, { nowMs }) =>
    done(state + 1, null, [
      deliver(Reminder({ text }), {
        ...(afterMs === undefined ? {} : { dueMs: nowMs + afterMs }),
        ...(forMs === undefined ? {} : { expiresMs: nowMs + forMs }),
      }),
    ]),
  )
  const clerk = service("clerk", { state: () => 0, concurrency: 1 })
    .on(Reminder, ({ text }) => text, (state, { text }, { nowMs }) => {
      heard.push([text, nowMs])
      return done(state + 1)
    })
    .on(
      Job,
      (_, subject) => subject,
      effectful(async (state, { text }) => {
        await gate
        order.push(text)
        return done(state + 1)
      }),
    )
  const shape = app("office", { namespace: "test", partitions: 1, services: [desk, clerk] })
  return { heard, order, open: () => open(), desk, shape, world: newWorld() }
}

test("47: an event that is due in 2 s is handled after 2.0 to 2.25 s, and not before", async (t) => {
  const { heard, desk, shape, world } = office()
  const time = await virtualClock()
  const starting = startInMemory(shape, world, { clock: time.clock })
  await time.pass(200)
  const process = await starting
  t.after(() => process.kill())
  void askInMemory(shape, world, desk.wish("d", { text: "tea", afterMs: 2_000 }))
  await time.pass(100, 1)
  const setMs = time.clock.currentTimeMillisUnsafe()
  await time.pass(1_850)
  assert.deepEqual(heard, [])
  await time.pass(400)
  const [[text, atMs] = ["", 0]] = heard
  assert.equal(text, "tea")
  assert.ok(atMs >= setMs - 100 + 2_000 && atMs <= setMs + 2_250, `handled at ${atMs}, asked for before ${setMs}`)
  assert.equal(heard.length, 1)
})

test("47: a delayed event outlives its process: it is handled within 250 ms after the next is ready, once", async (t) => {
  const { heard, shape, world } = office()
  const first = await startInMemory(shape, world)
  const dueMs = Date.now() + 300
  await publishInMemory(shape, world, deliver(Reminder({ text: "tea" }), { dueMs }), { id: "r-1" })
  await first.until(() => first.engine.row({ service: "clerk", key: "tea" }) !== undefined)
  await first.kill()
  const second = await startInMemory(shape, world)
  t.after(() => second.kill())
  const readyMs = Date.now()
  await second.until(() => heard.length > 0)
  const [[, atMs] = ["", 0]] = heard
  assert.ok(atMs >= dueMs && atMs <= Math.max(dueMs, readyMs) + 250, `${atMs - dueMs} ms after it was due`)
  await second.until(() => second.engine.isIdle())
  assert.equal(heard.length, 1)
})

test("47: a delayed event that is cancelled, by its source and id, is never handled, nor is its repetition", async (t) => {
  const { heard, shape, world } = office()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  await publishInMemory(shape, world, deliver(Reminder({ text: "tea" }), { dueMs: Date.now() + 150 }), { id: "r-1" })
  await publishInMemory(shape, world, deliver(Reminder({ text: "cake" }), { dueMs: Date.now() + 250 }), { id: "r-2" })
  await process.until(() => process.engine.row({ service: "clerk", key: "cake" }) !== undefined)
  const cancelled = await askInMemory(shape, world, cancelDelayed("clerk", "tea", "office/client/r-1"))
  assert.deepEqual(cancelled, { type: "done", value: true })
  await publishInMemory(shape, world, deliver(Reminder({ text: "tea" }), { dueMs: Date.now() + 50 }), { id: "r-1" })
  await process.until(() => heard.length > 0)
  assert.deepEqual(
    heard.map(([text]) => text),
    ["cake"],
  )
})

test("48: an event that expired while nobody ran the app is parked with its body, and can be redriven", async (t) => {
  const { heard, desk, shape, world } = office()
  const time = await virtualClock()
  const startNow = async () => {
    const starting = startInMemory(shape, world, { clock: time.clock })
    await time.pass(200)
    return starting
  }
  const first = await startNow()
  void askInMemory(shape, world, desk.wish("d", { text: "tea", afterMs: 1_000, forMs: 2_000 }))
  await time.pass(200)
  assert.equal(first.engine.row({ service: "clerk", key: "tea" })?.timers.size, 1)
  await first.kill()
  await time.pass(3_000)
  const second = await startNow()
  t.after(() => second.kill())
  await time.pass(200)
  const [parked] = second.engine.parked()
  assert.deepEqual([parked?.code, parked?.record?.type === "event" && parked.record.payload], ["EXPIRED", { text: "tea" }])
  assert.deepEqual(heard, [])
  void operateInMemory(shape, world).redrive({ code: "EXPIRED" }, { by: "ops", why: "still thirsty" })
  await time.pass(200)
  assert.equal(heard.length, 1)
})

test("48: a command that expired while nobody ran the app is not carried out: it is parked with its body", async (t) => {
  const { desk, shape, world } = office()
  const time = await virtualClock()
  const late = askInMemory(shape, world, desk.wish("d", { text: "tea" }), { expiresMs: 500, effect: "late" })
  await time.pass(1_000)
  const starting = startInMemory(shape, world, { clock: time.clock })
  await time.pass(400)
  const process = await starting
  t.after(() => process.kill())
  const outcome = await late
  assert.equal(outcome.type === "faulted" && outcome.code, "EXPIRED")
  const [parked] = process.engine.parked()
  assert.deepEqual(parked?.record?.type === "command" && parked.record.payload, { text: "tea" })
  assert.equal(process.engine.row({ service: "desk", key: "d" }), undefined)
})

test("49: of 1,000 ordinary events and then 10 urgent ones, the 10 are done among the first 11", async (t) => {
  const { order, open, desk, shape, world } = office()
  const publish = (text: string, n: number, urgent: boolean) =>
    publishInMemory(shape, world, urgent ? deliver(Job({ text }), { priority: "high" }) : Job({ text }), { key: `${text}-${n}` })
  for (let n = 0; n < 1_000; n += 1) await publish("low", n, false)
  for (let n = 0; n < 10; n += 1) await publish("high", n, true)
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  // All of them have come to their actors, and one is under way.
  const waiting = () => process.engine.metrics().gauges[0]?.mailbox
  while (waiting() !== 1_010) await askInMemory(shape, world, desk.wish("d", { text: "tea" }))
  open()
  await process.until(() => order.length === 1_010)
  const last = order.lastIndexOf("high")
  assert.ok(last < 10 + 1, `the last urgent one was done as number ${last + 1}`)
  assert.equal(order.filter((text) => text === "low").length, 1_000)
})

test("49: an urgent event overtakes what waits in its partition on its way to its actor, and no reply", () => {
  const queue = new RecordQueue()
  const fact = (id: string, urgent = false): EventMessage => ({
    type: "event", to: { service: "clerk", key: id }, name: "Job", payload: null, id, source: "x", subject: id, timeMs: 0,
    ...(urgent ? { priority: "high" as const } : {}),
  })
  const forward = (message: EventMessage) =>
    queue.push({ lane: "events", from: [], work: { type: "forward", messages: [message] } })
  for (const id of ["1", "2"]) forward(fact(id))
  forward(fact("3", true))
  const outcome = { type: "done" as const, value: null }
  const reply = { type: "reply" as const, to: { service: "s", key: "4" }, effect: "4", outcome }
  queue.push({ lane: "replies", from: [], work: { type: "message", message: reply } })
  const taken = Array.from({ length: 4 }, () => {
    const work = queue.take()?.work
    return work?.type === "forward" ? work.messages[0]?.to.key : work?.type === "message" && work.message.to.key
  })
  assert.deepEqual(taken, ["4", "3", "1", "2"])
})

test("a time that is none and a priority that is none are refused where they are written", () => {
  assert.throws(() => deliver(Reminder({ text: "tea" }), { dueMs: Number.NaN }), InvalidInput)
  assert.throws(() => deliver(Reminder({ text: "tea" }), { expiresMs: 1.5 }), InvalidInput)
  const priority = "urgent" as "high" // cast: what the compiler refuses is refused without it too
  assert.throws(() => deliver(Reminder({ text: "tea" }), { priority }), InvalidInput)
})
