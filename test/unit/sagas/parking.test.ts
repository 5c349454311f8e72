// What cannot be decided parks the saga instead of throwing, keeps the row, and can be resumed once it is mended.
import assert from "node:assert/strict"
import { test } from "node:test"
import type { Command } from "../../../runtime/message/contract.ts"
import { saga } from "../../../sagas/index.ts"
import { openByEffect } from "../../../sagas/machine/slots.ts"
import { done, drive, faulted, refused } from "./driver.ts"
import { inventory, order, OrderSchema, payment, placeOrder } from "./shop.ts"

const reserve = (key = "P11") => inventory.reserve(key, { orderId: "o", quantity: 1 })
const fail = (): never => {
  throw new RangeError("boom")
}

/** A saga of one fan-out step that is turned back by a second step. */
function twoSteps(first: { list?: () => readonly string[]; run?: (sku: string) => Command; undo?: (sku: string) => Command }) {
  const { list = () => ["P11"], run = reserve, undo = (sku: string) => inventory.release(sku) } = first
  return saga("two", { input: OrderSchema, version: 1 })
    .forEach("reserve", list, { run, undo, retry: { times: 1 } })
    .step("charge", { run: () => payment.charge("c-1", { orderId: "o", cents: 1 }), undo: "nothing" })
}

test("a run function that throws parks the saga with the reason, and nothing is sent", () => {
  const driver = drive(twoSteps({ run: fail }).logic)
  const { parked, send } = driver.start(order)
  assert.deepEqual([parked?.code, send], ["POISON", undefined])
  assert.match(parked?.message ?? "", /saga two\/o-1 in state new: step reserve: run threw: boom; it waits for an operator/)
  assert.deepEqual(driver.row().input, order)
})

test("what was thrown is kept as text that survives JSON", () => {
  const driver = drive(twoSteps({ run: fail }).logic)
  driver.start(order)
  const { parked } = JSON.parse(JSON.stringify(driver.state))
  assert.match(parked.message, /boom/)
  assert.doesNotMatch(parked.message, /at .*\.ts/)
})

test("a list function that throws, or returns no array, parks the saga", () => {
  assert.equal(drive(twoSteps({ list: fail }).logic).start(order).parked?.code, "POISON")
  // cast: what plain JavaScript could return
  const notAList = () => "P11" as unknown as readonly string[]
  assert.match(drive(twoSteps({ list: notAList }).logic).start(order).parked?.message ?? "", /returned no array/)
})

test("an undo function that throws parks the saga, which still knows what is to be undone", () => {
  const driver = drive(twoSteps({ undo: fail }).logic)
  driver.start(order)
  driver.reply("inventory.reserve/P11", done())
  const { parked } = driver.reply("payment.charge/c-1", refused("no-money"))
  assert.equal(parked?.code, "POISON")
  assert.deepEqual(driver.row().items, { reserve: ["done"], charge: ["pending"] })
  assert.equal(driver.timers.size, 0)
})

test("a run that returns a promise, or nothing, parks the saga", () => {
  for (const value of [Promise.resolve(reserve()), undefined, "reserve"]) {
    // cast: what plain JavaScript could return
    const { parked } = drive(twoSteps({ run: () => value as unknown as Command }).logic).start(order)
    assert.match(parked?.message ?? "", /step reserve: run returned no command/)
  }
})

test("a run that returns an undo command parks the saga", () => {
  const { parked } = drive(twoSteps({ run: (sku) => inventory.release(sku) }).logic).start(order)
  assert.match(parked?.message ?? "", /run returned release, which is the undo of reserve/)
})

test("an undo that goes to another actor, undoes another command, or is no undo parks the saga", () => {
  const cases: readonly (readonly [(sku: string) => Command, RegExp])[] = [
    [() => inventory.release("P12"), /undo goes to inventory\/P12, its run went to inventory\/P11/],
    [(sku) => payment.refund(sku), /undo goes to payment\/P11, its run went to inventory\/P11/],
    [(sku) => reserve(sku), /reserve undoes nothing, its run sent reserve/],
    [(sku) => ({ ...inventory.release(sku), undoes: "other" }), /release undoes other, its run sent reserve/],
  ]
  for (const [undo, reason] of cases) {
    const driver = drive(twoSteps({ undo }).logic)
    driver.start(order)
    driver.reply("inventory.reserve/P11", done())
    const { parked } = driver.reply("payment.charge/c-1", refused("no-money"))
    assert.equal(parked?.code, "POISON")
    assert.match(parked.message, reason)
  }
})

