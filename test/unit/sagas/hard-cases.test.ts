// Cases in which something could be lost, done twice or waited for in vain: races beside other branches, loops in races,
// sagas that stand still, children whose parent or whose own end comes at a bad moment.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { event } from "../../../runtime/index.ts"
import { type Saga, saga } from "../../../sagas/index.ts"
import { done, drive, type Driver, refused } from "./driver.ts"
import { order, OrderSchema, payment, placeOrder } from "./shop.ts"

const Text = Schema.toStandardSchemaV1(Schema.Struct({ text: Schema.String }))
const author = { by: "ann", why: "the customer called" }
const empty = saga("talk", { input: OrderSchema, version: 1 })
const charge = (key: string) => ({
  run: () => payment.charge(key, { orderId: "o", cents: 1 }),
  undo: () => payment.refund(key),
  retry: { times: 0 },
})
const last = {
  run: () => payment.charge("z", { orderId: "o", cents: 1 }),
  undo: () => payment.refund("z"),
  retry: { times: 0 },
}

function started(definition: Pick<Saga<never>, "logic">): Driver {
  const driver = drive(definition.logic)
  driver.start(JSON.parse(JSON.stringify(order)))
  return driver
}
const code = ({ outcome }: ReturnType<Driver["ask"]>) => (outcome?.type === "done" ? "done" : outcome?.code)

test("a signal that comes while the saga is paused is taken when it goes on", () => {
  const asking = empty.awaitSignal("approval", Text).step("last", last)
  const driver = started(asking)
  driver.ask(asking.pause("o-1", author))
  assert.equal(code(driver.ask(asking.signal("o-1", "approval", { text: "yes" }))), "done")
  driver.ask(asking.resume("o-1", author))
  assert.deepEqual(driver.news(), ["do payment.charge/z"])
})

test("a signal is taken or refused: a wait that has one, is over, or was left in a race takes no other", () => {
  const asking = empty
    .step("first", charge("a"))
    .awaitSignal("approval", Text)
    .race("either", {
      one: (branch) => branch.awaitSignal("answer", Text),
      other: (branch) => branch.awaitSignal("reminder", Text),
    })
    .step("last", last)
  const driver = started(asking)
  const signal = (name: "approval" | "answer" | "reminder") =>
    code(driver.ask(asking.signal("o-1", name, { text: name })))
  assert.deepEqual([signal("approval"), signal("approval")], ["done", "completed"])
  driver.reply("payment.charge/a", done())
  assert.equal(signal("approval"), "completed")
  assert.deepEqual([signal("answer"), signal("reminder"), signal("answer")], ["done", "completed", "completed"])
})

test("signals to a wait in a loop are kept for its rounds, until the loop is over", () => {
  const asking = empty
    .step("first", charge("a"))
    .repeat("talk", (body) => body.awaitSignal("word", Text), { until: ({ word }) => word.text === "bye", max: 9 })
    .step("last", last)
  const driver = started(asking)
  const say = (text: string) => code(driver.ask(asking.signal("o-1", "word", { text })))
  assert.deepEqual([say("hi"), say("ho")], ["done", "done"])
  driver.reply("payment.charge/a", done())
  assert.equal(driver.row().rounds?.["talk"], 3)
  assert.deepEqual([say("bye"), say("too late")], ["done", "completed"])
})

test("of two waits for the same event each takes one", () => {
  const Paid = event("Paid", Text)
  const waiting = empty.awaitEvent("one", Paid).awaitEvent("two", Paid).step("last", last)
  const driver = started(waiting)
  const tell = (text: string) =>
    driver.take({
      type: "event", to: driver.self, name: "Paid", payload: { text }, id: text, source: "s", subject: "o-1", timeMs: 0,
    })
  tell("a")
  tell("b")
  assert.deepEqual([driver.row().results["one"], driver.row().results["two"]], [[{ text: "a" }], [{ text: "b" }]])
})

