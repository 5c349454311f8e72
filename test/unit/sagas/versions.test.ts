// Several versions of one saga side by side: each instance goes on with the one that started it.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { setup } from "xstate"
import { app, compareContracts, contractsOf, event } from "../../../runtime/index.ts"
import { activity, completeToken, machineSaga, saga, versions } from "../../../sagas/index.ts"
import { done, drive, refused } from "./driver.ts"
import { inventory, mail, order, OrderSchema, payment, shipping } from "./shop.ts"

const author = { by: "ann", why: "the new flow" }
const Paid = event("Paid", Schema.toStandardSchemaV1(Schema.Struct({ orderId: Schema.String })))
const Note = Schema.toStandardSchemaV1(Schema.Struct({ text: Schema.String }))

/** Version 1 waits for a signal and an event under old names; version 2 has other names, and a step more. */
const first = saga("order", { input: OrderSchema, version: 1, maxDuration: "1 day" })
  .step("reserve", {
    run: ({ input, sagaId }) => inventory.reserve("P1", { orderId: sagaId, quantity: input.lines.length }),
    undo: () => inventory.release("P1"),
    timeout: "10 seconds",
  })
  .awaitSignal("approved", Note)
  .awaitEvent("paid", Paid, { key: ({ orderId }) => orderId })
  .step("ship", { run: ({ input }) => shipping.book(input.orderId, { paymentId: "old" }), pivot: true })

const second = saga("order", { input: OrderSchema, version: 2 })
  .step("take", {
    run: ({ input, sagaId }) => inventory.reserve("P2", { orderId: sagaId, quantity: input.lines.length }),
    undo: () => inventory.release("P2"),
  })
  .awaitToken("granted", Note)
  .awaitEvent("money", Paid, { key: ({ orderId }) => orderId })
  .step("charge", {
    run: ({ input, sagaId }) => payment.charge(input.customerId, { orderId: sagaId, cents: 1 }),
    undo: ({ input }) => payment.refund(input.customerId),
  })
  .step("book", { run: ({ input }) => shipping.book(input.orderId, { paymentId: "new" }), pivot: true })

const both = versions(second, first)
const greet = { run: () => mail.send("c", { tracking: "T" }), undo: "nothing" } as const

/** A saga that version 1 has started, and that goes on where both are. */
function started() {
  const old = drive(first.logic)
  old.start(order)
  const here = drive(both.logic)
  here.adopt(old)
  return here
}

test("new sagas begin with the newest version; each goes on with the version that started it", () => {
  const old = started()
  old.reply("order/o-1:1:0", done())
  const young = drive(both.logic)
  young.start(order)
  young.reply("inventory.reserve/P2", done())
  assert.deepEqual([old.row().definition.version, young.row().definition.version], [1, 2])
  assert.deepEqual([old.row().value, young.row().value], ["approved", "granted"])
})

test("while a release is rolled out, new sagas may begin with an older version", () => {
  const young = drive(both.startingOn(first).logic)
  young.start(order)
  assert.equal(young.row().definition.version, 1)
  const other = saga("order", { input: OrderSchema, version: 3 }).step("x", greet)
  assert.throws(() => both.startingOn(other), /version 3, as it is given, is not among the versions/)
  assert.throws(() => both.migrating(first, other, {}), /not among the versions/)
})

