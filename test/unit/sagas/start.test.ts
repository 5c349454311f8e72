// Starting: one instance per key, whoever waits is answered at the end, and what is no start is refused.
import assert from "node:assert/strict"
import { test } from "node:test"
import { HandlerDefect, UnknownCommand } from "../../../runtime/actor/service-logic.ts"
import { limits } from "../../../runtime/kernel/limits.ts"
import { SchemaMismatch } from "../../../runtime/message/schema.ts"
import { done, drive, refused } from "./driver.ts"
import { order, placeOrder } from "./shop.ts"

const requester = (request: string) => ({ subject: `_INBOX.${request}`, request })
const chargeOnly = { ...order, lines: [] }

test("start makes a command to the saga's key, and does nothing itself", () => {
  assert.deepEqual(placeOrder.start("o-1", order), { service: "place-order", key: "o-1", name: "start", payload: order })
})

test("start refuses an input that the schema refuses, before anything is sent", () => {
  // cast: what plain JavaScript could hand over
  const wrong = { ...order, totalCents: "many" } as unknown as typeof order
  assert.throws(() => placeOrder.start("o-1", wrong), SchemaMismatch)
})

test("a start with an invalid input is refused, names the field, and leaves no saga behind", () => {
  const driver = drive(placeOrder.logic)
  const { outcome, state, send } = driver.start({ orderId: "o-1" }, requester("r"))
  assert.equal(outcome?.type, "refused")
  assert.equal(outcome.code, "invalid-input")
  assert.match(JSON.stringify(outcome.detail), /the input of saga place-order at .*customerId/)
  assert.deepEqual([state, send], [undefined, undefined])
  assert.equal(driver.start(order).send?.length, 3)
})

test("a second start of a key makes no second instance and sends nothing, whatever its input", () => {
  const driver = drive(placeOrder.logic)
  driver.start(order)
  const before = driver.row()
  assert.deepEqual(Object.keys(driver.start(order)), ["state"])
  assert.deepEqual(Object.keys(driver.start({ ...order, totalCents: 1 })), ["state"])
  assert.equal(driver.state, before)
})

test("a start has no outcome of its own: everyone who asked is answered when the saga ends, with the same result", () => {
  const driver = drive(placeOrder.logic)
  assert.equal(driver.start(chargeOnly, requester("a")).outcome, undefined)
  driver.nowMs += 5
  assert.equal(driver.start(chargeOnly, requester("b")).answer, undefined)
  driver.reply("payment.charge/c-1", refused("no-money", { cents: 3 }))
  const late = driver.start(chargeOnly, requester("c"))
  const value = { outcome: "compensated", reason: "no-money", startedMs: 1_000_000, endedMs: 1_000_005 }
  assert.deepEqual(late.answer, [{ to: requester("c"), outcome: done(value) }])
  assert.deepEqual(driver.ended(), value)
})

test("the answer goes to all who wait, in the decision that ends the saga", () => {
  const driver = drive(placeOrder.logic)
  driver.start(chargeOnly, requester("a"))
  driver.start(chargeOnly, requester("b"))
  const { answer } = driver.reply("payment.charge/c-1", refused("no-money"))
  assert.deepEqual(answer?.map(({ to }) => "request" in to && to.request), ["a", "b"])
})

test("one who asks again with the same request is answered once", () => {
  const driver = drive(placeOrder.logic)
  driver.start(chargeOnly, requester("a"))
  const before = driver.state
  driver.start(chargeOnly, requester("a"))
  assert.equal(driver.state, before)
  driver.start(chargeOnly, { subject: "_INBOX.moved", request: "a" })
  const { answer } = driver.reply("payment.charge/c-1", refused("no-money"))
  assert.deepEqual(answer?.map(({ to }) => to), [{ subject: "_INBOX.moved", request: "a" }])
})

test("those who wait are bounded: the one that waited longest gives way", () => {
  const driver = drive(placeOrder.logic)
  for (let n = 0; n <= limits.waitersPerSagaMax; n++) driver.start(chargeOnly, requester(`r${n}`))
  const { waiters } = driver.row()
  assert.equal(waiters?.length, limits.waitersPerSagaMax)
  assert.partialDeepStrictEqual(waiters[0], { request: "r1" })
})

test("a saga that parks answers at once with its fault, also whoever asks later", () => {
  const driver = drive(placeOrder.logic)
  driver.start(chargeOnly, requester("a"))
  driver.reply("payment.charge/c-1", done({ id: "pay-1" }))
  driver.reply("shipping.book/o-1", refused("no-truck"))
  const { answer, parked } = driver.reply("payment.refund/c-1", refused("stuck"))
  assert.ok(parked)
  const fault = { type: "faulted", ...parked }
  assert.deepEqual(answer, [{ to: requester("a"), outcome: fault }])
  assert.deepEqual(driver.start(chargeOnly, requester("b")).answer, [{ to: requester("b"), outcome: fault }])
  assert.equal(driver.row().waiters, undefined)
})

test("another actor that starts a saga is told how it ended: done, or refused with the reason", () => {
  const driver = drive(placeOrder.logic)
  driver.start(chargeOnly, { service: "cart", key: "c" })
  const asker = { actor: { service: "cart", key: "c" }, effect: "start-o-1" }
  const outcome = refused("no-money", { outcome: "compensated" })
  assert.deepEqual(driver.reply("payment.charge/c-1", refused("no-money")).answer, [{ to: asker, outcome }])
})

test("resuming what is not parked is refused and changes nothing", () => {
  const driver = drive(placeOrder.logic)
  assert.deepEqual(driver.resume().outcome, refused("not-started", "it was never started"))
  driver.start(chargeOnly)
  const before = driver.state
  assert.deepEqual(driver.resume().outcome, refused("not-parked", "it is under way"))
  assert.equal(driver.state, before)
  driver.reply("payment.charge/c-1", refused("no-money"))
  assert.deepEqual(driver.resume().outcome, refused("ended", "it has ended: compensated"))
})

test("messages that a saga has no use for are defects, to be parked by the engine", () => {
  const driver = drive(placeOrder.logic)
  const command = { type: "command", to: driver.self, payload: null, effect: "e", attempt: 1 } as const
  assert.throws(() => driver.take({ ...command, name: "explode", direction: "do" }), UnknownCommand)
  assert.throws(() => driver.take({ ...command, name: "start", direction: "undo", undoes: "x" }), HandlerDefect)
})

test("the saga is an actor of kind saga that reacts to no events", () => {
  const { service, kind, reactions } = placeOrder.logic
  assert.deepEqual([service, kind, reactions.size], ["place-order", "saga", 0])
})

test("a client is told that the saga is parked and waits no longer, a parent goes on waiting and is told of the end", () => {
  const driver = drive(placeOrder.logic)
  const parent = { service: "trip", key: "t-1" }
  driver.start(chargeOnly, requester("a"))
  driver.start(chargeOnly, parent)
  driver.reply("payment.charge/c-1", done({ id: "pay-1" }))
  const told: unknown[] = []
  while (driver.row().parked === undefined) {
    const { answer = [] } = driver.fire("shipping.book/o-1")
    told.push(...answer.map(({ to }) => to))
  }
  assert.deepEqual(told, [requester("a")])
  driver.resume()
  const { answer } = driver.reply("shipping.book/o-1", done({ tracking: "T" }))
  assert.deepEqual(answer?.map(({ to }) => "actor" in to && to.actor), [parent])
})
