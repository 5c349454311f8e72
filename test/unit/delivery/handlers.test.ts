// Handlers that do I/O: on committed state, one at a time for each actor, tried again with the same idempotency key, with
// durable steps that are not repeated, and parked when they fail for good.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import {
  app,
  done,
  effectful,
  type EffectfulOptions,
  event,
  type IoContext,
  refused,
  type Result,
  service,
} from "../../../runtime/index.ts"
import { askInMemory, newWorld, startInMemory, type World } from "../../../runtime/testing/index.ts"

const Cents = Schema.toStandardSchemaV1(Schema.Struct({ cents: Schema.Int }))
const Charged = event("Charged", Cents)
const fast = { retry: { times: 3, from: 1, max: 2 } } satisfies EffectfulOptions

interface Card {
  readonly charged: number
}
type Work = (state: Card, cents: number, context: IoContext) => Promise<Result<Card, number>>

/** A card whose charging does what the test says; `onPark` and `concurrency` as the test says. */
function cardApp(work: Work, options: { onPark?: "wait"; concurrency?: number } & EffectfulOptions = {}) {
  const { onPark, concurrency, ...policy } = options
  const card = service("card", {
    state: (): Card => ({ charged: 0 }),
    ...(onPark === undefined ? {} : { onPark }),
    ...(concurrency === undefined ? {} : { concurrency }),
  })
    .command(
      "charge",
      Cents,
      effectful((state, { cents }, context) => work(state, cents, context), { ...fast, ...policy }),
    )
    .command("note", Cents, (state, { cents }) => done({ charged: state.charged + cents }, state.charged))
  const shape = app("pay", { namespace: "test", partitions: 1, services: [card] })
  const charge = (world: World, key: string, cents: number, effect?: string) =>
    askInMemory(shape, world, card.charge(key, { cents }), effect)
  const note = (world: World, key: string, cents: number) => askInMemory(shape, world, card.note(key, { cents }))
  return { shape, charge, note }
}

/** A signal that the test gives. */
function gate<Value = void>() {
  let open: (value: Value) => void = () => undefined
  const opened = new Promise<Value>((resolve) => (open = resolve))
  return { open, opened }
}

const charged = (state: Card, cents: number) => done({ charged: state.charged + cents }, state.charged + cents)

test("a handler may await: its answer and its state are as those of a pure one, in the order in which they came", async (t) => {
  const { shape, charge, note } = cardApp(async (state, cents) => {
    await Promise.resolve()
    return charged(state, cents)
  })
  const world = newWorld()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  const outcomes = await Promise.all([charge(world, "a", 1), note(world, "a", 10), charge(world, "a", 100)])
  assert.deepEqual(
    outcomes,
    [1, 1, 111].map((value) => ({ type: "done", value })),
  )
})

test("a handler may return an Effect, or a value at once; a refusal is an outcome and changes nothing", async (t) => {
  const till = service("till", { state: () => ({ cents: 0 }) })
    .command(
      "put",
      Cents,
      effectful((state, { cents }) => Effect.succeed(done({ cents: state.cents + cents }, "put"))),
    )
    .command(
      "take",
      Cents,
      effectful((state, { cents }) => (cents > state.cents ? refused("empty") : done({ cents: 0 }, null))),
    )
  const shape = app("shop", { namespace: "test", partitions: 1, services: [till] })
  const world = newWorld()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  assert.deepEqual(await askInMemory(shape, world, till.put("a", { cents: 5 })), { type: "done", value: "put" })
  assert.deepEqual(await askInMemory(shape, world, till.take("a", { cents: 9 })), {
    type: "refused",
    code: "empty",
    detail: null,
  })
  assert.deepEqual(process.engine.row({ service: "till", key: "a" })?.state, { cents: 5 })
})

