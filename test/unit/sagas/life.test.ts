// What callers and operators may do to a saga under way, and what is remembered of it.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { saga } from "../../../sagas/index.ts"
import { done, drive, type Driver, faulted, refused } from "./driver.ts"
import { order, payment, placeOrder } from "./shop.ts"

const author = { by: "ann", why: "the customer called" }
const oneLine = { ...order, lines: order.lines.slice(0, 1) }
const code = (decision: ReturnType<Driver["ask"]>) =>
  decision.outcome?.type === "refused" ? decision.outcome.code : decision.outcome?.type

/** A saga that has come so far: 1 its line is reserved, 2 it is charged, 3 it is shipped and so at its end. */
function at(steps: number): Driver {
  const driver = drive(placeOrder.logic)
  driver.start(oneLine)
  const answers = [
    ["inventory.reserve/P11", done()],
    ["payment.charge/c-1", done({ id: "pay-1" })],
  ] as const
  for (const [target, outcome] of answers.slice(0, steps)) driver.reply(target, outcome)
  driver.news()
  return driver
}

test("a cancelled saga undoes what was done; what is in flight is waited for", () => {
  const driver = at(1)
  assert.equal(code(driver.ask(placeOrder.cancel("o-1", author))), "done")
  assert.deepEqual(driver.news(), [])
  assert.equal(code(driver.ask(placeOrder.cancel("o-1", author))), "compensating")
  driver.reply("payment.charge/c-1", done({ id: "pay-1" }))
  driver.reply("payment.refund/c-1", done())
  assert.deepEqual(driver.news(), ["undo payment.refund/c-1", "undo inventory.release/P11"])
  assert.equal(driver.reply("inventory.release/P11", done()).ended?.reason, "cancelled")
})

test("from the pivot on a cancel is refused and changes nothing", () => {
  const driver = at(2)
  const before = driver.state
  assert.equal(code(driver.ask(placeOrder.cancel("o-1", author))), "past-pivot")
  assert.equal(driver.state, before)
})

test("a killed saga ends where it stands, and says what it leaves", () => {
  const driver = at(1)
  const { ended, send } = driver.ask(placeOrder.kill("o-1", author))
  assert.deepEqual([ended?.outcome, send], ["killed", undefined])
  assert.deepEqual(driver.ended()?.leaves, ["inventory.reserve/P11", "payment.charge/c-1"])
  assert.equal(driver.timers.size, 0)
})

test("a paused saga stands still; resumed it sends again what is open, under the same effect keys", () => {
  const driver = at(1)
  driver.start(oneLine, { subject: "_INBOX.a", request: "a" })
  driver.ask(placeOrder.pause("o-1", author))
  assert.equal(driver.timers.size, 0)
  driver.reply("payment.charge/c-1", done({ id: "pay-1" }))
  assert.deepEqual(driver.news(), [])
  driver.ask(placeOrder.resume("o-1", author))
  assert.deepEqual(driver.news(), ["do payment.charge/c-1"])
  driver.reply("payment.charge/c-1", done({ id: "pay-1" }))
  const { answer } = driver.reply("shipping.book/o-1", done({ tracking: "T" }))
  assert.equal(answer?.length, 1, "who waits goes on waiting")
})

test("retry now ends the pauses before further tries", () => {
  const driver = at(1)
  assert.equal(code(driver.ask(placeOrder.retryNow("o-1"))), "not-pausing")
  driver.reply("payment.charge/c-1", faulted())
  driver.ask(placeOrder.retryNow("o-1"))
  assert.deepEqual(driver.news(), ["do payment.charge/c-1 #2"])
})

test("a skipped step counts as done with the operator's answer, and is undone like one", () => {
  const driver = at(1)
  driver.ask(placeOrder.skipStep("o-1", "charge", { id: "by hand" }, author))
  assert.deepEqual(driver.news(), ["do shipping.book/o-1"])
  driver.reply("shipping.book/o-1", refused("no-truck"))
  assert.deepEqual(driver.news(), ["undo payment.refund/c-1"])
  assert.equal(code(driver.ask(placeOrder.skipStep("o-1", "charge", null, author))), "not-open")
})

