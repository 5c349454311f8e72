// The test kit for sagas: what scripted participants do, what is compared, and how a failure reads.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { event } from "../../../runtime/index.ts"
import { saga } from "../../../sagas/index.ts"
import {
  after, cancel, complete, crash, crashThen, fail, failTimes, given, hang, inTurn, late, refuse, signal, slow, start, succeed,
  twice,
} from "../../../sagas/testing/index.ts"
import { inventory, order, OrderCancelled, OrderConfirmed, OrderSchema, payment, placeOrder } from "../sagas/shop.ts"

const willing = {
  "inventory.reserve": succeed({ reserved: 1 }),
  "payment.charge": succeed({ id: "pay-7" }),
  "shipping.book": succeed({ tracking: "T1" }),
}
const one = { ...order, lines: [{ sku: "P11", quantity: 1 }] }
const placing = (participants: object = {}) =>
  given(placeOrder, { key: "o-1", input: one }).participants({ ...willing, ...participants })

test("a saga whose participants are willing completes; commands, events and the end can be expected", () => {
  placing().when(start()).then({
    ended: "completed",
    commands: ["do inventory.reserve/P11", "do payment.charge/c-1", "do shipping.book/o-1"],
    emitted: [OrderConfirmed({ orderId: "o-1", tracking: "T1" })],
  })
})

test("a refusal turns it back", () => {
  placing({ "payment.charge": refuse("no-money") }).when(start()).then({
    ended: "compensated",
    reason: "no-money",
    commands: ["do inventory.reserve/P11", "do payment.charge/c-1", "undo inventory.release/P11"],
    emitted: [OrderCancelled({ orderId: "o-1", reason: "no-money" })],
  })
})

test("a participant may fail some tries, or all; hang; be slow; be late: tries and pauses pass by themselves", () => {
  const tries = ["do payment.charge/c-1", "do payment.charge/c-1 #2"]
  const rest = ["undo payment.refund/c-1", "undo inventory.release/P11"]
  const before = "do inventory.reserve/P11"
  const ship = "do shipping.book/o-1"
  for (const [charge, expected] of [
    [failTimes(1, succeed({ id: "p" })), { ended: "completed", commands: [before, ...tries, ship] }],
    [fail(), { ended: "compensated", reason: "FAILED", commands: [before, ...tries, ...rest] }],
    [hang(), { ended: "compensated", reason: "STEP_TIMEOUT", commands: [before, ...tries, ...rest] }],
    [inTurn(hang(), succeed({ id: "p" })), { ended: "completed", commands: [before, ...tries, ship] }],
    [late(succeed({ id: "p" })), { ended: "completed", commands: [before, "do payment.charge/c-1", ship] }],
    [slow("15 seconds", succeed({ id: "p" })), { ended: "completed", commands: [before, ...tries, ship] }],
    [slow("1 hour"), { ended: "compensated", reason: "STEP_TIMEOUT", commands: [before, ...tries, ...rest] }],
    [twice(succeed({ id: "p" })), { ended: "completed", commands: [before, "do payment.charge/c-1", ship] }],
    [crashThen(succeed({ id: "p" })), { ended: "completed", commands: [before, "do payment.charge/c-1", ship] }],
  ] as const) {
    placing({ "payment.charge": charge, "shipping.book": succeed({ tracking: "T" }) }).when(start()).then(expected)
  }
})

test("one actor can be scripted apart from the others of its service, and a script may look at the command", () => {
  given(placeOrder, { key: "o-1", input: order })
    .participants({ ...willing, "inventory.reserve/P42": refuse("out-of-stock") })
    .when(start())
    .then({ ended: "compensated", reason: "out-of-stock" })
  placing({ "payment.charge": ({ key }: { key: string }) => refuse(`not-${key}`) }).when(start()).then({ reason: "not-c-1" })
})

test("an unknown pivot parks it, and the kit says so", () => {
  placing({ "shipping.book": hang() }).when(start()).then({ parked: "PIVOT_UNKNOWN" })
})

const Text = Schema.toStandardSchemaV1(Schema.Struct({ text: Schema.String }))
const Paid = event("Paid", Text, { key: ({ text }) => text })
const waiting = saga("waiting", { input: OrderSchema, version: 1, maxDuration: "30 days" })
  .step("ask", {
    run: ({ token }) => payment.charge(token("review").slice(0, 8), { orderId: "o", cents: 1 }),
    undo: "nothing",
  })
  .awaitToken("review", Text)
  .awaitSignal("approval", Text, { timeout: "2 days" })
  .awaitEvent("paid", Paid, { timeout: "2 days", onTimeout: "go on" })
  .sleep("rest", "1 hour")
  .returns(({ approval, paid }) => ({ by: approval.text, paid: paid !== null }))

