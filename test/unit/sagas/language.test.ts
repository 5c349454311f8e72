// The verbs of a saga beside single steps and fan-outs: choices, parallel branches, races, loops, waits and children.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { completeToken, type Saga, saga } from "../../../sagas/index.ts"
import { event } from "../../../runtime/index.ts"
import { done, drive, type Driver, faulted, refused } from "./driver.ts"
import { inventory, order, OrderSchema, payment, shipping } from "./shop.ts"

const Text = Schema.toStandardSchemaV1(Schema.Struct({ text: Schema.String }))
const empty = saga("talk", { input: OrderSchema, version: 1 })
const charge = (key: string) => ({
  run: () => payment.charge(key, { orderId: "o", cents: 1 }),
  undo: () => payment.refund(key),
  retry: { times: 0 },
})
const reserve = (key: string) => ({
  run: () => inventory.reserve(key, { orderId: "o", quantity: 1 }),
  undo: () => inventory.release(key),
  retry: { times: 0 },
})

function started(definition: Pick<Saga<never>, "logic">, input: object = order): Driver {
  const driver = drive(definition.logic)
  driver.start(JSON.parse(JSON.stringify(input)))
  return driver
}

const choosing = empty
  .step("first", charge("a"))
  .when(
    "large",
    ({ input }) => input.totalCents > 100,
    (then) => then.step("check", charge("large")),
    (otherwise) => otherwise.step("note", charge("small")),
  )
  .step("last", charge("z"))

test("a choice goes one way, and the way that was not taken is skipped in the unwind", () => {
  for (const [totalCents, taken] of [
    [500, "large"],
    [5, "small"],
  ] as const) {
    const driver = started(choosing, { ...order, totalCents })
    driver.reply("payment.charge/a", done())
    driver.reply(`payment.charge/${taken}`, done())
    driver.reply("payment.charge/z", refused("no"))
    driver.reply(`payment.refund/${taken}`, done())
    assert.equal(driver.reply("payment.refund/a", done()).ended?.reason, "no")
    const expected = ["do payment.charge/a", `do payment.charge/${taken}`, "do payment.charge/z"]
    assert.deepEqual(driver.news(), [...expected, `undo payment.refund/${taken}`, "undo payment.refund/a"])
  }
})

const both = empty
  .step("first", charge("a"))
  .parallel("book", {
    flight: (branch) => branch.step("seat", charge("seat")).step("meal", charge("meal")),
    hotel: (branch) => branch.step("room", charge("room")),
  })
  .step("pay", {
    run: ({ seat, room }) => payment.charge("pay", { orderId: seat.id + room.id, cents: 1 }),
    undo: () => payment.refund("pay"),
  })

test("parallel branches go on side by side, and what follows sees what all of them gave", () => {
  const driver = started(both)
  driver.reply("payment.charge/a", done())
  driver.reply("payment.charge/room", done({ id: "r" }))
  driver.reply("payment.charge/seat", done({ id: "s" }))
  driver.reply("payment.charge/meal", done())
  assert.deepEqual(driver.sent.at(-1)?.payload, { orderId: "sr", cents: 1 })
  assert.equal(driver.reply("payment.charge/pay", done()).ended?.outcome, "completed")
})

test("a branch that fails waits for what is in flight; then only what happened, or may have, is undone, latest first", () => {
  const driver = started(both)
  driver.reply("payment.charge/a", done())
  driver.reply("payment.charge/seat", done({ id: "s" }))
  driver.news()
  driver.reply("payment.charge/room", refused("full"))
  assert.deepEqual(driver.news(), [], "the meal is under way")
  driver.fire("payment.charge/meal")
  assert.deepEqual(driver.news(), ["undo payment.refund/meal"], "its outcome is unknown")
  driver.reply("payment.refund/meal", done())
  driver.reply("payment.refund/seat", done())
  assert.deepEqual(driver.news(), ["undo payment.refund/seat", "undo payment.refund/a"])
  assert.equal(driver.reply("payment.refund/a", done()).ended?.reason, "full")
})