test("a step past the pivot that failed may be skipped, or the saga compensated by order", () => {
  const parked = () => {
    const driver = at(2)
    while (driver.row().parked === undefined) driver.fire("shipping.book/o-1")
    driver.news()
    return driver
  }
  const passed = parked()
  const decision = passed.ask(placeOrder.skipStep("o-1", "ship", { tracking: "T" }, author))
  assert.deepEqual([decision.ended?.outcome, decision.resumed], ["completed", true])
  const compensated = parked()
  compensated.ask(placeOrder.compensate("o-1", author))
  assert.deepEqual(compensated.news(), [], "the pivot's outcome is waited for")
})

test("an undo that failed for good may be abandoned: the others are still done, and the order is remembered", () => {
  const driver = at(1)
  driver.reply("payment.charge/c-1", refused("no-money"))
  driver.reply("inventory.release/P11", refused("stuck"))
  assert.equal(driver.row().parked?.code, "UNDO_FAILED")
  const { ended, resumed } = driver.ask(placeOrder.abandonUndo("o-1", author))
  assert.deepEqual([ended?.outcome, resumed], ["compensated", true])
})

test("orders are remembered with who and why", () => {
  const driver = at(1)
  driver.ask(placeOrder.pause("o-1", author))
  driver.nowMs += 5
  driver.ask(placeOrder.resume("o-1", { by: "bob", why: "mended" }))
  assert.deepEqual(driver.row().orders, [
    { order: "pause", ...author, atMs: 1_000_000 },
    { order: "resume", by: "bob", why: "mended", atMs: 1_000_005 },
  ])
})

const Address = Schema.toStandardSchemaV1(Schema.Struct({ city: Schema.String }))
const moving = saga("moving", { input: Address, version: 1 })
  .accepts("address", Address, ({ city }, { input }) => (city === input.city ? "same-city" : undefined))
  .step("first", {
    run: ({ updates }) => payment.charge("a", { orderId: JSON.stringify(updates), cents: 1 }),
    undo: "nothing",
  })
  .step("second", {
    run: ({ updates }) => payment.charge("b", { orderId: JSON.stringify(updates), cents: 1 }),
    undo: "nothing",
  })

test("an update is accepted or refused at once; steps that were sent before go on as they were", () => {
  const driver = drive(moving.logic)
  driver.start({ city: "Bonn" })
  assert.equal(code(driver.ask(moving.update("o-1", "address", { city: "Bonn" }))), "same-city")
  assert.equal(code(driver.ask(moving.update("o-1", "address", { town: "Ulm" }))), "invalid-update")
  assert.equal(code(driver.ask(moving.update("o-1", "other", {}))), "unknown-update")
  assert.equal(code(driver.ask(moving.update("o-1", "address", { city: "Ulm" }))), "done")
  driver.fire("payment.charge/a")
  driver.fire("payment.charge/a")
  assert.deepEqual(
    driver.sent.map(({ payload }) => payload),
    [1, 2].map(() => ({ orderId: "{}", cents: 1 })),
  )
  driver.reply("payment.charge/a", done())
  assert.deepEqual(driver.sent.at(-1)?.payload, { orderId: '{"address":{"city":"Ulm"}}', cents: 1 })
})

test("an order to a saga that never started, or has ended, is refused", () => {
  const never = drive(placeOrder.logic)
  assert.equal(code(never.ask(placeOrder.cancel("o-1"))), "not-started")
  const driver = at(0)
  driver.reply("inventory.reserve/P11", refused("out-of-stock"))
  for (const order of [placeOrder.cancel("o-1"), placeOrder.pause("o-1", author), placeOrder.retryNow("o-1")]) {
    assert.equal(code(driver.ask(order)), "ended")
  }
})