test("a key waits for its handler, other keys go on", async (t) => {
  const slow = gate()
  const order: string[] = []
  const { shape, charge } = cardApp(async (state, cents, { key }) => {
    if (key === "slow") await slow.opened
    order.push(`${key} ${cents}`)
    return charged(state, cents)
  })
  const world = newWorld()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  const waiting = [charge(world, "slow", 1), charge(world, "slow", 2)]
  await Promise.all([charge(world, "b", 1), charge(world, "c", 1)])
  assert.deepEqual(order, ["b 1", "c 1"])
  slow.open()
  await Promise.all(waiting)
  assert.deepEqual(order, ["b 1", "c 1", "slow 1", "slow 2"])
})

test("R12: an effectful handler sees committed state only", async (t) => {
  const world = newWorld()
  const seen: (readonly [charged: number, blocks: number])[] = []
  const { shape, charge, note } = cardApp(async (state, cents) => {
    seen.push([state.charged, world.journal.records(0).length])
    return charged(state, cents)
  })
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  const blocks = world.journal.records(0).length
  await Promise.all([note(world, "a", 10), charge(world, "a", 1)])
  assert.deepEqual(seen, [[10, blocks + 1]])
})

test("a fault is tried again with the same idempotency key, and its effect is remembered once it is there", async (t) => {
  const calls: (readonly [key: string, attempt: number])[] = []
  const { shape, charge } = cardApp(async (state, cents, { idempotencyKey, attempt }) => {
    calls.push([idempotencyKey, attempt])
    if (attempt < 3) throw new Error("the bank is away")
    return charged(state, cents)
  })
  const world = newWorld()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  const outcomes = await Promise.all([charge(world, "a", 7, "pay-1"), charge(world, "a", 7, "pay-1")])
  assert.deepEqual(outcomes, [
    { type: "done", value: 7 },
    { type: "done", value: 7 },
  ])
  assert.deepEqual(calls, [
    ["pay-1", 1],
    ["pay-1", 2],
    ["pay-1", 3],
  ])
})

test("a handler that takes too long is aborted through its signal, and counts as a failed attempt", async (t) => {
  const aborted: number[] = []
  const { shape, charge } = cardApp(
    (state, cents, { attempt, signal }) => {
      if (attempt > 1) return Promise.resolve(charged(state, cents))
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          aborted.push(attempt)
          reject(new Error("aborted"))
        })
      })
    },
    { timeout: 20 },
  )
  const world = newWorld()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  assert.deepEqual(await charge(world, "a", 3), { type: "done", value: 3 })
  assert.deepEqual(aborted, [1])
})

test("a durable step is done once: a retry and a crash give what it gave, and the handler goes on behind it", async (t) => {
  const calls: string[] = []
  const stuck = gate()
  const { shape, charge } = cardApp(async (state, cents, { run, attempt }) => {
    const token = await run("reserve", () => {
      calls.push("reserve")
      return `token-${calls.length}`
    })
    calls.push(`${attempt}: ${token}`)
    if (calls.length === 2) throw new Error("try again")
    if (calls.length === 3) {
      stuck.open()
      await new Promise(() => undefined)
    }
    const code = await run("confirm", async () => `confirmed ${token}`)
    calls.push(code)
    return charged(state, cents)
  })
  const world = newWorld()
  const first = await startInMemory(shape, world)
  const outcome = charge(world, "a", 4)
  await stuck.opened
  await first.kill()
  const second = await startInMemory(shape, world)
  t.after(() => second.kill())
  assert.deepEqual(await outcome, { type: "done", value: 4 })
  assert.deepEqual(calls, ["reserve", "1: token-1", "2: token-1", "2: token-1", "confirmed token-1"])
})

