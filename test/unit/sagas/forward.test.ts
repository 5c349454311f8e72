// The forward path: what is sent, what later steps see, and what the end makes known.
import assert from "node:assert/strict"
import { test } from "node:test"
import { limits } from "../../../runtime/kernel/limits.ts"
import { saga } from "../../../sagas/index.ts"
import { done, drive, type Driver } from "./driver.ts"
import { inventory, order, OrderConfirmed, OrderSchema, placeGiftOrder, placeOrder } from "./shop.ts"

function reserveAll(driver: Driver): void {
  for (const { sku, quantity } of order.lines) driver.reply(`inventory.reserve/${sku}`, done({ reserved: quantity }))
}

test("the forward path completes and no compensation is sent", () => {
  const saga = drive(placeOrder.logic)
  saga.start(order)
  assert.deepEqual(saga.news(), ["do inventory.reserve/P11", "do inventory.reserve/P42", "do inventory.reserve/P72"])
  reserveAll(saga)
  assert.deepEqual(saga.news(), ["do payment.charge/c-1"])
  saga.reply("payment.charge/c-1", done({ id: "pay-7" }))
  assert.deepEqual(saga.news(), ["do shipping.book/o-1"])
  saga.nowMs += 500
  const last = saga.reply("shipping.book/o-1", done({ tracking: "T9" }))
  assert.deepEqual(last.ended, { outcome: "completed", startedMs: 1_000_000 })
  assert.deepEqual(saga.emitted, [{ name: "OrderConfirmed", payload: { orderId: "o-1", tracking: "T9" } }])
  assert.deepEqual(saga.state, { ended: { outcome: "completed", startedMs: 1_000_000, endedMs: 1_000_500 } })
  assert.deepEqual(saga.news(), [])
})

test("a step starts only when every item of the step before it is done", () => {
  const saga = drive(placeOrder.logic)
  saga.start(order)
  saga.news()
  saga.reply("inventory.reserve/P72", done())
  saga.reply("inventory.reserve/P11", done())
  assert.deepEqual(saga.news(), [])
  saga.reply("inventory.reserve/P42", done())
  assert.deepEqual(saga.news(), ["do payment.charge/c-1"])
})

test("effect keys name the saga, the transition and the command, and timers carry them", () => {
  const saga = drive(placeOrder.logic)
  const { send, timers } = saga.start(order)
  const effects = ["place-order/o-1:1:0", "place-order/o-1:1:1", "place-order/o-1:1:2"]
  const sent = send?.map(({ effect, direction, attempt }) => [effect, direction, attempt])
  assert.deepEqual(sent, effects.map((effect) => [effect, "do", 1]))
  assert.deepEqual(timers, effects.map((name) => ({ type: "set", name, dueMs: 1_030_000, payload: null })))
})

test("later steps see the answers of earlier ones: one value for a step, a list for a fan-out", () => {
  const tally = saga("tally", { input: OrderSchema, version: 1 })
    .forEach("reserve", ({ input }) => input.lines, {
      run: (line) => inventory.reserve(line.sku, { orderId: "o", quantity: line.quantity }),
      undo: "nothing",
    })
    .step("again", {
      run: ({ reserve }) => {
        return inventory.reserve("sum", { orderId: "o", quantity: reserve.reduce((sum, { reserved }) => sum + reserved, 0) })
      },
      undo: "nothing",
    })
    .step("last", { run: ({ again }) => inventory.reserve("last", { orderId: "o", quantity: again.reserved }), undo: "nothing" })
  const driver = drive(tally.logic)
  driver.start(order)
  reserveAll(driver)
  assert.deepEqual(driver.sent.at(-1)?.payload, { orderId: "o", quantity: 6 })
  driver.reply("inventory.reserve/sum", done({ reserved: 60 }))
  assert.deepEqual(driver.sent.at(-1)?.payload, { orderId: "o", quantity: 60 })
})

test("an empty list is done at once", () => {
  const saga = drive(placeOrder.logic)
  saga.start({ ...order, lines: [] })
  assert.deepEqual(saga.news(), ["do payment.charge/c-1"])
})