test("waits end by tokens, signals, events and time, each when the test says so; results are there", () => {
  given(waiting, { key: "w-1", input: order })
    .participants({ "*": succeed({ id: "p" }) })
    .when(start())
    .then({ ended: "not yet", waiting: ["review"] })
    .when(complete("review", { text: "good" }))
    .then({ waiting: ["approval"], commands: [] })
    .when(signal("approval", { text: "Ann" }))
    .then({ waiting: ["paid"] })
    .when(crash())
    .when(Paid({ text: "w-1" }))
    .then({ waiting: ["rest"] })
    .when(after("59 minutes"))
    .then({ ended: "not yet" })
    .when(after("1 minute"))
    .then({ ended: "completed", result: { by: "Ann", paid: true } })
})

test("a wait's time is over when it is over, a saga can be cancelled, and takes no longer than it may", () => {
  const asked = () =>
    given(waiting, { key: "w-1", input: order })
      .participants({ "*": succeed({ id: "p" }) })
      .when(start())
      .then({ waiting: ["review"] })
  asked().when(complete("review", { text: "x" })).when(after("2 days")).then({ ended: "compensated", reason: "WAIT_TIMEOUT" })
  asked().when(cancel()).then({ ended: "compensated", reason: "cancelled" })
  asked().when(after("30 days")).then({ reason: "SAGA_TIMEOUT" })
})

test("what the saga refuses fails the test, unless it is expected", () => {
  const started = () => placing().when(start()).then({ ended: "completed" })
  started().when(placeOrder.cancel("o-1")).then({ refused: "ended" })
  assert.throws(() => started().when(cancel()).then({ ended: "completed" }), /- refused: no\n\+ refused: ended/)
})

test("a failure shows the difference line by line, and what happened when", () => {
  const wrong = { ended: "completed", commands: ["do inventory.reserve/P11", "do shipping.book/o-1"] } as const
  assert.throws(() => placing({ "payment.charge": failTimes(1, refuse("no-money")) }).when(start()).then(wrong), (error) => {
    assert.ok(error instanceof assert.AssertionError)
    const [told = "", story = ""] = error.message.split("What happened:\n")
    assert.equal(told, `place-order/o-1: not as expected
- expected
+ actual

- ended: completed
+ ended: compensated
  commands:
    do inventory.reserve/P11
-   do shipping.book/o-1
+   do payment.charge/c-1
+   do payment.charge/c-1 #2
+   undo inventory.release/P11
  refused: no

`)
    assert.deepEqual(story.replaceAll(/\+\d+ ms/g, "+N ms").split("\n").slice(3, 8), [
      "  +N ms: do payment.charge/c-1",
      "  +N ms: payment.charge/c-1 answers: failed: FAILED",
      "  +N ms: payment.charge/c-1: the pause is over",
      "  +N ms: do payment.charge/c-1 #2",
      "  +N ms: payment.charge/c-1 answers: refused: no-money",
    ])
    return true
  })
})

test("a command that nothing is said about, an empty expectation and an impure function are told", () => {
  const unsaid = given(placeOrder, { key: "o-1", input: one }).participants({ "inventory.reserve": succeed() })
  assert.throws(() => unsaid.when(start()), /nothing is said about payment.charge\/c-1, only about inventory.reserve/)
  assert.throws(() => placing().when(Paid({ text: "x" })), /is not for place-order\/o-1/)
  let count = 0
  const impure = saga("impure", { input: OrderSchema, version: 1 }).step("one", {
    run: () => inventory.reserve(`P${(count += 1)}`, { orderId: "o", quantity: 1 }),
    undo: "nothing",
  })
  const trying = given(impure, { key: "i", input: order }).participants({ "*": succeed() })
  assert.throws(() => trying.when(start()), /one of its functions is not pure/)
})

test("a test that is awaited before it expects anything fails instead of passing", async () => {
  await assert.rejects(async () => {
    // cast: what a careless test does
    await (placing().when(start()) as unknown as Promise<void>)
  }, /it needs then/)
})
