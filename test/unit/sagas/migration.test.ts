// Whether another version can take a saga over, where it stands: what has begun must be alike, what is ahead may differ.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { InvalidInput } from "../../../runtime/index.ts"
import { type MigrationMap, migrationOf, saga, type SagaVersion } from "../../../sagas/index.ts"
import { openByEffect } from "../../../sagas/machine/slots.ts"
import { done, drive, type Driver, faulted, refused } from "./driver.ts"
import { inventory, mail, order, OrderSchema, payment, shipping } from "./shop.ts"

const Note = Schema.toStandardSchemaV1(Schema.Struct({ text: Schema.String }))
const begin = (version: number) => saga("order", { input: OrderSchema, version })
const reserve = {
  run: ({ sagaId }: { sagaId: string }) => inventory.reserve("P1", { orderId: sagaId, quantity: 1 }),
  undo: () => inventory.release("P1"),
}
const charge = {
  run: ({ sagaId }: { sagaId: string }) => payment.charge("c", { orderId: sagaId, cents: 1 }),
  undo: () => payment.refund("c"),
}
const wrap = { run: () => shipping.wrap("o", {}), undo: () => shipping.unwrap("o") }
const ship = { run: () => shipping.book("o", { paymentId: "p" }), pivot: true } as const
const tell = { run: () => mail.send("c", { tracking: "T" }) }

const v1 = begin(1).step("reserve", reserve).step("charge", charge).step("ship", ship).step("tell", tell)

/** Version 1 with so many steps answered. */
function at(steps: number, from: SagaVersion = v1): Driver {
  const driver = drive(from.logic)
  driver.start(order)
  const targets = ["inventory.reserve/P1", "payment.charge/c", "shipping.book/o"]
  for (const target of targets.slice(0, steps)) driver.reply(target, done())
  return driver
}

function verdict(driver: Driver, from: SagaVersion, to: SagaVersion, map?: MigrationMap): string {
  const row = driver.row()
  const before = JSON.stringify(row)
  const found = migrationOf(from, to, map).migrate(row, driver.self.key)
  assert.equal(JSON.stringify(row), before, "a dry run changes nothing")
  return found.ok ? "migrates" : found.code
}

/** Goes on with the new version. */
function migrated(driver: Driver, from: SagaVersion, to: SagaVersion, map?: MigrationMap): Driver {
  const found = migrationOf(from, to, map).migrate(driver.row(), driver.self.key)
  assert.ok(found.ok, "why" in found ? found.why : "")
  const next = drive(to.logic)
  next.adopt(driver)
  next.become(found.row)
  return next
}