const beside = [
  empty.parallel("both", {
    one: (branch) =>
      branch.race("ship", { slow: (b) => b.step("truck", charge("truck")), fast: (b) => b.step("plane", charge("plane")) }),
    other: (branch) => branch.step("pay", charge("pay")),
  }),
  empty.parallel("both", {
    other: (branch) => branch.step("pay", charge("pay")),
    one: (branch) =>
      branch.race("ship", { slow: (b) => b.step("truck", charge("truck")), fast: (b) => b.step("plane", charge("plane")) }),
  }),
]

test("a branch that fails beside a race that is being settled turns the saga back, whichever was written first", () => {
  for (const both of beside) {
    const driver = started(both)
    driver.reply("payment.charge/plane", done())
    driver.reply("payment.charge/pay", refused("no"))
    driver.reply("payment.charge/truck", done())
    while (driver.ended() === undefined) {
      const undo = driver.news().findLast((sent) => sent.startsWith("undo "))
      assert.ok(undo !== undefined, "it does not hang")
      driver.reply(undo.slice("undo ".length), done())
    }
    assert.equal(driver.ended()?.reason, "no")
  }
})

test("what a loser of a race did in all rounds of its loop is undone before the saga goes on", () => {
  const racing = empty
    .race("first", {
      steady: (branch) =>
        branch.repeat("many", (body) => body.step("dig", charge("dig")), { until: ({ dig }) => dig.id === "gold", max: 9 }),
      quick: (branch) => branch.awaitSignal("stop", Text),
    })
    .step("last", last)
  const driver = started(racing)
  driver.reply("payment.charge/dig", done({ id: "sand" }))
  driver.reply("payment.charge/dig", done({ id: "sand" }))
  driver.ask(racing.signal("o-1", "stop", { text: "" }))
  driver.reply("payment.charge/dig", refused("rock"))
  driver.reply("payment.refund/dig", done())
  assert.equal(driver.news().includes("do payment.charge/z"), false)
  driver.reply("payment.refund/dig", done())
  assert.deepEqual(driver.news(), ["do payment.charge/z"])
})

test("a loop in a race that comes to no end has lost the race and nothing more; so has a race in a race", () => {
  const racing = empty
    .race("first", {
      loop: (branch) => branch.repeat("many", (body) => body.step("dig", charge("dig")), { until: () => false, max: 1 }),
      race: (branch) =>
        branch.race("second", { a: (b) => b.step("x", charge("x")), b: (b) => b.step("y", charge("y")) }),
      wait: (branch) => branch.awaitSignal("stop", Text),
    })
    .step("last", last)
  const driver = started(racing)
  driver.reply("payment.charge/dig", done({ id: "sand" }))
  driver.reply("payment.charge/x", refused("no"))
  driver.reply("payment.charge/y", refused("no"))
  assert.equal(driver.row().failure, undefined)
  driver.ask(racing.signal("o-1", "stop", { text: "" }))
  driver.reply("payment.refund/dig", done())
  assert.equal(driver.news().at(-1), "do payment.charge/z")
})

test("a command in a loop of a branch that has lost is not tried again", () => {
  const patient = { ...charge("dig"), retry: { times: 5 } }
  const racing = empty.race("first", {
    steady: (branch) => branch.repeat("many", (body) => body.step("dig", patient), { until: () => false, max: 9 }),
    quick: (branch) => branch.awaitSignal("stop", Text),
  })
  const driver = started(racing)
  driver.reply("payment.charge/dig", done({ id: "sand" }))
  driver.ask(racing.signal("o-1", "stop", { text: "" }))
  driver.news()
  driver.fire("payment.charge/dig")
  assert.deepEqual(driver.news(), ["undo payment.refund/dig"])
})

const afterPivot = empty
  .step("ship", { run: () => payment.charge("ship", { orderId: "o", cents: 1 }), pivot: true })
  .race("tell", {
    byMail: (branch) => branch.step("mail", { run: () => payment.charge("mail", { orderId: "o", cents: 1 }) }),
    byPhone: (branch) => branch.awaitSignal("called", Text, { timeout: "1 hour" }),
  })