test("a saga whose lists are all empty ends with its start and answers it", () => {
  const nothing = saga("nothing", { input: OrderSchema, version: 1 })
    .forEach("reserve", ({ input }) => input.lines, { run: (line) => inventory.release(line.sku), undo: "nothing" })
    .emits(({ input }) => OrderConfirmed({ orderId: input.orderId, tracking: "none" }))
  const driver = drive(nothing.logic)
  const requester = { subject: "_INBOX.a", request: "r-1" }
  const { ended, answer, emit, timers } = driver.start({ ...order, lines: [] }, requester)
  assert.equal(ended?.outcome, "completed")
  assert.equal(emit?.length, 1)
  assert.equal(timers, undefined)
  assert.deepEqual(answer?.map(({ to }) => to), [requester])
})

test("a conditional step runs when its condition holds", () => {
  const saga = drive(placeGiftOrder.logic)
  saga.start({ ...order, lines: [], gift: true })
  saga.reply("payment.charge/c-1", done({ id: "pay-7" }))
  assert.deepEqual(saga.news(), ["do payment.charge/c-1", "do shipping.wrap/o-1"])
})

test("the end releases every actor that was ever sent a command, once, and leaves no timer", () => {
  const saga = drive(placeOrder.logic)
  saga.start({ ...order, lines: [...order.lines, { sku: "P11", quantity: 5 }] })
  const [first] = saga.sent
  assert.ok(first)
  saga.reply(first.effect, done())
  reserveAll(saga)
  saga.reply("payment.charge/c-1", done({ id: "pay-7" }))
  const { release } = saga.reply("shipping.book/o-1", done({ tracking: "T9" }))
  assert.deepEqual(release, [
    { service: "inventory", key: "P11" },
    { service: "inventory", key: "P42" },
    { service: "inventory", key: "P72" },
    { service: "payment", key: "c-1" },
    { service: "shipping", key: "o-1" },
  ])
  assert.equal(saga.timers.size, 0)
})

test("an actor that was sent two different commands is released once", () => {
  const saga = drive(placeGiftOrder.logic)
  saga.start({ ...order, lines: [], gift: true })
  saga.reply("payment.charge/c-1", done({ id: "pay-7" }))
  saga.reply("shipping.wrap/o-1", done())
  saga.reply("shipping.book/o-1", done({ tracking: "T9" }))
  const { release } = saga.reply("mail.send/c-1", done())
  assert.deepEqual(release?.map(({ service }) => service), ["payment", "shipping", "mail"])
})

test("what a message does not change keeps its identity at the top of the row", () => {
  const { logic } = placeOrder
  const self = { service: "place-order", key: "o-1" }
  const start = { type: "command", to: self, name: "start", payload: order, effect: "s", direction: "do", attempt: 1 } as const
  const { state: before, send } = logic.decide(undefined, start, { self, nowMs: 1 })
  const reply = { type: "reply", to: self, effect: send?.[0]?.effect ?? "", outcome: done() } as const
  const { state: after } = logic.decide(before, reply, { self, nowMs: 2 })
  const changed = Object.keys(Object(after)).filter((field) => Object(after)[field] !== Object(before)[field])
  assert.deepEqual(changed.toSorted(), ["items", "open", "seq"])
})

test("the largest fan-out stays below the bound of timers, and one more item parks the saga", () => {
  const lines = Array.from({ length: limits.fanOutItemsMax }, (_, n) => ({ sku: `P${n}`, quantity: 1 }))
  const saga = drive(placeOrder.logic)
  assert.equal(saga.start({ ...order, lines }).send?.length, limits.fanOutItemsMax)
  assert.ok(saga.timers.size <= limits.timersPerActorMax)
  const tooLarge = drive(placeOrder.logic).start({ ...order, lines: [...lines, { sku: "P", quantity: 1 }] })
  assert.equal(tooLarge.parked?.code, "POISON")
  assert.match(tooLarge.parked.message, new RegExp(`${lines.length + 1} items; at most ${limits.fanOutItemsMax}`))
})
