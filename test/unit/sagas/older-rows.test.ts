// What a saga has open was kept under whole effect keys once. Journals with such rows are read for ever.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { saga, type SagaRow } from "../../../sagas/index.ts"
import { openByEffect } from "../../../sagas/machine/slots.ts"
import { done, drive, type Driver, faulted, refused } from "./driver.ts"
import { inventory, order, OrderSchema, payment } from "./shop.ts"

const Note = Schema.toStandardSchemaV1(Schema.Struct({ text: Schema.String }))
const tries = { timeout: "10 seconds", retry: { times: 1, from: "1 second" } } as const

const both = saga("both", { input: OrderSchema, version: 1 })
  .forEach("reserve", () => ["P1", "P2"], {
    run: (sku) => inventory.reserve(sku, { orderId: "o", quantity: 1 }),
    undo: (sku) => inventory.release(sku),
    ...tries,
  })
  .awaitSignal("approval", Note, { timeout: "1 hour" })
  .step("charge", { run: () => payment.charge("c-1", { orderId: "o", cents: 1 }), undo: "nothing", ...tries })

const acts: readonly ((driver: Driver) => unknown)[] = [
  (driver) => driver.start(order),
  (driver) => driver.reply("inventory.reserve/P1", faulted()),
  (driver) => driver.fire("inventory.reserve/P1"),
  (driver) => driver.reply("inventory.reserve/P2", done({ reserved: 2 })),
  (driver) => driver.ask(both.pause("o-1", { by: "ann", why: "x" })),
  (driver) => driver.ask(both.resume("o-1", { by: "ann", why: "x" })),
  (driver) => driver.reply("inventory.reserve/P1", done({ reserved: 1 })),
  (driver) => driver.ask(both.signal("o-1", "approval", { text: "yes" })),
  (driver) => driver.fire("payment.charge/c-1"),
  (driver) => driver.reply("payment.charge/c-1", refused("no-money")),
  (driver) => driver.reply("inventory.release/P2", done()),
  (driver) => driver.fire("inventory.release/P1"),
  (driver) => driver.reply("inventory.release/P1", done()),
]

/** As it was written before there were slots. */
function older(driver: Driver): SagaRow {
  return { ...driver.row(), open: Object.fromEntries(openByEffect(driver.row(), driver.self)) }
}

function play(olderAfter: number): Driver {
  const driver = drive(both.logic)
  for (const [n, act] of acts.entries()) {
    if (n === olderAfter) driver.become(older(driver))
    act(driver)
  }
  return driver
}

test("a row whose open commands are kept under effect keys goes on, wherever it stands, as if they were under slots", () => {
  const expected = play(-1)
  assert.equal(expected.ended()?.outcome, "compensated")
  for (let n = 1; n < acts.length; n += 1) {
    const { sent, state, timers } = play(n)
    assert.deepEqual({ sent, state, timers }, { sent: expected.sent, state: expected.state, timers: expected.timers })
  }
})

test("the names of what is open are the same for every saga, and effect keys are not", () => {
  const [one, other] = ["o-1", "o-2"].map((key) => drive(both.logic, key))
  assert.ok(one && other)
  for (const driver of [one, other]) driver.start(order)
  assert.deepEqual(Object.keys(one.row().open), ["1:0", "1:1"])
  assert.deepEqual(one.row().open, other.row().open)
  assert.deepEqual(other.sent.map(({ effect }) => effect), ["both/o-2:1:0", "both/o-2:1:1"])
  assert.deepEqual([...other.timers.keys()], ["both/o-2:1:0", "both/o-2:1:1"])
})

test("a slot is no effect key: a reply under one, or under another saga's, changes nothing", () => {
  const driver = drive(both.logic)
  driver.start(order)
  const before = driver.state
  for (const effect of ["1:0", "both/o-1:", "both/o-2:1:0", "other/o-1:1:0", ":1:0"]) driver.reply(effect, done())
  assert.equal(driver.state, before)
})
