// How a saga stands, what it waits for and what it is found by, as its actor tells tools; and how its run is drawn, also when
// it has ended.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import type { Inspection } from "../../../runtime/actor/inspection.ts"
import type { ActorLogic } from "../../../runtime/actor/logic.ts"
import { InvalidInput } from "../../../runtime/index.ts"
import { limits } from "../../../runtime/kernel/limits.ts"
import { saga, sagaPictures, versions } from "../../../sagas/index.ts"
import { done, drive, type Driver, faulted, refused } from "./driver.ts"
import { rawOrder } from "./machine-order.ts"
import { order, OrderSchema, payment } from "./shop.ts"

const Text = Schema.toStandardSchemaV1(Schema.Struct({ text: Schema.String }))
const author = { by: "ann", why: "a test" }
const empty = saga("order", { input: OrderSchema, version: 3, maxDuration: "1 day" })
const charge = { run: () => payment.charge("c-1", { orderId: "o", cents: 1 }), undo: () => payment.refund("c-1") }
const child = saga("child", { input: Text, version: 1 }).awaitSignal("go", Text)

const full = empty
  .step("charge", charge)
  .attributes(({ input, charge: paid }) => ({
    customer: input.customerId, cents: input.totalCents, big: input.totalCents > 5, paid: paid === undefined ? "no" : "yes",
  }))
  .parallel("all", {
    a: (branch) => branch.awaitSignal("approval", Text, { timeout: "1 hour" }),
    b: (branch) => branch.awaitToken("courier", Text),
    c: (branch) => branch.sleep("night", "8 hours"),
    d: (branch) => branch.child("helper", child, { key: () => "h-1", input: () => ({ text: "x" }), onUndo: "revert" }),
  })
  .accepts("address", Text, () => undefined)
  .returns(() => ({ all: "well" }))

function inspected({ inspect }: ActorLogic, driver: Driver): Inspection {
  assert.ok(inspect !== undefined && driver.state !== undefined)
  return inspect(driver.state, driver.self)
}

test("a saga tells its phase, its state and what it waits for: tries, undos, signals, tokens, times and children", () => {
  const driver = drive(full.logic)
  driver.start(order)
  const first = inspected(full.logic, driver)
  assert.deepEqual([first.phase, first.state, first.definition?.version], ["running", "charge", 3])
  assert.equal(first.deadlineMs, first.startedMs + 86_400_000)
  const [command] = first.waits
  assert.deepEqual([command?.kind, command?.to, command?.command, command?.attempt], [
    "command", { service: "payment", key: "c-1" }, "charge", 1,
  ])
  driver.reply("payment.charge/c-1", faulted())
  const [retry] = inspected(full.logic, driver).waits
  assert.deepEqual([retry?.kind, retry?.fault?.code], ["retry", "POISON"])
  driver.fire("payment.charge/c-1")
  driver.reply("payment.charge/c-1", done({ id: "p" }))
  const open = inspected(full.logic, driver)
  assert.deepEqual(open.waits.map(({ kind, step }) => `${kind} ${step}`).toSorted(), [
    "child helper", "signal approval", "time night", "token courier",
  ])
  assert.deepEqual(open.children, [{ saga: "child", key: "h-1", step: "helper" }])
  driver.ask(full.cancel("o-1", author))
  driver.reply("child.start/h-1", refused("undone"))
  const back = inspected(full.logic, driver)
  assert.deepEqual([back.phase, back.reason], ["compensating", "cancelled"])
  assert.deepEqual(back.orders.map(({ order: name, by, why }) => [name, by, why]), [["cancel", "ann", "a test"]])
  const [undo] = back.waits
  assert.deepEqual([back.waits.length, undo?.kind, undo?.to?.key, undo?.command], [1, "undo", "h-1", undefined])
  assert.deepEqual(full.logic.accepted?.(), {
    signals: ["approval"], tokens: ["courier"], updates: ["address"], steps: ["charge", "helper"],
  })
})

test("what it is found by follows its progress, and is kept with its end, as are its orders", () => {
  const driver = drive(full.logic)
  driver.start(order)
  const { customerId: customer, totalCents: cents } = order
  assert.deepEqual(inspected(full.logic, driver).attributes, { customer, cents, big: cents > 5, paid: "no" })
  const paid = drive(full.logic)
  paid.start(order)
  paid.reply("payment.charge/c-1", done({ id: "p" }))
  assert.equal(inspected(full.logic, paid).attributes["paid"], "yes")
  driver.ask(full.pause("o-1", author))
  assert.equal(inspected(full.logic, driver).phase, "paused")
  driver.ask(full.resume("o-1", author))
  driver.reply("payment.charge/c-1", refused("no-money"))
  const ended = inspected(full.logic, driver)
  const { phase, reason, attributes, waits } = ended
  assert.deepEqual([phase, reason, attributes["customer"], waits], ["compensated", "no-money", customer, []])
  assert.deepEqual(ended.orders.map(({ order: name }) => name), ["pause", "resume"])
  const killed = drive(full.logic)
  killed.start(order)
  killed.ask(full.kill("o-1", author))
  const end = inspected(full.logic, killed)
  assert.deepEqual([end.phase, end.attributes["customer"], end.orders.map(({ why }) => why)], ["killed", customer, ["a test"]])
})

