// Recorded sagas on new code: the same commands, or the first difference by its name; what was changed is no recording.
import assert from "node:assert/strict"
import { test } from "node:test"
import { app } from "../../../runtime/index.ts"
import { askInMemory, newWorld, startInMemory } from "../../../runtime/testing/index.ts"
import { BadRecording, type Recording, recorder, replay, saga } from "../../../sagas/index.ts"
import { inventory, order, OrderSchema, payment, shipping } from "./shop.ts"

interface Change {
  readonly cents?: number
  readonly sku?: string
  readonly retryMs?: number
  readonly rename?: true
  readonly broken?: true
  readonly version?: number
}

/** `place-order` as it was, or changed here and there. */
const placeOrder = (change: Change = {}) =>
  saga("place-order", { input: OrderSchema, version: change.version ?? 1 })
    .forEach(change.rename === true ? "hold" : "reserve", ({ input }) => input.lines, {
      run: (line, { sagaId }) => inventory.reserve(change.sku ?? line.sku, { orderId: sagaId, quantity: line.quantity }),
      undo: (line) => inventory.release(change.sku ?? line.sku),
    })
    .step("charge", {
      run: ({ input, sagaId }) => {
        if (change.broken === true) throw new Error("boom")
        return payment.charge(input.customerId, { orderId: sagaId, cents: change.cents ?? input.totalCents })
      },
      undo: ({ input }) => payment.refund(input.customerId),
      timeout: change.retryMs ?? 10_000,
    })
    .awaitSignal("approved", OrderSchema)
    .step("ship", { run: ({ input, charge }) => shipping.book(input.orderId, { paymentId: charge.id }), pivot: true })

/** A completed saga and a compensated one, recorded in an app. */
async function recorded(): Promise<readonly Recording[]> {
  const watched = recorder(placeOrder())
  const shop = app("shop", { namespace: "test", partitions: 2, services: [inventory, payment, shipping, watched] })
  const world = newWorld()
  const process = await startInMemory(shop, world)
  const end = askInMemory(shop, world, placeOrder().start("good", order))
  await askInMemory(shop, world, placeOrder().signal("good", "approved", order))
  await end
  const tooMuch = { ...order, lines: [{ sku: "P11", quantity: 1 }, { sku: "P42", quantity: 99 }] }
  await askInMemory(shop, world, placeOrder().start("bad", tooMuch))
  await process.until(() => process.engine.isIdle())
  await process.kill()
  // As a file in the repository would give them back.
  return JSON.parse(JSON.stringify([...watched.recordings().values()])) as readonly Recording[] // cast: they were that before
}

test("recorded sagas replay identically on the same code, and on code that only calls things otherwise", async () => {
  const recordings = await recorded()
  assert.deepEqual(recordings.map(({ key }) => key).toSorted(), ["bad", "good"])
  for (const recording of recordings) {
    assert.ok(recording.entries.length >= 4, `${recording.entries.length} entries`)
    for (const same of [placeOrder(), placeOrder({ rename: true }), placeOrder({ version: 2 })])
      assert.deepEqual(replay(same, recording), { same: true, decisions: recording.entries.length })
  }
})

test("the first difference is named: where, what was recorded, and what is decided now", async () => {
  const recordings = await recorded()
  const good = recordings.find(({ key }) => key === "good")
  const differs = (change: Change) => {
    const found = replay(placeOrder(change), good)
    return found.same ? "same" : { path: found.path, recorded: found.recorded, now: found.now }
  }
  assert.deepEqual(differs({ cents: 1 }), { path: "send[0].payload.cents", recorded: order.totalCents, now: 1 })
  assert.deepEqual(differs({ sku: "P1" }), { path: "send[0].to.key", recorded: "P11", now: "P1" })
  const later = replay(placeOrder({ retryMs: 20_000 }), good)
  assert.ok(!later.same)
  assert.match(later.path, /^timers\[\d\]\.dueMs$/)
  assert.equal(Number(later.now) - Number(later.recorded), 10_000)
  assert.notEqual(differs({ broken: true }), "same")
})

test("a recording that is malformed, was changed, or tells of what cannot be is refused", async () => {
  const [recording] = await recorded()
  assert.ok(recording)
  const { entries } = recording
  const refusals: readonly (readonly [string, unknown, RegExp])[] = [
    ["a text", "entries", /no recording of format 1/],
    ["another format", { ...recording, format: 2 }, /no recording of format 1/],
    ["no entries", { ...recording, entries: [null] }, /is no entry/],
    ["one left out", { ...recording, entries: entries.toSpliced(1, 1) }, /entry 1 was changed/],
    ["two changed over", { ...recording, entries: [entries[1], entries[0]] }, /entry 0 was changed/],
    ["another time", { ...recording, entries: entries.with(1, { ...at(entries, 1), atMs: 1 }) }, /entry 1 was changed/],
    ["another answer", { ...recording, entries: entries.with(0, { ...at(entries, 0), did: {} }) }, /entry 0 was changed/],
    ["another saga", { ...recording, key: "other" }, /entry 0 was changed/],
  ]
  for (const [what, given, reason] of refusals)
    assert.throws(() => replay(placeOrder(), given), (error) => error instanceof BadRecording && reason.test(error.message), what)
  const trip = saga("trip", { input: OrderSchema, version: 1 }).step("x", { run: () => inventory.release("P1"), undo: "nothing" })
  assert.throws(() => replay(trip, recording), /of saga place-order, and not of trip/)
})

function at<Value>(values: readonly Value[], index: number): Value {
  const value = values[index]
  assert.ok(value !== undefined)
  return value
}

test("a reply to a command that was never sent is refused, also if the recording was made anew around it", () => {
  const forged = recorder(placeOrder())
  const self = { service: "place-order", key: "o" }
  const begin = { type: "command", to: self, name: "start", payload: order, effect: "s", direction: "do", attempt: 1 } as const
  const { state } = forged.logic.decide(undefined, begin, { self, nowMs: 1 })
  const outcome = { type: "done", value: null } as const
  forged.logic.decide(state, { type: "reply", to: self, effect: "place-order/o:9:9", outcome }, { self, nowMs: 2 })
  assert.throws(() => replay(placeOrder(), forged.recordings().get("o")), /answers place-order\/o:9:9, which was never sent/)
})