test("what is ahead of an instance may differ, what is behind it or under way may not", () => {
  const rows: readonly (readonly [string, SagaVersion, readonly string[]])[] = [
    ["the same steps", begin(2).step("reserve", reserve).step("charge", charge).step("ship", ship).step("tell", tell),
      ["migrates", "migrates", "migrates", "migrates"]],
    ["a step more before the charge", begin(2).step("reserve", reserve).step("wrap", wrap).step("charge", charge)
      .step("ship", ship),
      ["migrates", "ORDER_CHANGED", "ORDER_CHANGED", "STEP_GONE"]],
    ["a step more in front", begin(2).step("wrap", wrap).step("reserve", reserve).step("charge", charge).step("ship", ship),
      ["ORDER_CHANGED", "ORDER_CHANGED", "ORDER_CHANGED", "STEP_GONE"]],
    ["the first step gone", begin(2).step("charge", charge).step("ship", ship).step("tell", tell),
      ["STEP_GONE", "STEP_GONE", "STEP_GONE", "STEP_GONE"]],
    ["the charge gone", begin(2).step("reserve", reserve).step("ship", ship).step("tell", tell),
      ["migrates", "STEP_GONE", "STEP_GONE", "STEP_GONE"]],
    ["another order", begin(2).step("charge", charge).step("reserve", reserve).step("ship", ship).step("tell", tell),
      ["ORDER_CHANGED", "ORDER_CHANGED", "ORDER_CHANGED", "ORDER_CHANGED"]],
    ["the pivot earlier", begin(2).step("reserve", reserve).step("charge", { run: charge.run, pivot: true })
      .step("ship", { run: ship.run }).step("tell", tell),
      ["migrates", "PIVOT_MOVED", "PIVOT_MOVED", "PIVOT_MOVED"]],
    ["no undo of the first step", begin(2).step("reserve", { ...reserve, undo: "nothing" }).step("charge", charge)
      .step("ship", ship).step("tell", tell), ["UNDO_CHANGED", "UNDO_CHANGED", "UNDO_CHANGED", "UNDO_CHANGED"]],
    ["a fan-out instead of the charge", begin(2).step("reserve", reserve).forEach("charge", () => [1], {
      run: () => payment.charge("c", { orderId: "o", cents: 1 }), undo: () => payment.refund("c") }).step("ship", ship)
      .step("tell", tell), ["migrates", "STEP_CHANGED", "STEP_CHANGED", "STEP_CHANGED"]],
    ["the reservation elsewhere", begin(2)
      .step("reserve", { run: () => inventory.reserve("P2", { orderId: "o", quantity: 1 }), undo: () => inventory.release("P2") })
      .step("charge", charge).step("ship", ship).step("tell", tell),
      ["TARGET_CHANGED", "TARGET_CHANGED", "TARGET_CHANGED", "TARGET_CHANGED"]],
  ]
  for (const [what, to, expected] of rows)
    assert.deepEqual([0, 1, 2, 3].map((steps) => verdict(at(steps), v1, to)), expected, what)
})

test("an instance that is being undone migrates if everything that it has begun can be undone alike", () => {
  const back = () => {
    const driver = at(1)
    driver.reply("payment.charge/c", refused("no-money"))
    return driver
  }
  const reordered = begin(2).step("charge", charge).step("wrap", wrap).step("reserve", reserve).step("ship", ship)
  assert.equal(verdict(back(), v1, reordered), "migrates")
  const there = migrated(back(), v1, reordered)
  assert.equal(there.reply("order/o-1:3:0", done()).ended?.outcome, "compensated")
  assert.equal(verdict(back(), v1, begin(2).step("reserve", reserve).step("ship", ship)), "STEP_GONE")
  const broken = begin(2).step("reserve", { ...reserve, undo: () => inventory.release("P9") }).step("charge", charge)
  assert.equal(verdict(back(), v1, broken), "TARGET_CHANGED")
})

test("an instance whose turning back would stop is left alone", () => {
  const to = begin(2).step("reserve", reserve).step("charge", charge).step("ship", ship).emits({
    compensated: () => {
      throw new Error("no words")
    },
  })
  assert.equal(verdict(at(1), v1, to), "CANNOT_TURN_BACK")
  assert.equal(verdict(at(2), v1, to), "migrates", "its pivot was sent: it is not turned back any more")
})

test("renamed steps keep their effect keys: replies, retries and undos go on under the new names", () => {
  const to = begin(2).step("hold", reserve).step("pay", charge).step("audit", wrap).step("book", ship)
  const map = { renamed: { reserve: "hold", charge: "pay", ship: "book" } }
  const driver = at(1)
  driver.reply("payment.charge/c", faulted())
  assert.equal(verdict(driver, v1, to), "STEP_GONE")
  const next = migrated(driver, v1, to, map)
  next.fire("order/o-1:2:0")
  assert.deepEqual(next.news(), ["do payment.charge/c #2"])
  next.reply("payment.charge/c", done())
  next.reply("shipping.wrap/o", refused("no-paper"))
  next.reply("payment.refund/c", done())
  assert.deepEqual(next.news(), ["do shipping.wrap/o", "undo payment.refund/c", "undo inventory.release/P1"])
  assert.equal(next.sent.at(-1)?.undoes, "order/o-1:1:0")
  assert.equal(next.reply("inventory.release/P1", done()).ended?.reason, "no-paper")
})