test("a signal with somebody's name is noted among the orders; one of a program is not", () => {
  const driver = drive(full.logic)
  driver.start(order)
  driver.ask(full.signal("o-1", "approval", { text: "well" }))
  assert.deepEqual(inspected(full.logic, driver).orders, [])
  const other = drive(full.logic)
  other.start(order)
  const payload = { name: "approval", payload: { text: "well" }, ...author }
  other.ask({ service: "order", key: "o-1", name: "signal", payload })
  assert.deepEqual(inspected(full.logic, other).orders.map(({ order: name, by }) => [name, by]), [["signal approval", "ann"]])
})

test("attributes that throw, or cannot be searched, are left out and stop nothing", () => {
  const long = "x".repeat(limits.attributeTextMax + 1)
  const odd = { "good": 1, "bad name": 1, "none": Number.NaN, "list": [1], long, "no": false }
  // cast: what plain JavaScript may give
  const strange = empty.attributes(() => odd as unknown as Record<string, string>).step("charge", charge)
  const driver = drive(strange.logic)
  driver.start(order)
  assert.deepEqual(inspected(strange.logic, driver).attributes, { good: 1, long: long.slice(1), no: false })
  const numbers = Object.fromEntries(Array.from({ length: 99 }, (_, n) => [`a${n}`, n]))
  const many = empty.attributes(() => numbers).step("charge", charge)
  const other = drive(many.logic)
  other.start(order)
  assert.equal(Object.keys(inspected(many.logic, other).attributes).length, limits.attributesPerSagaMax)
  const throwing = empty.attributes(() => {
    throw new InvalidInput("a defect")
  }).step("charge", { ...charge, undo: "nothing" as const })
  const third = drive(throwing.logic)
  third.start(order)
  third.reply("payment.charge/c-1", done({ id: "p" }))
  assert.deepEqual([inspected(throwing.logic, third).phase, inspected(throwing.logic, third).attributes], ["completed", {}])
})

test("a saga with a machine of its own tells its open commands, and versions tell by the one that decides", () => {
  const raw = drive(rawOrder.logic)
  raw.start(order)
  const seen = inspected(rawOrder.logic, raw)
  assert.deepEqual([seen.phase, seen.waits[0]?.kind, seen.waits[0]?.to?.service], ["running", "command", "inventory"])
  assert.equal(sagaPictures.svg(rawOrder.logic), undefined, "it has no steps to be drawn")
  const older = saga("order", { input: OrderSchema, version: 2 }).step("pay", charge)
  const both = versions(older, full)
  const driver = drive(older.logic)
  driver.start(order)
  assert.deepEqual(inspected(both.logic, driver).waits.map(({ step }) => step), ["pay"])
  assert.deepEqual(both.logic.accepted?.(driver.state).steps, ["pay"])
  assert.deepEqual(both.logic.accepted?.().steps, ["charge", "helper"])
  const run = { key: "o-1", state: driver.state!, nowMs: driver.nowMs }
  assert.match(sagaPictures.svg(both.logic, run) ?? "", /order, version 2/)
  assert.match(sagaPictures.svg(both.logic) ?? "", /order, version 3/)
})

test("a run that has ended is drawn with the state before its end: what was done, what failed, what was not run", () => {
  const twoSteps = empty.step("charge", charge).step("again", charge)
  const marks = (driver: Driver, before: Driver["state"]) => {
    const run = { key: "o-1", state: driver.state!, ...(before === undefined ? {} : { before }), nowMs: driver.nowMs }
    const svg = sagaPictures.svg(twoSteps.logic, run) ?? ""
    assert.deepEqual(sagaPictures.graph(twoSteps.logic, run) === undefined, false)
    return new Set([...svg.matchAll(/class="mark"[^>]*>([^<]*)</g)].map(([, text = ""]) => text))
  }
  const well = drive(twoSteps.logic)
  well.start(order)
  well.reply("payment.charge/c-1", done({ id: "p" }))
  const before = well.state
  well.reply("payment.charge/c-1", done({ id: "q" }))
  assert.deepEqual(marks(well, before), new Set(["✓ done", "✓ it ended here"]))
  const poor = drive(twoSteps.logic)
  poor.start(order)
  const started = poor.state
  poor.reply("payment.charge/c-1", refused("no-money"))
  assert.deepEqual(marks(poor, started), new Set(["✗ refused: no-money", "not run", "↶ it ended here"]))
  assert.deepEqual(marks(poor, undefined), new Set(["↶ it ended here"]), "without it only the end is known")
})