test("past the pivot a branch of a race that fails has lost; when all have, the saga is parked", () => {
  for (const isCalled of [true, false]) {
    const driver = started(afterPivot)
    driver.reply("payment.charge/ship", done())
    driver.reply("payment.charge/mail", refused("bounced"))
    assert.equal(driver.row().parked, undefined)
    if (isCalled) assert.equal(driver.ask(afterPivot.signal("o-1", "called", { text: "" })).ended?.outcome, "completed")
    else assert.equal(driver.fire("called").parked?.code, "STEP_AFTER_PIVOT_FAILED")
  }
})

test("past the pivot a round that is won at once is left behind with what it began, and the next one begins its own", () => {
  const quick = empty
    .step("ship", { run: () => payment.charge("ship", { orderId: "o", cents: 1 }), pivot: true })
    .repeat(
      "again",
      (body) =>
        body
          .race("either", { now: (b) => b, later: (b) => b.sleep("nap", "1 hour") })
          .step("look", { run: () => payment.charge("look", { orderId: "o", cents: 1 }) })
          .race("other", { atOnce: (b) => b, someday: (b) => b.sleep("doze", "1 hour") }),
      { until: ({ look }) => look.id === "ready", max: 3 },
    )
  const driver = started(quick)
  driver.reply("payment.charge/ship", done())
  driver.reply("payment.charge/look", done({ id: "not yet" }))
  assert.deepEqual(
    Object.values(driver.row().open).map(({ step }) => step),
    ["nap#1", "doze#1", "nap#2", "look#2"],
  )
  assert.equal(driver.reply("payment.charge/look", done({ id: "ready" })).ended?.outcome, "completed")
})

test("a name that every object has by itself is refused", () => {
  assert.throws(() => empty.step("constructor", charge("a")), /the name is reserved/)
})

test("a list that is empty in one round of a loop and not in the next is sent once", () => {
  const looping = empty
    .repeat(
      "again",
      (body) =>
        body.forEach("some", (context) => ("some" in context ? [1] : []), {
          run: () => payment.charge("s", { orderId: "o", cents: 1 }),
          undo: () => payment.refund("s"),
        }),
      { until: ({ some }) => some.length > 0, max: 5 },
    )
    .step("last", last)
  const driver = started(looping)
  assert.deepEqual(driver.news(), ["do payment.charge/s"])
  driver.reply("payment.charge/s", done())
  assert.deepEqual(driver.news(), ["do payment.charge/z"])
})

const packing = saga("packing", { input: Text, version: 1 }).step("box", charge("box")).returns(({ box }) => box.id)
const withChild = empty
  .step("first", charge("a"))
  .child("pack", packing, { key: () => "c", input: () => ({ text: "fragile" }), onUndo: "revert" })
const asker = { service: "talk", key: "o-1" }
const scope = "talk/o-1"
const revert = (child: Driver) =>
  child.take({
    type: "command", to: child.self, name: "revert", payload: null, effect: "undo-1", direction: "undo", undoes: "start-c",
    attempt: 1, replyTo: asker, scope,
  })

test("a child under way is turned back at once when its parent is, however long it would have taken", () => {
  const parent = started(withChild)
  parent.reply("payment.charge/a", done())
  parent.news()
  parent.ask(withChild.cancel("o-1"))
  assert.deepEqual(parent.news(), ["undo packing.revert/c"])
  parent.reply("packing.start/c", refused("cancelled"))
  assert.deepEqual(parent.news(), [], "its undo is not settled")
  parent.reply("packing.revert/c", done())
  assert.deepEqual(parent.news(), ["undo payment.refund/a"])
  assert.equal(parent.reply("payment.refund/a", done()).ended?.reason, "cancelled")
})

test("a child that its parent is to leave alone is waited for, and left as it is", () => {
  const leaving = empty.child("pack", packing, { key: () => "c", input: () => ({ text: "" }), onUndo: "leave" })
  const parent = started(leaving)
  parent.ask(leaving.cancel("o-1"))
  assert.deepEqual(parent.news(), ["do packing.start/c"])
  assert.equal(parent.reply("packing.start/c", done("b")).ended?.outcome, "compensated")
})

