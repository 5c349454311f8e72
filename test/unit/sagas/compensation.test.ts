// Turning back: what is undone, in which order, and when it stops.
import assert from "node:assert/strict"
import { test } from "node:test"
import { saga } from "../../../sagas/index.ts"
import { done, drive, type Driver, faulted, refused } from "./driver.ts"
import { inventory, order, OrderSchema, payment, placeGiftOrder, placeOrder } from "./shop.ts"

function started(input = order, saga: { readonly logic: typeof placeOrder.logic } = placeOrder): Driver {
  const driver = drive(saga.logic)
  driver.start(input)
  driver.news()
  return driver
}

function reserveAll(driver: Driver): void {
  for (const { sku } of order.lines) driver.reply(`inventory.reserve/${sku}`, done())
}

/** Lets every try of the command run into its timeout, and every pause end. */
function exhaust(driver: Driver, target: string): void {
  const effect = driver.sent.findLast(({ to, name }) => `${to.service}.${name}/${to.key}` === target)?.effect ?? target
  while (driver.timers.has(effect)) driver.fire(effect)
}

test("a refusal at the last step undoes what was done, latest first, each once, each settled before the next", () => {
  const saga = started()
  reserveAll(saga)
  saga.reply("payment.charge/c-1", done({ id: "pay-1" }))
  saga.news()
  saga.reply("shipping.book/o-1", refused("no-truck"))
  assert.deepEqual(saga.news(), ["undo payment.refund/c-1"])
  saga.reply("payment.refund/c-1", done())
  assert.deepEqual(saga.news(), ["undo inventory.release/P72"])
  saga.reply("inventory.release/P72", done())
  assert.deepEqual(saga.news(), ["undo inventory.release/P42"])
  saga.reply("inventory.release/P42", done())
  assert.deepEqual(saga.news(), ["undo inventory.release/P11"])
  const last = saga.reply("inventory.release/P11", done())
  assert.deepEqual(last.ended, { outcome: "compensated", startedMs: 1_000_000, reason: "no-truck" })
  assert.deepEqual(saga.emitted, [{ name: "OrderCancelled", payload: { orderId: "o-1", reason: "no-truck" } }])
  assert.equal(saga.timers.size, 0)
})

test("an undo names the effect that it takes back and has an effect key of its own", () => {
  const saga = started()
  saga.reply("inventory.reserve/P11", done())
  saga.reply("inventory.reserve/P42", done())
  saga.reply("inventory.reserve/P72", refused("out-of-stock"))
  const [undo] = saga.sent.slice(-1)
  assert.deepEqual(undo, {
    to: { service: "inventory", key: "P42" },
    name: "release",
    payload: null,
    effect: "place-order/o-1:4:0",
    direction: "undo",
    undoes: "place-order/o-1:1:1",
    attempt: 1,
  })
})

test("a refusal at the first step, with nothing done, runs no compensation", () => {
  const saga = started({ ...order, lines: order.lines.slice(0, 1) })
  const { ended } = saga.reply("inventory.reserve/P11", refused("out-of-stock"))
  assert.deepEqual(ended, { outcome: "compensated", startedMs: 1_000_000, reason: "out-of-stock" })
  assert.deepEqual(saga.news(), [])
})

test("a conditional step that was skipped forward is skipped in the unwind", () => {
  const saga = started({ ...order, lines: [] }, placeGiftOrder)
  saga.reply("payment.charge/c-1", done({ id: "pay-1" }))
  assert.deepEqual(saga.news(), ["do shipping.book/o-1"])
  saga.reply("shipping.book/o-1", refused("no-truck"))
  assert.deepEqual(saga.news(), ["undo payment.refund/c-1"])
})

test("an undo that fails once is sent again under the same effect key, and the saga is compensated", () => {
  const saga = started({ ...order, lines: [] })
  saga.reply("payment.charge/c-1", done({ id: "pay-1" }))
  saga.reply("shipping.book/o-1", refused("no-truck"))
  saga.news()
  saga.reply("payment.refund/c-1", faulted())
  saga.fire("payment.refund/c-1")
  assert.deepEqual(saga.news(), ["undo payment.refund/c-1 #2"])
  const undos = saga.sent.filter(({ direction }) => direction === "undo")
  assert.equal(new Set(undos.map(({ effect }) => effect)).size, 1)
  assert.equal(saga.reply("payment.refund/c-1", done()).ended?.outcome, "compensated")
})