const racing = empty
  .step("first", charge("a"))
  .race("ship", {
    slow: (branch) => branch.step("pack", charge("pack")).step("truck", charge("truck")),
    fast: (branch) => branch.step("plane", charge("plane")),
  })
  .step("tell", { run: ({ ship }) => payment.charge(`by-${ship}`, { orderId: "o", cents: 1 }), undo: "nothing" })

test("the first branch wins; what the others did is undone before it goes on", () => {
  const driver = started(racing)
  driver.reply("payment.charge/a", done())
  driver.reply("payment.charge/pack", done())
  driver.news()
  driver.reply("payment.charge/plane", done())
  assert.deepEqual(driver.news(), [], "the truck is under way")
  driver.reply("payment.charge/truck", done())
  assert.deepEqual(driver.news(), ["undo payment.refund/truck"])
  driver.reply("payment.refund/truck", done())
  driver.reply("payment.refund/pack", done())
  assert.deepEqual(driver.news(), ["undo payment.refund/pack", "do payment.charge/by-fast"])
  assert.equal(driver.reply("payment.charge/by-fast", done()).ended?.outcome, "completed")
})

test("a branch that fails has lost the race and nothing more; when all have, the saga is turned back", () => {
  const driver = started(racing)
  driver.reply("payment.charge/a", done())
  driver.reply("payment.charge/plane", refused("storm"))
  assert.equal(driver.row().failure, undefined)
  driver.reply("payment.charge/pack", done())
  driver.reply("payment.charge/truck", refused("broken"))
  driver.reply("payment.refund/pack", done())
  assert.equal(driver.reply("payment.refund/a", done()).ended?.reason, "ALL_BRANCHES_FAILED")
  assert.deepEqual(driver.news().slice(-2), ["undo payment.refund/pack", "undo payment.refund/a"])
})

const polling = empty.repeat("poll", (body) => body.step("look", charge("look")), {
  until: ({ look }) => look.id === "ready",
  max: 3,
})

test("a loop goes on until its condition holds, and every round is undone", () => {
  const driver = started(polling.step("last", charge("z")))
  driver.reply("payment.charge/look", done({ id: "not yet" }))
  driver.reply("payment.charge/look", done({ id: "ready" }))
  driver.reply("payment.charge/z", refused("no"))
  driver.reply("payment.refund/look", done())
  assert.equal(driver.reply("payment.refund/look", done()).ended?.outcome, "compensated")
  const undone = driver.sent.filter(({ direction }) => direction === "undo").map(({ undoes }) => undoes)
  const did = driver.sent.filter(({ name }) => name === "charge").map(({ effect }) => effect)
  assert.deepEqual(undone, did.slice(0, 2).toReversed())
})

test("a loop that does not come to its end in its rounds fails", () => {
  const driver = started(polling)
  for (let round = 0; round < 3; round++) driver.reply("payment.charge/look", done({ id: "not yet" }))
  for (let round = 0; round < 3; round++) driver.reply("payment.refund/look", done())
  assert.equal(driver.ended()?.reason, "LOOP_EXHAUSTED")
})

const asking = empty
  .step("first", charge("a"))
  .awaitSignal("approval", Text, { timeout: "2 days" })
  .step("last", { run: ({ approval }) => payment.charge(approval.text, { orderId: "o", cents: 1 }), undo: "nothing" })

test("a signal ends its wait, also when it came before; its value is there afterwards", () => {
  for (const early of [true, false]) {
    const driver = started(asking)
    if (early) assert.deepEqual(driver.ask(asking.signal("o-1", "approval", { text: "yes" })).outcome, done())
    driver.reply("payment.charge/a", done())
    if (!early) driver.ask(asking.signal("o-1", "approval", { text: "yes" }))
    assert.deepEqual(driver.news().at(-1), "do payment.charge/yes")
    assert.equal(driver.timers.size, 1, "only that of the command")
  }
})