test("a list or a run that answers otherwise when a command is sent again parks the saga", () => {
  let skus = ["P11"]
  const changing = [
    { list: () => skus },
    { run: () => reserve(`${skus.length}`) },
  ]
  for (const first of changing) {
    skus = ["P11"]
    const driver = drive(twoSteps(first).logic)
    driver.start(order)
    const effect = driver.sent[0]?.effect ?? ""
    driver.reply(effect, faulted())
    skus = ["P11", "P12"]
    driver.fire(effect)
    assert.match(driver.row().parked?.message ?? "", /must not change/)
  }
})

test("an end event that throws parks the saga before its end, and it can end after the mend", () => {
  let broken = true
  const loud = twoSteps({}).emits(() => (broken ? fail() : []))
  const driver = drive(loud.logic)
  driver.start(order, { subject: "_INBOX.a", request: "a" })
  driver.reply("inventory.reserve/P11", done())
  const { parked, answer } = driver.reply("payment.charge/c-1", done({ id: "pay-1" }))
  assert.equal(parked?.code, "POISON")
  assert.equal(answer?.[0]?.outcome.type, "faulted")
  broken = false
  driver.news()
  driver.resume()
  assert.deepEqual(driver.news(), ["do payment.charge/c-1"])
  assert.equal(driver.reply("payment.charge/c-1", done({ id: "pay-1" })).ended?.outcome, "completed")
})

test("a saga that could not start starts when it is resumed", () => {
  let broken = true
  const driver = drive(twoSteps({ run: (sku) => (broken ? fail() : reserve(sku)) }).logic)
  driver.start(order)
  assert.equal(driver.resume().parked?.code, "POISON")
  broken = false
  driver.resume()
  assert.deepEqual(driver.news(), ["do inventory.reserve/P11"])
  assert.equal(driver.row().parked, undefined)
})

test("a guard of the machine that throws parks the saga", () => {
  const forked = saga("forked", { input: OrderSchema, version: 1 })
    .when("gift", fail, (branch) => branch.step("wrap", { run: () => reserve(), undo: "nothing" }))
  const { parked } = drive(forked.logic).start(order)
  assert.equal(parked?.code, "POISON")
  assert.match(parked.message, /choice gift threw: boom/)
})

test("a parked saga takes no reply and no timer", () => {
  const driver = drive(twoSteps({ undo: fail }).logic)
  driver.start(order)
  driver.reply("inventory.reserve/P11", done())
  driver.reply("payment.charge/c-1", refused("no-money"))
  const before = driver.state
  driver.reply("payment.charge/c-1", done())
  const [effect = "", open] = openByEffect(driver.row(), driver.self)[0] ?? []
  driver.take({ type: "timer", to: driver.self, name: effect, dueMs: open?.dueMs ?? 0, payload: null })
  assert.equal(driver.state, before)
})

test("a saga that another version started is parked, and goes on where its version is", () => {
  const versions = ([1, 2] as const).map((version) => {
    return saga("place-order", { input: OrderSchema, version }).step("reserve", { run: () => reserve(), undo: "nothing" })
  })
  const [first, second] = versions.map(({ logic }) => drive(logic))
  assert.ok(first && second)
  first.start(order)
  second.adopt(first)
  assert.equal(second.reply("place-order/o-1:1:0", done()).parked?.code, "VERSION_MISMATCH")
  assert.match(second.row().parked?.message ?? "", /started by place-order version 1 .* this process has version 2/)
  assert.equal(second.resume().parked?.code, "VERSION_MISMATCH")
  first.adopt(second)
  first.resume()
  assert.equal(first.reply("inventory.reserve/P11", done()).ended?.outcome, "completed")
})

test("steps that were changed without a new version are noticed: a removed state does not throw", () => {
  const driver = drive(placeOrder.logic)
  driver.start(order)
  const renamed = saga("place-order", { input: OrderSchema, version: 1 }).step("book", { run: () => reserve(), undo: "nothing" })
  const other = drive(renamed.logic)
  other.adopt(driver)
  assert.equal(other.reply("place-order/o-1:1:0", done()).parked?.code, "DEFINITION_CHANGED")
  assert.match(other.row().parked?.message ?? "", /version 1 was changed.*give the changed steps a new version/)
})

test("other timeouts and retries are no other version", () => {
  const hasty = (timeout: number) => saga("s", { input: OrderSchema, version: 1 })
    .step("reserve", { run: () => reserve(), undo: "nothing", timeout, retry: { times: 0 } })
  const slow = drive(hasty(1_000).logic)
  const fast = drive(hasty(10).logic)
  slow.start(order)
  fast.adopt(slow)
  assert.equal(fast.reply("s/o-1:1:0", done()).ended?.outcome, "completed")
})