test("an undo that fails for good parks the saga, which names the step and the item and keeps its row", () => {
  const saga = started()
  reserveAll(saga)
  saga.reply("payment.charge/c-1", refused("no-money"))
  saga.reply("inventory.release/P72", done())
  exhaust(saga, "inventory.release/P42")
  const { parked, value, items, open } = saga.row()
  assert.deepEqual([parked?.code, parked?.step, parked?.item, value], ["UNDO_FAILED", "reserve", 1, "unwinding"])
  assert.match(parked?.message ?? "", /place-order\/o-1 in state unwinding, item 1 \(inventory\.reserve\/P42\).*STEP_TIMEOUT/)
  assert.deepEqual(items["reserve"], ["done", "done", "undone"])
  assert.equal(Object.keys(open).length, 1)
  assert.equal(saga.timers.size, 0)
  const undo = "undo inventory.release/P42"
  assert.deepEqual(saga.news().slice(-3), [undo, `${undo} #2`, `${undo} #3`])
})

test("an undo that is refused parks the saga at once", () => {
  const saga = started({ ...order, lines: [] })
  saga.reply("payment.charge/c-1", done({ id: "pay-1" }))
  saga.reply("shipping.book/o-1", refused("no-truck"))
  assert.equal(saga.reply("payment.refund/c-1", refused("too-late")).parked?.code, "UNDO_FAILED")
})

test("a parked undo goes on when an operator resumes it, with the same effect key", () => {
  const saga = started({ ...order, lines: order.lines.slice(0, 1) })
  saga.reply("inventory.reserve/P11", done())
  saga.reply("payment.charge/c-1", refused("no-money"))
  exhaust(saga, "inventory.release/P11")
  const effect = saga.sent.at(-1)?.effect
  saga.news()
  assert.deepEqual(saga.resume().outcome, { type: "done", value: null })
  assert.deepEqual(saga.news(), ["undo inventory.release/P11"])
  assert.equal(saga.sent.at(-1)?.effect, effect)
  assert.equal(saga.timers.size, 1)
  assert.equal(saga.reply("inventory.release/P11", done()).ended?.outcome, "compensated")
})

test("after one item is refused the others are waited for, and then only what happened or may have is undone", () => {
  const saga = started()
  saga.reply("inventory.reserve/P42", refused("out-of-stock"))
  assert.deepEqual(saga.news(), [])
  saga.reply("inventory.reserve/P11", done())
  assert.deepEqual(saga.news(), [])
  saga.fire("inventory.reserve/P72")
  assert.deepEqual(saga.news(), ["undo inventory.release/P72"])
  assert.deepEqual(saga.row().items["reserve"], ["done", "refused", "unknown"])
  saga.reply("inventory.release/P72", done())
  assert.deepEqual(saga.news(), ["undo inventory.release/P11"])
  assert.equal(saga.reply("inventory.release/P11", done()).ended?.reason, "out-of-stock")
})

test("an item that pauses between tries is not tried again once its step will be undone", () => {
  const saga = started({ ...order, lines: order.lines.slice(0, 2) })
  saga.reply("inventory.reserve/P11", faulted())
  saga.reply("inventory.reserve/P42", refused("out-of-stock"))
  saga.fire("inventory.reserve/P11")
  assert.deepEqual(saga.news(), ["undo inventory.release/P11"])
})

test("an outcome that stays unknown is undone too", () => {
  const saga = started({ ...order, lines: order.lines.slice(0, 1) })
  saga.reply("inventory.reserve/P11", done())
  saga.news()
  exhaust(saga, "payment.charge/c-1")
  assert.deepEqual(saga.news(), ["do payment.charge/c-1 #2", "undo payment.refund/c-1"])
  saga.reply("payment.refund/c-1", done())
  assert.equal(saga.reply("inventory.release/P11", done()).ended?.reason, "STEP_TIMEOUT")
})

test("a command that faults on every try is unknown, and its fault's code is the reason", () => {
  const saga = started({ ...order, lines: [] })
  saga.reply("payment.charge/c-1", { type: "faulted", code: "HANDLER_DEFECT", message: "it threw" })
  saga.fire("payment.charge/c-1")
  saga.reply("payment.charge/c-1", { type: "faulted", code: "HANDLER_DEFECT", message: "it threw" })
  assert.deepEqual(saga.news(), ["do payment.charge/c-1 #2", "undo payment.refund/c-1"])
  assert.equal(saga.reply("payment.refund/c-1", done()).ended?.reason, "HANDLER_DEFECT")
})

test("a pivot whose outcome is unknown parks the saga and undoes nothing", () => {
  const saga = started({ ...order, lines: [] })
  saga.reply("payment.charge/c-1", done({ id: "pay-1" }))
  saga.news()
  exhaust(saga, "shipping.book/o-1")
  assert.deepEqual([saga.row().parked?.code, saga.row().parked?.step], ["PIVOT_UNKNOWN", "ship"])
  assert.deepEqual(saga.news(), ["do shipping.book/o-1 #2", "do shipping.book/o-1 #3", "do shipping.book/o-1 #4"])
})

