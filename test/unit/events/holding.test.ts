// Scenario 20: events that come out of order wait aside until their actor is ready for them, and are parked if it never is.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { app, done, effectful, event, service } from "../../../runtime/index.ts"
import {
  askInMemory, newWorld, operateInMemory, publishInMemory, startInMemory, virtualClock,
} from "../../../runtime/testing/index.ts"

const About = Schema.toStandardSchemaV1(Schema.Struct({ orderId: Schema.String }))
const Item = Schema.toStandardSchemaV1(Schema.Struct({ orderId: Schema.String, n: Schema.Int }))
const about = { key: ({ orderId }: { readonly orderId: string }) => orderId }
const OrderStarted = event("OrderStarted", About, about)
const OrderItem = event("OrderItem", Item, about)
const OrderCompleted = event("OrderCompleted", About, about)
const Viewed = event("Viewed", About, about)

interface State {
  readonly status: "none" | "started" | "completed"
  readonly log: readonly string[]
}

function orders() {
  const view = service("view", { state: (): State => ({ status: "none", log: [] }) })
    .on(OrderStarted, ({ orderId }) => orderId, ({ log }) => done<State>({ status: "started", log: [...log, "started"] }))
    .on(OrderItem, ({ orderId }) => orderId, ({ status, log }, { n }) => done<State>({ status, log: [...log, `item ${n}`] }), {
      ready: ({ status }) => status === "started",
    })
    .on(
      OrderCompleted,
      ({ orderId }) => orderId,
      effectful(({ log }) => done<State>({ status: "completed", log: [...log, "completed"] })),
      { ready: ({ status, log }) => status === "started" && log.length > 2, holdAtMost: "1 minute" },
    )
    .on(Viewed, ({ orderId }) => orderId, ({ status, log }) => done<State>({ status, log: [...log, "viewed"] }))
  const shape = app("orders", { namespace: "test", partitions: 2, services: [view] })
  const world = newWorld()
  return { shape, world, publish: (fact: Parameters<typeof publishInMemory>[2]) => publishInMemory(shape, world, fact) }
}

type Process = Awaited<ReturnType<typeof startInMemory>>
const logOf = (process: Process, key = "o-1") => {
  const state = process.engine.row({ service: "view", key })?.state as State | undefined // cast: the service's own state
  return state?.log ?? []
}
const waiting = (process: Process, key = "o-1") => process.engine.row({ service: "view", key })?.timers.size ?? 0

test("20: complete before start is held, and taken when the state allows it, also after a crash; others go by", async (t) => {
  const { shape, world, publish } = orders()
  const first = await startInMemory(shape, world)
  await publish(OrderCompleted({ orderId: "o-1" }))
  await publish(OrderItem({ orderId: "o-1", n: 1 }))
  await publish(Viewed({ orderId: "o-1" }))
  await publish(OrderItem({ orderId: "o-1", n: 2 }))
  await first.until(() => waiting(first) === 3 && logOf(first).length === 1)
  await first.kill()
  const second = await startInMemory(shape, world)
  t.after(() => second.kill())
  await publish(OrderStarted({ orderId: "o-1" }))
  await second.until(() => logOf(second).length === 5)
  assert.deepEqual(logOf(second), ["viewed", "started", "item 1", "item 2", "completed"])
  assert.deepEqual([waiting(second), second.engine.parked()], [0, []])
})

test("20: what is held for too long is parked with its body, and held anew when it is redriven", async (t) => {
  const { shape, world, publish } = orders()
  const time = await virtualClock()
  const starting = startInMemory(shape, world, { clock: time.clock })
  await time.pass(200)
  const process = await starting
  t.after(() => process.kill())
  await publish(OrderCompleted({ orderId: "o-1" }))
  await time.pass(55_000, 5_000)
  assert.deepEqual([waiting(process), process.engine.parked().length], [1, 0])
  await time.pass(10_000, 5_000)
  const [parked] = process.engine.parked()
  const record = parked?.record
  assert.deepEqual(
    [parked?.code, record?.type === "event" && record.payload, waiting(process)],
    ["HELD_TOO_LONG", { orderId: "o-1" }, 0],
  )
  void operateInMemory(shape, world).redrive({ code: "HELD_TOO_LONG" }, { by: "ops", why: "its start was late" })
  await time.pass(500)
  assert.deepEqual([waiting(process), process.engine.parked().length], [1, 0])
})

test("many held events are taken in the order in which they came, though no decision sends all of them on", async (t) => {
  const taken: number[] = []
  const gate = service("view", { state: () => "closed" })
    .on(OrderStarted, ({ orderId }) => orderId, () => done("open"))
    .on(
      OrderItem,
      ({ orderId }) => orderId,
      (state, { n }) => {
        taken.push(n)
        return done(state)
      },
      { ready: (state) => state === "open" },
    )
  const shape = app("gates", { namespace: "test", partitions: 1, services: [gate] })
  const world = newWorld()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  const count = 700
  for (let n = 0; n < count; n += 1) await publishInMemory(shape, world, OrderItem({ orderId: "o-1", n }))
  await process.until(() => waiting(process) === count)
  await publishInMemory(shape, world, OrderStarted({ orderId: "o-1" }))
  await process.until(() => taken.length === count)
  assert.deepEqual(taken, Array.from({ length: count }, (_, n) => n))
  assert.equal(waiting(process), 0)
})

test("a condition that throws parks its event, and the actor goes on", async (t) => {
  const moody = service("moody", { state: () => 0 })
    .on(OrderStarted, ({ orderId }) => orderId, (state) => done(state + 1), {
      ready: () => {
        throw new Error("moody")
      },
    })
    .command("count", Schema.toStandardSchemaV1(Schema.Struct({})), (state) => done(state + 10, state))
  const shape = app("moods", { namespace: "test", partitions: 1, services: [moody] })
  const world = newWorld()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  await publishInMemory(shape, world, OrderStarted({ orderId: "o-1" }))
  await process.until(() => process.engine.parked().length === 1)
  assert.equal(process.engine.parked()[0]?.message, "moody")
  assert.deepEqual(await askInMemory(shape, world, moody.count("o-1", {})), { type: "done", value: 0 })
})