test("a wait that takes too long fails, or goes on with null, as declared", () => {
  const driver = started(asking)
  driver.reply("payment.charge/a", done())
  driver.fire("approval")
  assert.equal(driver.nowMs, 1_000_000 + 2 * 86_400_000)
  assert.equal(driver.reply("payment.refund/a", done()).ended?.reason, "WAIT_TIMEOUT")
  const patient = empty.awaitSignal("hint", Text, { timeout: 10, onTimeout: "go on" }).step("last", {
    run: ({ hint }) => payment.charge(hint?.text ?? "none", { orderId: "o", cents: 1 }),
    undo: "nothing",
  })
  const waiting = started(patient)
  waiting.fire("hint")
  assert.deepEqual(waiting.news(), ["do payment.charge/none"])
})

test("a signal to a saga that never started, has ended, knows no such wait, or does not fit is refused", () => {
  const signal = (driver: Driver, name: string, payload: object) =>
    driver.ask({
      service: "talk",
      key: "o-1",
      name: "signal",
      payload: { name, payload: JSON.parse(JSON.stringify(payload)) },
    }).outcome
  const driver = drive(asking.logic)
  const code = (outcome: ReturnType<typeof signal>) => outcome?.type === "refused" && outcome.code
  assert.equal(code(signal(driver, "approval", { text: "a" })), "not-started")
  driver.start(JSON.parse(JSON.stringify(order)))
  assert.equal(code(signal(driver, "other", { text: "a" })), "unknown-wait")
  assert.equal(code(signal(driver, "approval", { text: 1 })), "invalid-payload")
  driver.reply("payment.charge/a", refused("no"))
  assert.equal(code(signal(driver, "approval", { text: "a" })), "ended")
})

test("an event that is about the saga ends its wait, if it is the one", () => {
  const Paid = event("Paid", Text, { key: ({ text }) => text })
  const waiting = empty.awaitEvent("paid", Paid, { when: ({ text }, { input }) => text === input.orderId })
  const driver = started(waiting)
  assert.equal(waiting.logic.reactions.get("Paid")?.({ text: "x" }, "o-1"), "o-1")
  const told = (text: string) =>
    driver.take({
      type: "event",
      to: driver.self,
      name: "Paid",
      payload: { text },
      id: "1",
      source: "s",
      subject: "o-1",
      timeMs: 0,
    })
  assert.equal(told("another").ended, undefined)
  assert.equal(told(order.orderId).ended?.outcome, "completed")
})

test("whoever has the token completes the wait, once; nobody else does", () => {
  const reviewing = empty
    .step("ask", { run: ({ token }) => payment.charge("ask", { orderId: token("review"), cents: 1 }), undo: "nothing" })
    .awaitToken("review", Text)
    .awaitSignal("more", Text)
  const driver = started(reviewing)
  const payload = driver.sent[0]?.payload
  const token = JSON.stringify(payload).match(/"orderId":"([^"]+)"/)?.[1] ?? ""
  const command = completeToken(token, { text: "good" })
  assert.deepEqual([command.service, command.key], ["talk", "o-1"])
  driver.reply("payment.charge/ask", done())
  const forged = completeToken(`${token.slice(0, -2)}00`, { text: "bad" })
  assert.equal(JSON.stringify(driver.ask(forged).outcome).includes("wrong-token"), true)
  assert.deepEqual(driver.ask(command).outcome, done())
  assert.equal(JSON.stringify(driver.ask(command).outcome).includes("completed"), true)
  assert.deepEqual(driver.row().results["review"], [{ text: "good" }])
})

test("a saga sleeps for a time, or until one, as its functions say", () => {
  const sleepy = empty.sleep("nap", "5 minutes").sleepUntil("morning", ({ input }) => 2_000_000 + input.totalCents)
  const driver = started(sleepy)
  driver.fire("nap")
  assert.equal(driver.nowMs, 1_300_000)
  assert.equal(driver.fire("morning").ended?.outcome, "completed")
  assert.equal(driver.nowMs, 2_000_000 + order.totalCents)
})

const packing = saga("packing", { input: Text, version: 1 })
  .step("box", charge("box"))
  .returns(({ box }) => ({ parcel: box.id }))
const withChild = empty
  .child("pack", packing, { key: ({ sagaId }) => `${sagaId}-pack`, input: () => ({ text: "fragile" }), onUndo: "revert" })
  .step("last", { run: ({ pack }) => payment.charge(pack.parcel, { orderId: "o", cents: 1 }), undo: "nothing" })