test("an undo and a reaction may do I/O as well", async (t) => {
  const sent = gate<number>()
  const card = service("card", { state: () => ({ charged: 0 }) }).command("charge", Cents, (state, { cents }) =>
    done({ charged: state.charged + cents }, null, [Charged({ cents })]),
  )
  const mail = service("mail", { state: () => ({ sent: 0 }) }).on(
    Charged,
    (_, subject) => subject,
    effectful(async (state, { cents }, { idempotencyKey }) => {
      assert.match(idempotencyKey, /^pay\/card\//)
      sent.open(cents)
      return done({ sent: state.sent + 1 }, null)
    }),
  )
  const shape = app("pay", { namespace: "test", partitions: 1, services: [card, mail] })
  const world = newWorld()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  await askInMemory(shape, world, card.charge("a", { cents: 5 }))
  assert.equal(await sent.opened, 5)
  await process.until(() => process.engine.row({ service: "mail", key: "a" })?.state !== undefined)
  assert.deepEqual(process.engine.row({ service: "mail", key: "a" })?.state, { sent: 1 })
})

test("a service has at most so many handlers under way in a process as its concurrency says", async (t) => {
  let running = 0
  let most = 0
  const full = gate()
  const { shape, charge } = cardApp(
    async (state, cents) => {
      running += 1
      most = Math.max(most, running)
      if (running === 3) full.open()
      await full.opened
      await new Promise((resolve) => setImmediate(resolve))
      running -= 1
      return charged(state, cents)
    },
    { concurrency: 3 },
  )
  const world = newWorld()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  await Promise.all(Array.from({ length: 40 }, (_, n) => charge(world, `k${n}`, 1)))
  assert.equal(most, 3)
})

test("after a failure other keys go on while the key pauses, and its records keep their order", async (t) => {
  const order: string[] = []
  const failed = gate()
  const { shape, charge } = cardApp(
    async (state, cents, { key, attempt }) => {
      if (key === "a" && cents === 1 && attempt === 1) {
        failed.open()
        throw new Error("not yet")
      }
      order.push(`${key} ${cents}`)
      return charged(state, cents)
    },
    { retry: { times: 1, from: 100, max: 100 } },
  )
  const world = newWorld()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  const waiting = [charge(world, "a", 1), charge(world, "a", 2)]
  await failed.opened
  await charge(world, "b", 1)
  await Promise.all(waiting)
  assert.deepEqual(order, ["b 1", "a 1", "a 2"])
})

test("R6, R5: everything slow on one key, fast on another, a crash between: nothing lost, doubled or reordered", async (t) => {
  const applied: string[] = []
  const release = gate()
  const { shape, charge } = cardApp(async (state, cents, { key, idempotencyKey }) => {
    if (key === "slow") await release.opened
    applied.push(idempotencyKey)
    return charged(state, cents)
  })
  const world = newWorld()
  const first = await startInMemory(shape, world)
  const slow = Array.from({ length: 200 }, (_, n) => charge(world, "slow", 1, `slow-${n}`))
  await Promise.all(Array.from({ length: 200 }, (_, n) => charge(world, "fast", 1, `fast-${n}`)))
  await first.kill()
  release.open()
  const second = await startInMemory(shape, world)
  t.after(() => second.kill())
  const values = (await Promise.all(slow)).map((outcome) => (outcome.type === "done" ? outcome.value : outcome))
  assert.deepEqual(
    values,
    Array.from({ length: 200 }, (_, n) => n + 1),
    "in the order in which they were asked",
  )
  assert.deepEqual(applied.filter((key) => key.startsWith("fast")).length, 200)
  assert.deepEqual(second.engine.row({ service: "card", key: "slow" })?.state, { charged: 200 })
  assert.deepEqual(second.engine.row({ service: "card", key: "fast" })?.state, { charged: 200 })
})

test("R6: a hot key with 10,000 waiting records holds nobody up, outlives a crash, and has them done in order", async (t) => {
  const release = gate()
  const started = gate()
  const order: number[] = []
  const { shape, charge } = cardApp(async (state, cents, { key }) => {
    if (key === "hot") {
      started.open()
      await release.opened
      order.push(cents)
    }
    return charged(state, cents)
  })
  const world = newWorld()
  const first = await startInMemory(shape, world)
  const count = 10_000
  const hot = Array.from({ length: count }, (_, n) => charge(world, "hot", n, `hot-${n}`))
  await started.opened
  await Promise.all(Array.from({ length: 200 }, (_, n) => charge(world, `cold-${n}`, 1)))
  assert.deepEqual(order, [])
  await first.kill()
  const second = await startInMemory(shape, world)
  t.after(() => second.kill())
  await charge(world, "cold-again", 1)
  release.open()
  await Promise.all(hot)
  assert.deepEqual(order.slice(-count), Array.from({ length: count }, (_, n) => n))
})
