// What a saga costs, in counts that no clock and no other load changes: decisions, appends and bytes of journal of the order
// that `npm run bench` measures. Raised only on purpose: docs/performance.md says what each of them is.
import assert from "node:assert/strict"
import { setImmediate as turn } from "node:timers/promises"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import { orderOf, placeOrder, shopOf } from "../../../bench/order-saga.ts"
import type { Row } from "../../../bench/row.ts"
import { askInMemory, newWorld, startInMemory, type World } from "../../../runtime/testing/in-memory.ts"

interface Cost {
  readonly decisions: number
  readonly appends: number
  readonly bytes: number
}

const partitions = 8

/** An append takes so many turns of the event loop: what is decided meanwhile shares the next block. */
function withSlowAppends(world: World, turns: number): World {
  const { journal } = world
  const wait = async () => {
    for (let n = 0; n < turns; n += 1) await turn()
  }
  const append: typeof journal.append = (...block) => Effect.flatMap(Effect.promise(wait), () => journal.append(...block))
  return { ...world, journal: { ...journal, append } }
}

/** Of each of so many sagas, `inFlight` of them at a time, from the first start until nothing is left to do. */
async function costOf(sagas: number, inFlight: number, row: Partial<Row>): Promise<Cost> {
  const { handlers = "effectful", outcome = "happy" } = row
  const { orders: app } = shopOf("cost", partitions, { services: "same-app", handlers })
  const world = withSlowAppends(newWorld(), 20)
  const { blocks, engine, until, kill } = await startInMemory(app, world)
  const place = async (n: number) => {
    const order = orderOf(n, outcome, 0)
    const ended = await askInMemory(app, world, placeOrder.start(order.orderId, order), `place ${order.orderId}`)
    assert.equal(ended.type, "done")
  }
  let next = 0
  const one = async () => {
    while (next < sagas) await place((next += 1))
  }
  await Promise.all(Array.from({ length: inFlight }, one))
  // Participants are told that the saga is over, so that they forget it.
  await until(() => engine.isIdle() && engine.metrics().gauges.every(({ outbox }) => outbox === 0))
  type Block = (typeof blocks)[number]
  const sum = (count: (block: Block) => number) => blocks.reduce((total, block) => total + count(block), 0) / sagas
  const cost = { decisions: sum(({ decisions }) => decisions), appends: sum(() => 1), bytes: sum(({ bytes }) => bytes) }
  await kill()
  return cost
}

function atMost(what: string, value: number, bound: number): void {
  assert.ok(value <= bound, `${value.toFixed(2)} ${what} a saga, and ${bound} are allowed`)
}

test("a saga of three steps takes ten decisions: a start, three calls, three replies, three farewells", async () => {
  const { decisions } = await costOf(40, 4, { handlers: "pure" })
  assert.equal(decisions, 10)
})

test("with handlers that do I/O it takes two more: what an undo may take back is journaled before it begins", async () => {
  const { decisions } = await costOf(40, 4, {})
  assert.equal(decisions, 12)
})

test("one that is undone takes two calls and two replies more", async () => {
  const { decisions } = await costOf(40, 4, { handlers: "pure", outcome: "compensated" })
  assert.equal(decisions, 14)
})

test("alone it takes twelve appends at most, and 12,000 bytes of journal", async () => {
  const { appends, bytes } = await costOf(20, 1, {})
  atMost("appends", appends, 12)
  atMost("bytes", bytes, 12_000)
})

test("256 at a time share their appends: two for three of them at most, and 9,200 bytes of journal each", async () => {
  const { appends, bytes } = await costOf(1024, 256, {})
  atMost("appends", appends, 0.66)
  atMost("bytes", bytes, 9_200)
})