test("a map of names that are not there, or of two names to one, is refused where it is written", () => {
  const to = begin(2).step("hold", reserve).step("charge", charge)
  const refusedMap = (renamed: Record<string, string>, reason: RegExp) =>
    assert.throws(() => migrationOf(v1, to, { renamed }), (error) => error instanceof InvalidInput && reason.test(error.message))
  refusedMap({ reserved: "hold" }, /version 1 has no "reserved"/)
  refusedMap({ reserve: "held" }, /version 2 has no "held"/)
  refusedMap({ reserve: "charge" }, /two names of version 1 become "charge"/)
  assert.throws(() => migrationOf(v1, begin(1).step("reserve", reserve)), /not two versions of one saga/)
})

test("the map may say that a new step has happened, and may not touch what others know", () => {
  const to = begin(2).step("audit", { ...wrap, undo: "nothing" }).step("reserve", reserve).step("charge", charge)
    .step("ship", { run: ({ audit }) => shipping.book("o", { paymentId: String(audit) }), pivot: true })
  const state: MigrationMap["state"] = (row) => ({
    ...row, items: { ...row.items, audit: ["skipped"] }, results: { ...row.results, audit: ["by hand"] },
  })
  assert.equal(verdict(at(1), v1, to), "ORDER_CHANGED")
  const next = migrated(at(1), v1, to, { state })
  next.reply("order/o-1:2:0", done())
  assert.deepEqual(next.sent.at(-1)?.payload, { paymentId: "by hand" })
  const broken: readonly MigrationMap["state"][] = [
    (row) => ({ ...row, open: {} }),
    (row) => ({ ...row, seq: 9 }),
    (row) => ({ ...row, results: { audit: [Number.NaN] } }),
    () => {
      throw new Error("boom")
    },
  ]
  for (const map of broken) assert.equal(verdict(at(1), v1, to, { state: map ?? ((row) => row) }), "MAP_FAILED")
})

test("an input that the new version does not take needs a map", () => {
  const Wide = Schema.toStandardSchemaV1(Schema.Struct({ orderId: Schema.String, currency: Schema.String }))
  const to = saga("order", { input: Wide, version: 2 }).step("reserve", reserve).step("charge", charge)
  assert.equal(verdict(at(1), v1, to), "INPUT_MISFIT")
  const input: MigrationMap["input"] = () => ({ orderId: "o-1", currency: "EUR" })
  assert.deepEqual(migrated(at(1), v1, to, { input }).row().input, { orderId: "o-1", currency: "EUR" })
})

test("a saga that a bug has parked goes on with the version that has none", () => {
  const buggy = begin(1).step("reserve", reserve).step("charge", {
    ...charge,
    run: () => {
      throw new Error("a bug")
    },
  })
  const parked = at(1, buggy)
  assert.equal(parked.row().parked?.code, "POISON")
  const next = migrated(parked, buggy, begin(2).step("reserve", reserve).step("charge", charge))
  assert.equal(next.row().parked?.code, "POISON", "it waits for its order")
  next.resume()
  next.reply("inventory.reserve/P1", done())
  assert.equal(next.reply("payment.charge/c", done()).ended?.outcome, "completed")
})

test("a row of another version or hash than the map is from is left alone", () => {
  const other = begin(1).step("reserve", reserve)
  assert.equal(verdict(at(0, other), v1, begin(2).step("reserve", reserve)), "OTHER_VERSION")
})

/** Until it waits for something else than an answer. */
function answerAll(driver: Driver): void {
  while (driver.ended() === undefined) {
    const [effect] = openByEffect(driver.row(), driver.self).find(([, { direction }]) => direction !== "wait") ?? []
    if (effect === undefined) return
    driver.reply(effect, done())
  }
}

