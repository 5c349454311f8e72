// Shapes of load that must not hurt: one hot key among many, a participant that is away for long, one payment asked often.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { app, done, effectful, service } from "../../../runtime/index.ts"
import { askInMemory, newWorld, startInMemory, virtualClock } from "../../../runtime/testing/index.ts"

const Numbered = Schema.toStandardSchemaV1(Schema.Struct({ n: Schema.Int }))

test("10,000 records on one hot key and 10,000 keys: order is kept on each key, and none waits for another", async (t) => {
  const seen: number[] = []
  const log = service("log", { state: () => ({ last: -1, count: 0 }) }).command(
    "append",
    Numbered,
    (state, { n }, { key }) => {
      assert.ok(n > state.last, `${key}: ${n} came after ${state.last}`)
      if (key === "hot") seen.push(n)
      return done({ last: n, count: state.count + 1 }, n)
    },
  )
  const shape = app("logs", { namespace: "test", partitions: 4, services: [log] })
  const world = newWorld()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  const count = 10_000
  let coldDone = 0
  const asked = Array.from({ length: count }, (_, n) => [
    askInMemory(shape, world, log.append("hot", { n })),
    askInMemory(shape, world, log.append(`cold-${n}`, { n })).then(() => (coldDone += 1)),
  ])
  await Promise.all(asked.flat())
  assert.deepEqual([seen.length, coldDone], [count, count])
  assert.deepEqual(
    seen,
    Array.from({ length: count }, (_, n) => n),
  )
})

test("a participant that is away for half an hour is tried with growing pauses, not stormed, and drained in order", async (t) => {
  const calls = { away: 0, isBack: false }
  const order = new Map<string, number[]>()
  const bank = service("bank", { state: () => ({ sum: 0 }) }).command(
    "pay",
    Numbered,
    effectful(
      async (state, { n }, { key }) => {
        if (!calls.isBack) {
          calls.away += 1
          throw new Error("the bank does not answer")
        }
        order.set(key, [...(order.get(key) ?? []), n])
        return done({ sum: state.sum + n }, n)
      },
      { retry: { times: Number.POSITIVE_INFINITY, from: "1 second", factor: 2, max: "1 minute" } },
    ),
  )
  const shape = app("banks", { namespace: "test", partitions: 1, services: [bank] })
  const world = newWorld()
  const { clock, pass } = await virtualClock()
  const process = await startInMemory(shape, world, { clock })
  t.after(() => process.kill())
  const [keys, each] = [5, 20]
  const asked = Array.from({ length: keys * each }, (_, n) => askInMemory(shape, world, bank.pay(`k${n % keys}`, { n })))
  await pass(30 * 60_000, 1_000)
  const tries = calls.away / keys
  assert.ok(tries > 20 && tries < 50, `${tries} tries of each key in half an hour`)
  calls.isBack = true
  await pass(60_000, 1_000)
  const outcomes = await Promise.all(asked)
  assert.ok(outcomes.every(({ type }) => type === "done"))
  for (const [key, numbers] of order)
    assert.deepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
      `in order on ${key}`,
    )
  assert.equal([...order.values()].flat().length, keys * each)
})

test("the same payment asked five times at once, and once more after a crash, is charged once", async (t) => {
  const charged: string[] = []
  const card = service("card", { state: () => ({ total: 0 }) }).command(
    "charge",
    Numbered,
    effectful(async (state, { n }, { idempotencyKey }) => {
      charged.push(idempotencyKey)
      return done({ total: state.total + n }, state.total + n)
    }),
  )
  const shape = app("pay", { namespace: "test", partitions: 1, services: [card] })
  const world = newWorld()
  const first = await startInMemory(shape, world)
  const ask = () => askInMemory(shape, world, card.charge("c", { n: 7 }), "payment-1")
  const outcomes = await Promise.all([1, 2, 3, 4, 5].map(ask))
  await first.kill()
  const second = await startInMemory(shape, world)
  t.after(() => second.kill())
  assert.deepEqual(
    [...outcomes, await ask()],
    Array.from({ length: 6 }, () => ({ type: "done", value: 7 })),
  )
  assert.deepEqual(charged, ["payment-1"])
})