test("replies, timers, signals, tokens, events and orders reach the version that waits for them", () => {
  const old = started()
  old.fire("order/o-1:1:0")
  old.fire("order/o-1:1:0")
  assert.deepEqual(old.news(), ["do inventory.reserve/P1 #2"])
  old.reply("inventory.reserve/P1", done())
  assert.equal(old.ask(first.signal("o-1", "approved", { text: "yes" })).outcome?.type, "done")
  const payload = { orderId: "o-1" }
  const paid = { type: "event", name: "Paid", payload, id: "e", source: "s", subject: "x", timeMs: 1 } as const
  old.take({ ...paid, to: old.self })
  assert.deepEqual(old.news(), ["do shipping.book/o-1"])
  assert.equal(old.ask(first.cancel("o-1", author)).outcome?.type, "refused")
  assert.equal(old.reply("shipping.book/o-1", done({ tracking: "T" })).ended?.outcome, "completed")

  const young = drive(both.logic)
  young.start(order)
  young.reply("inventory.reserve/P2", done())
  const unknown = young.ask(first.signal("o-1", "approved", { text: "yes" }))
  assert.deepEqual(unknown.outcome?.type === "refused" && unknown.outcome.code, "unknown-wait")
  const forged = completeToken(tokenFor("granted"), { text: "yes" })
  assert.equal(young.ask(forged).outcome?.type, "refused", "a token of nobody")
  young.take({ ...paid, to: young.self })
  young.ask(second.cancel("o-1", author))
  assert.equal(young.reply("inventory.release/P2", done()).ended?.reason, "cancelled")
})

const tokenFor = (wait: string) => `${Buffer.from(JSON.stringify(["order", "o-1", wait])).toString("base64url")}.forged`

test("an event goes to one key: versions that disagree on it are told so", () => {
  const keyed = (version: number, key: string) =>
    saga("order", { input: OrderSchema, version }).awaitEvent("paid", Paid, { key: ({ orderId }) => `${key}${orderId}` })
  const keyOf = (one: string, other: string) =>
    versions(keyed(1, one), keyed(2, other)).logic.reactions.get("Paid")?.({ orderId: "7" }, "subject")
  assert.equal(keyOf("o-", "o-"), "o-7")
  assert.throws(() => keyOf("o-", "p-"), /event Paid has two keys, "p-7" and "o-7", in two versions/)
})

test("a machine of its own is a version like any other, but nothing is migrated to it", () => {
  const machine = setup({ actors: { hold: activity<object>() } }).createMachine({
    initial: "holding",
    states: {
      holding: { invoke: { id: "hold", src: "hold", input: {}, onDone: "completed", onError: "compensated" } },
      completed: { type: "final" },
      compensated: { type: "final" },
    },
  })
  const commands = { hold: () => inventory.reserve("P9", { orderId: "o", quantity: 1 }) }
  const own = machineSaga("order", { machine, input: OrderSchema, version: 3, commands })
  const sagas = versions(first, own)
  const young = drive(sagas.logic)
  young.start(order)
  assert.deepEqual(young.news(), ["do inventory.reserve/P9"])
  assert.equal(young.reply("inventory.reserve/P9", done()).ended?.outcome, "completed")
  const old = drive(first.logic)
  old.start(order)
  const here = drive(sagas.logic)
  here.adopt(old)
  const hash = sagas.logic.describe?.().definitions?.["3"] ?? ""
  const asked = here.ask({ service: "order", key: "o-1", name: "migrate", payload: { to: 3, hash } })
  assert.partialDeepStrictEqual(asked.outcome, { code: "cannot-migrate", detail: { code: "OWN_MACHINE" } })
  here.reply("order/o-1:1:0", done())
  assert.equal(here.row().value, "approved")
})

test("a child that has completed is taken back by the version that did it", () => {
  const child = (version: number, sku: string) =>
    saga("order", { input: OrderSchema, version }).step("reserve", {
      run: () => inventory.reserve(sku, { orderId: "o", quantity: 1 }), undo: () => inventory.release(sku),
    })
  const [old, young] = [child(1, "P1"), child(2, "P2")]
  const started = drive(old.logic)
  started.start(order, { service: "parent", key: "p" })
  const here = drive(versions(old, young).logic)
  here.adopt(started)
  assert.equal(here.reply("order/o-1:1:0", done()).ended?.outcome, "completed")
  const revert = { ...old.revert("o-1"), type: "command", to: here.self, effect: "r", direction: "undo", attempt: 1 } as const
  here.take({ ...revert, undoes: "start-o-1", replyTo: { service: "parent", key: "p" } })
  assert.deepEqual(here.news(), ["undo inventory.release/P1"])
})