test("a parent that was paused when its child ended, and is then cancelled, asks again and does not wait for ever", () => {
  const leaving = empty.child("pack", packing, { key: () => "c", input: () => ({ text: "" }), onUndo: "leave" })
  const parent = started(leaving)
  parent.ask(leaving.pause("o-1", author))
  parent.reply("packing.start/c", done("b"))
  parent.news()
  parent.ask(leaving.cancel("o-1"))
  assert.deepEqual(parent.news(), ["do packing.start/c"])
  assert.equal(parent.reply("packing.start/c", done("b")).ended?.outcome, "compensated")
})

test("the parent of a child that was parked and resumed is told its end", () => {
  const stuck = drive(placeOrder.logic, "c")
  stuck.start({ ...order, lines: order.lines.slice(0, 1) }, asker)
  stuck.reply("inventory.reserve/P11", done())
  stuck.reply("payment.charge/c-1", refused("no-money"))
  const parking = stuck.reply("inventory.release/P11", refused("stuck"))
  assert.deepEqual([parking.parked?.code, parking.answer], ["UNDO_FAILED", []])
  stuck.resume()
  const { answer } = stuck.reply("inventory.release/P11", done())
  const outcome = refused("no-money", { outcome: "compensated" })
  assert.deepEqual(answer, [{ to: { actor: asker, effect: "start-c" }, outcome }])
})

test("a child that has completed is kept until its parent has ended, and only its parent's end frees it", () => {
  const child = drive(packing.logic, "c")
  const kept = () => child.state !== undefined && packing.logic.keptUntilMs?.(child.state)
  child.start({ text: "x" }, asker)
  child.reply("payment.charge/box", done({ id: "b" }))
  assert.equal(kept(), undefined, "it may be taken back for as long as its parent is under way")
  child.take({ type: "settled", to: child.self, scope: "other/o-1" })
  assert.equal(kept(), undefined)
  const { release } = child.take({ type: "settled", to: child.self, scope })
  assert.deepEqual(release, [{ service: "payment", key: "box" }])
  assert.equal(typeof kept(), "number")
})

test("a child whose parent was killed ends like any other saga", () => {
  const child = drive(packing.logic, "c")
  child.start({ text: "x" }, asker)
  child.take({ type: "settled", to: child.self, scope })
  const { release, answer } = child.reply("payment.charge/box", done({ id: "b" }))
  assert.deepEqual([release, answer], [[{ service: "payment", key: "box" }], []])
})

test("a parked child that its parent takes back is parked no more", () => {
  const child = drive(packing.logic, "c")
  child.start({ text: "x" }, asker)
  child.ask(packing.pause("c", author))
  assert.equal(revert(child).resumed, true)
})

test("an order that a function of the definition spoils is answered by a fault, and was not followed", () => {
  const spoiled = empty.awaitSignal("go", Text).step("last", {
    run: ({ go }) => {
      if (go.text !== "") throw new Error("no such customer")
      return payment.charge("z", { orderId: "o", cents: 1 })
    },
    undo: "nothing",
  })
  const driver = started(spoiled)
  assert.equal(code(driver.ask(spoiled.signal("o-1", "go", { text: "x" }))), "POISON")
  driver.ask(spoiled.resume("o-1"))
  assert.equal(code(driver.ask(spoiled.signal("o-1", "go", { text: "" }))), "done")
  assert.deepEqual(driver.news(), ["do payment.charge/z"])
})

test("a saga whose definition is another refuses what is asked of it, and does not say done", () => {
  const asking = empty.awaitSignal("approval", Text)
  const changed = empty.awaitSignal("approval", Text).step("last", last)
  const old = started(asking)
  const driver = drive(changed.logic)
  driver.adopt(old)
  assert.equal(code(driver.ask(changed.signal("o-1", "approval", { text: "" }))), "DEFINITION_CHANGED")
  assert.equal(code(driver.ask(changed.signal("o-1", "approval", { text: "" }))), "version-mismatch")
  assert.equal(code(driver.ask(changed.kill("o-1", author))), "done")
})