test("a parked pivot that is resumed hears the answer and goes on, forward or back", () => {
  for (const [outcome, end] of [[done({ tracking: "T1" }), "completed"], [refused("no-truck"), "compensated"]] as const) {
    const saga = started({ ...order, lines: [] })
    saga.reply("payment.charge/c-1", done({ id: "pay-1" }))
    exhaust(saga, "shipping.book/o-1")
    saga.resume()
    saga.reply("shipping.book/o-1", outcome)
    if (end === "compensated") saga.reply("payment.refund/c-1", done())
    assert.equal(saga.ended()?.outcome, end)
  }
})

test("after the pivot there is only forward: a refusal or an unknown outcome parks and undoes nothing", () => {
  for (const fail of [
    (saga: Driver) => saga.reply("mail.send/c-1", refused("no-address")),
    (saga: Driver) => saga.fire("mail.send/c-1"),
  ]) {
    const saga = started({ ...order, lines: [] }, placeGiftOrder)
    saga.reply("payment.charge/c-1", done({ id: "pay-1" }))
    saga.reply("shipping.book/o-1", done({ tracking: "T1" }))
    saga.news()
    assert.equal(fail(saga).parked?.code, "STEP_AFTER_PIVOT_FAILED")
    assert.deepEqual([saga.row().parked?.step, saga.row().value], ["tell", "tell"])
    assert.deepEqual(saga.news(), [])
    saga.resume()
    assert.deepEqual(saga.news(), ["do mail.send/c-1"])
    assert.equal(saga.reply("mail.send/c-1", done()).ended?.outcome, "completed")
  }
})

test("a fan-out after the pivot parks with its first failure, and when resumed sends again whatever is still open", () => {
  const steps = saga("steps", { input: OrderSchema, version: 1 })
    .step("first", { run: () => payment.charge("a", { orderId: "o", cents: 1 }), pivot: true })
    .forEach("reserve", ({ input }) => input.lines, { run: (line) => inventory.reserve(line.sku, { orderId: "o", quantity: 1 }) })
  const driver = drive(steps.logic)
  driver.start(order)
  driver.reply("payment.charge/a", done())
  driver.reply("inventory.reserve/P42", done())
  driver.news()
  const { parked, send } = driver.reply("inventory.reserve/P11", refused("out-of-stock"))
  assert.deepEqual([parked?.code, send], ["STEP_AFTER_PIVOT_FAILED", undefined])
  driver.reply("inventory.reserve/P72", done())
  assert.deepEqual(driver.row().items["reserve"], ["pending", "done", "pending"])
  driver.resume()
  assert.deepEqual(driver.news(), ["do inventory.reserve/P11", "do inventory.reserve/P72"])
  driver.reply("inventory.reserve/P72", done())
  assert.equal(driver.reply("inventory.reserve/P11", done()).ended?.outcome, "completed")
})

test('a step with undo "nothing" is passed over in the unwind', () => {
  const steps = saga("steps", { input: OrderSchema, version: 1 })
    .step("first", { run: () => payment.charge("a", { orderId: "o", cents: 1 }), undo: () => payment.refund("a") })
    .step("second", { run: () => inventory.reserve("b", { orderId: "o", quantity: 1 }), undo: "nothing" })
    .step("third", { run: () => payment.charge("c", { orderId: "o", cents: 1 }), undo: () => payment.refund("c") })
  const driver = drive(steps.logic)
  driver.start(order)
  driver.reply("payment.charge/a", done())
  driver.reply("inventory.reserve/b", done())
  driver.news()
  driver.reply("payment.charge/c", refused("no-money"))
  assert.deepEqual(driver.news(), ["undo payment.refund/a"])
})

test("an undo is given what its run was given: never its own result, nor a later one", () => {
  const given = new Map<string, readonly string[]>()
  const always = ["input", "sagaId", "token", "updates"]
  const charge = (key: string) => payment.charge(key, { orderId: "o", cents: 1 })
  const refund = (key: string) => (context: object) => {
    given.set(key, Object.keys(context).toSorted())
    return payment.refund(key)
  }
  const steps = saga("steps", { input: OrderSchema, version: 1 })
    .step("first", { run: () => charge("a"), undo: refund("a") })
    .step("second", { run: () => charge("b"), undo: refund("b") })
    .step("third", { run: () => charge("c"), pivot: true })
  const driver = drive(steps.logic)
  driver.start(order)
  for (const key of ["a", "b"]) driver.reply(`payment.charge/${key}`, done({ id: key }))
  driver.reply("payment.charge/c", refused("no-money"))
  driver.reply("payment.refund/b", done())
  assert.deepEqual([...given], [["b", ["first", ...always]], ["a", always]])
})