test("a saga of a version that is not here is parked, and its message names those that are", () => {
  const third = saga("order", { input: OrderSchema, version: 3 }).step("x", greet)
  const other = drive(third.logic)
  other.start(order)
  const here = drive(both.logic)
  here.adopt(other)
  assert.equal(here.reply("order/o-1:1:0", done()).parked?.code, "VERSION_MISMATCH")
  assert.match(here.row().parked?.message ?? "", /started by order version 3 .* has version 1 \(\w+\), version 2/)
})

test("other steps under the version that started a saga are refused loudly", () => {
  const changed = saga("order", { input: OrderSchema, version: 1 }).step("take", greet)
  assert.throws(() => versions(first, second, changed), /order version 1 has two definitions .*raise the version of one/)
  assert.throws(() => versions(first, first), /is given twice/)
  const other = saga("trip", { input: OrderSchema, version: 3 })
  assert.throws(() => versions(first, other), /not versions of one saga/)
  const old = drive(first.logic)
  old.start(order)
  const here = drive(versions(second, changed).logic)
  here.adopt(old)
  assert.equal(here.reply("order/o-1:1:0", done()).parked?.code, "DEFINITION_CHANGED")
  const back = drive(both.logic)
  back.adopt(here)
  back.resume()
  assert.deepEqual(back.news(), ["do inventory.reserve/P1"])
})

test("a release whose steps were changed without a new version breaks its contracts", () => {
  const deployed = (...services: Parameters<typeof app>[1]["services"]) =>
    contractsOf(app("shop", { namespace: "test", services }))
  const changed = saga("order", { input: OrderSchema, version: 2 }).step("take", greet)
  const released = deployed(both)
  assert.deepEqual(Object.keys(released.services["order"]?.definitions ?? {}), ["1", "2"])
  const findings = (next: typeof released) =>
    compareContracts(released, next)
      .filter(({ where }) => where.startsWith("saga"))
      .map(({ severity, where }) => `${severity} ${where}`)
  assert.deepEqual(findings(deployed(both)), [])
  assert.deepEqual(findings(deployed(changed)), ["break saga order, version 2", "warning saga order, version 1"])
})

test("an instance migrates by an order that is remembered, and to itself it is done already", () => {
  const map = { renamed: { reserve: "take" } }
  const next = saga("order", { input: OrderSchema, version: 2 })
    .step("take", {
      run: ({ input, sagaId }) => inventory.reserve("P1", { orderId: sagaId, quantity: input.lines.length }),
      undo: () => inventory.release("P1"),
    })
    .step("book", { run: ({ input }) => shipping.book(input.orderId, { paymentId: "new" }), pivot: true })
  const sagas = versions(first, next).migrating(first, next, map)
  const old = drive(first.logic)
  old.start(order, { subject: "_INBOX.a", request: "a" })
  const here = drive(sagas.logic)
  here.adopt(old)
  const hash = next.logic.describe?.().definitions?.["2"] ?? ""
  const ask = (payload: object) => here.ask({ service: "order", key: "o-1", name: "migrate", payload: { ...author, ...payload } })
  assert.deepEqual(ask({ to: 2, hash: "other" }).outcome?.type, "refused")
  assert.deepEqual(ask({ to: 2, hash }).outcome, { type: "done", value: { from: 1, to: 2 } })
  assert.deepEqual(here.row().orders, [{ order: "migrate 1 to 2", ...author, atMs: here.nowMs }])
  const before = here.state
  assert.deepEqual(ask({ to: 2, hash }).outcome, { type: "done", value: { from: 2, to: 2 } })
  assert.equal(here.state, before)
  here.reply("order/o-1:1:0", done())
  assert.deepEqual(here.news(), ["do shipping.book/o-1"])
  const ended = here.reply("shipping.book/o-1", refused("no-truck"))
  assert.equal(ended.ended, undefined)
  const { answer } = here.reply("inventory.release/P1", done())
  assert.equal(answer?.length, 1, "who waited before goes on waiting")
  assert.equal(ask({ to: 2, hash }).outcome?.type, "refused", "it has ended")
})