test("inside branches, races and loops the same holds: where they stand, and what they have passed", () => {
  const flow = (version: number, extra: { left?: true; after?: true; loop?: true; rival?: true } = {}) =>
    begin(version)
      .parallel("both", {
        left: (b) => {
          const next = b.awaitSignal("l1", Note)
          return extra.left === true ? next.awaitSignal("l3", Note).awaitSignal("l2", Note) : next.awaitSignal("l2", Note)
        },
        right: (b) => b.awaitSignal("r1", Note),
      })
      .race("first", {
        mine: (b) => (extra.rival === true ? b.awaitSignal("m1", Note).awaitSignal("m2", Note) : b.awaitSignal("m1", Note)),
        yours: (b) => b.step("wrap", wrap).awaitSignal("y1", Note),
      })
      .repeat("again", (b) => {
        const next = b.awaitSignal("a1", Note)
        return extra.loop === true ? next.awaitSignal("a2", Note) : next
      }, { until: () => false, max: 3 })
      .awaitSignal(extra.after === true ? "end2" : "end", Note)
  const from = flow(1)
  const note = { text: "x" }
  const signals: readonly string[] = ["l1", "r1", "l2", "m1", "a1", "a1"]
  const standing = signals.map((_, count) => {
    const driver = drive(from.logic)
    driver.start(order)
    for (const name of signals.slice(0, count)) {
      driver.ask({ ...from.cancel("o-1"), name: "signal", payload: { name, payload: note } })
      answerAll(driver)
    }
    return driver
  })
  const all = (to: SagaVersion) => standing.map((driver) => verdict(driver, from, to)).map((found) => found === "migrates")
  assert.deepEqual(all(flow(2, { after: true })), [true, true, true, true, true, true])
  assert.deepEqual(all(flow(2, { left: true })), [true, false, false, false, false, false], "l3 stands before l2")
  assert.deepEqual(all(flow(2, { rival: true })), [true, true, true, true, false, false], "the winner would have had to do more")
  assert.deepEqual(all(flow(2, { loop: true })), [true, true, true, true, true, false], "not once a round has passed")
})

test("branches, races and loops may be called otherwise, wherever an instance stands in them", () => {
  const flow = (version: number, x: string) => {
    const to = (name: string) => `${name}${x}` as never // cast: no name that the compiler could compare
    return begin(version)
      .race(to("first"), {
        [to("mine")]: (b) => b.awaitSignal(to("m1"), Note),
        [to("yours")]: (b) => b.step(to("wrap"), wrap).awaitSignal(to("y1"), Note, { timeout: "1 second" }),
      })
      .repeat(to("again"), (b) => b.awaitSignal(to("a1"), Note), {
        until: (context: object) => JSON.stringify(Reflect.get(context, to("a1"))).includes("enough"), max: 3,
      })
      .parallel(to("both"), {
        [to("left")]: (b) => b.awaitSignal(to("l1"), Note),
        [to("right")]: (b) => b.awaitSignal(to("r1"), Note),
      })
  }
  const [from, to] = [flow(1, ""), flow(2, "x")]
  const names = ["first", "mine", "yours", "m1", "wrap", "y1", "again", "a1", "both", "left", "right", "l1", "r1"]
  const map = { renamed: Object.fromEntries(names.map((name) => [name, `${name}x`])) }
  const tell = (driver: Driver, name: string, text: string) => {
    driver.ask({ ...from.cancel("o-1"), name: "signal", payload: { name, payload: { text } } })
    answerAll(driver)
  }
  const acts = [
    (driver: Driver) => answerAll(driver),
    (driver: Driver) => void driver.fire(openWait(driver, "y1")),
    (driver: Driver, x: string) => tell(driver, `m1${x}`, ""),
    (driver: Driver, x: string) => tell(driver, `a1${x}`, ""),
    (driver: Driver, x: string) => tell(driver, `a1${x}`, "enough"),
    (driver: Driver, x: string) => tell(driver, `r1${x}`, ""),
    (driver: Driver, x: string) => tell(driver, `l1${x}`, ""),
  ]
  for (const count of acts.keys()) {
    const driver = drive(from.logic)
    driver.start(order)
    for (const act of acts.slice(0, count)) act(driver, "")
    const next = migrated(driver, from, to, map)
    for (const act of acts.slice(count)) act(next, "x")
    assert.equal(next.ended()?.outcome, "completed", `migrated after ${count}`)
  }
})

/** The timer of the wait whose name begins so. */
function openWait(driver: Driver, name: string): string {
  return openByEffect(driver.row(), driver.self).find(([, { step }]) => step.startsWith(name))?.[0] ?? ""
}