test("a child saga is started once, and its result is there; what it refuses turns its parent back", () => {
  const driver = started(withChild)
  assert.deepEqual(driver.news(), ["do packing.start/o-1-pack"])
  assert.equal(driver.timers.size, 0, "a child takes as long as it takes")
  driver.reply("packing.start/o-1-pack", done({ parcel: "p-7" }))
  assert.deepEqual(driver.news(), ["do payment.charge/p-7"])
  const other = started(withChild)
  assert.equal(other.reply("packing.start/o-1-pack", refused("no-box")).ended?.reason, "no-box")
})

test("a parent that is turned back takes its child back: one that never started, is under way, or has completed", () => {
  const parent = started(withChild)
  parent.ask(withChild.cancel("o-1"))
  parent.reply("packing.start/o-1-pack", done({ parcel: "p" }))
  const revert = parent.sent.at(-1)
  assert.deepEqual([revert?.name, revert?.undoes, revert?.direction], ["revert", parent.sent[0]?.effect, "undo"])
  const asker = { service: "talk", key: "o-1" }
  const take = (child: Driver) =>
    child.take({
      type: "command",
      to: child.self,
      name: "revert",
      payload: null,
      effect: "undo-1",
      direction: "undo",
      undoes: "start-c",
      attempt: 1,
      replyTo: asker,
    })
  const never = drive(packing.logic, "c")
  assert.deepEqual(take(never).outcome, done())
  assert.equal(never.start({ text: "late" }, asker).answer?.[0]?.outcome.type, "refused", "a start that comes late")

  const running = drive(packing.logic, "c")
  running.start({ text: "x" }, asker)
  assert.equal(take(running).outcome, undefined)
  running.reply("payment.charge/box", done({ id: "b" }))
  const ending = running.reply("payment.refund/box", done())
  assert.deepEqual(
    ending.answer?.map(({ outcome }) => outcome.type),
    ["refused", "done"],
  )

  const completed = drive(packing.logic, "c")
  completed.start({ text: "x" }, asker)
  assert.deepEqual(completed.reply("payment.charge/box", done({ id: "b" })).release, [], "it is remembered for its parent")
  completed.news()
  take(completed)
  assert.deepEqual(completed.news(), ["undo payment.refund/box"])
  assert.deepEqual(
    completed.reply("payment.refund/box", done()).answer?.map(({ outcome }) => outcome.type),
    ["done"],
  )
})

test("a fault that no further try would mend is not tried again", () => {
  const giving = empty.step("a", { ...charge("a"), retry: { times: 5 }, giveUpOn: ["CARD_UNKNOWN"] })
  const driver = started(giving)
  driver.news()
  driver.reply("payment.charge/a", { ...faulted(), code: "CARD_UNKNOWN" } as ReturnType<typeof faulted>) // cast: still a fault
  assert.deepEqual(driver.news(), ["undo payment.refund/a"])
})

test("an undo has tries and a timeout of its own", () => {
  const careful = empty
    .step("a", { ...charge("a"), undoPolicy: { timeout: "1 hour", retry: { times: 0 } } })
    .step("b", reserve("b"))
  const driver = started(careful)
  driver.reply("payment.charge/a", done())
  driver.reply("inventory.reserve/b", refused("no"))
  driver.fire("payment.refund/a")
  assert.equal(driver.nowMs, 1_000_000 + 3_600_000)
  assert.equal(driver.row().parked?.code, "UNDO_FAILED")
})

test("a saga that takes longer than it may is turned back; past its pivot it is not", () => {
  const hasty = saga("talk", { input: OrderSchema, version: 1, maxDuration: "1 hour" })
    .awaitSignal("go", Text)
    .step("ship", { run: () => shipping.book("o-1", { paymentId: "p" }), pivot: true, timeout: "3 hours" })
  const late = started(hasty)
  assert.equal(late.fire("$deadline").ended?.reason, "SAGA_TIMEOUT")
  const driver = started(hasty)
  driver.ask(hasty.signal("o-1", "go", { text: "" }))
  driver.fire("$deadline")
  assert.equal(driver.reply("shipping.book/o-1", done({ tracking: "T" })).ended?.outcome, "completed")
})
