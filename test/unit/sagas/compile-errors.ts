// What the compiler accepts and refuses in a saga. Nothing here runs: `tsc` is the test, and an expected error that
// does not come is one.
import * as Schema from "effect/Schema"
import { type Command, event } from "../../../runtime/message/contract.ts"
import { type Saga, type SagaResult, saga } from "../../../sagas/index.ts"
import { inventory, OrderCancelled, OrderConfirmed, OrderSchema, payment, placeOrder, shipping } from "./shop.ts"

const empty = saga("typed", { input: OrderSchema, version: 1 })
const charge = () => payment.charge("c", { orderId: "o", cents: 1 })
const refund = () => payment.refund("c")

const charged = empty
  .forEach("reserve", ({ input }) => input.lines, {
    run: (line, { sagaId }) => inventory.reserve(line.sku, { orderId: sagaId, quantity: line.quantity }),
    undo: (line, { input }) => inventory.release(line.sku + input.orderId),
  })
  .step("charge", {
    run: ({ reserve }) => payment.charge("c", { orderId: "o", cents: reserve[0]?.reserved ?? 0 }),
    undo: refund,
  })
const shipped = charged.step("ship", { run: ({ charge: { id } }) => shipping.book(id, { paymentId: id }), pivot: true })

// The value itself
const start: Command<SagaResult> = placeOrder.start("o-1", { orderId: "o", customerId: "c", lines: [], totalCents: 1 })
start["~value"]?.outcome satisfies "completed" | "compensated" | "killed" | undefined
placeOrder satisfies Pick<Saga<never>, "logic" | "machine" | "definition" | "name" | "version">

// Results and the input are known, and nothing else is
shipped.step("tell", { run: ({ ship }) => shipping.book(ship.tracking, { paymentId: "p" }) })
// @ts-expect-error a misspelt field of the input
empty.step("a", { run: ({ input }) => payment.charge(input.custmerId, { orderId: "o", cents: 1 }), undo: "nothing" })
// @ts-expect-error a misspelt field of an earlier result
charged.step("a", { run: ({ charge }) => shipping.book(charge.idd, { paymentId: "p" }), pivot: true })
// @ts-expect-error an unknown step
charged.step("a", { run: (context) => shipping.book(context.chrge.id, { paymentId: "p" }), pivot: true })
// @ts-expect-error a later step
charged.step("a", { run: (context) => shipping.book(context.ship.tracking, { paymentId: "p" }), pivot: true })
// @ts-expect-error its own result: an undo must work without it
empty.step("a", { run: charge, undo: (context) => payment.refund(context.a.id) })
// @ts-expect-error a fan-out's result is a list
charged.step("a", { run: ({ reserve }) => shipping.book(`${reserve.reserved}`, { paymentId: "p" }), pivot: true })
// @ts-expect-error a misspelt field of the item
empty.forEach("a", ({ input }) => input.lines, { run: (line) => inventory.release(line.skuu), undo: "nothing" })
// @ts-expect-error a list that is none
empty.forEach("a", ({ input }) => input.orderId.length, { run: charge, undo: "nothing" })

// Commands
// @ts-expect-error a wrong type in the payload
empty.step("a", { run: () => payment.charge("c", { orderId: "o", cents: "1" }), undo: refund })
// @ts-expect-error a field of the payload is missing
empty.step("a", { run: () => payment.charge("c", { orderId: "o" }), undo: refund })
// @ts-expect-error an unknown command
payment satisfies { chrge: unknown }
// @ts-expect-error a run that returns a promise
empty.step("a", { run: async () => charge(), undo: refund })
// @ts-expect-error a run that returns nothing
empty.step("a", { run: () => undefined, undo: refund })

// Undo and pivot
empty.step("a", { run: charge, undo: "nothing" })
// @ts-expect-error a step before the pivot without undo
empty.step("a", { run: charge })
// @ts-expect-error a fan-out before the pivot without undo
empty.forEach("a", () => [1], { run: charge })
// @ts-expect-error another word than "nothing"
empty.step("a", { run: charge, undo: "none" })
// @ts-expect-error the pivot has no undo
empty.step("a", { run: charge, undo: refund, pivot: true })
// @ts-expect-error after the pivot there is no undo
shipped.step("a", { run: charge, undo: refund })
// @ts-expect-error nor for a fan-out
shipped.forEach("a", () => [1], { run: charge, undo: refund })
// @ts-expect-error a second pivot
shipped.step("a", { run: charge, pivot: true })
// @ts-expect-error a fan-out cannot be the pivot
empty.forEach("a", () => [1], { run: charge, pivot: true })

// Names and policies
// @ts-expect-error a name that an earlier step has
charged.step("charge", { run: charge, undo: refund })
// @ts-expect-error a name that an earlier fan-out has
charged.forEach("reserve", () => [1], { run: charge, undo: refund })
// @ts-expect-error not a duration
empty.step("a", { run: charge, undo: refund, timeout: "30 secs" })
// @ts-expect-error a misspelt option
empty.step("a", { run: charge, undo: refund, timeuot: 30 })
// @ts-expect-error a misspelt retry option
empty.step("a", { run: charge, undo: refund, retry: { time: 3 } })

// The end
const confirmed = shipped.emits(({ input, ship }) => OrderConfirmed({ orderId: input.orderId, tracking: ship.tracking }))
shipped.emits({ compensated: ({ input, reason }) => OrderCancelled({ orderId: input.orderId, reason }) })
shipped.emits(({ ship: { tracking } }) => [OrderConfirmed({ orderId: "o", tracking })])
// @ts-expect-error the end is the end
confirmed satisfies { step: unknown }
// @ts-expect-error a compensated saga has no results
shipped.emits({ compensated: ({ ship }) => OrderConfirmed({ orderId: ship.tracking, tracking: "T" }) })
// @ts-expect-error a completed one has no reason
shipped.emits({ completed: ({ reason }) => OrderCancelled({ orderId: "o", reason }) })
// @ts-expect-error a wrong payload of the event
shipped.emits(({ input }) => OrderConfirmed({ orderId: input.lines, tracking: "T" }))

// Starting
// @ts-expect-error an input with a field missing
placeOrder.start("o-1", { orderId: "o", customerId: "c", lines: [] })
// @ts-expect-error a saga without a version
saga("typed", { input: OrderSchema })

// Choices, branches and loops
const Text = Schema.toStandardSchemaV1(Schema.Struct({ text: Schema.String }))
const book = { run: charge, undo: refund }
const bookOf = (id: string) => ({ run: () => payment.charge(id, { orderId: "o", cents: 1 }), undo: refund })
const chosen = empty.when("large", ({ input }) => input.totalCents > 9, (yes) => yes.step("check", book))
chosen.step("a", { run: ({ check }) => bookOf(check?.id ?? "none").run(), undo: "nothing" })
// @ts-expect-error the branch was perhaps not taken, so its result may not be there
chosen.step("a", { run: ({ check }) => bookOf(check.id).run(), undo: "nothing" })
// @ts-expect-error a test that answers neither true nor false
empty.when("large", ({ input }) => input.totalCents, (yes) => yes.step("check", book))
// @ts-expect-error a test that reads a later step
empty.when("large", ({ check }) => check.id === "x", (yes) => yes.step("check", book))
// @ts-expect-error a branch that gives nothing back
empty.when("large", () => true, (yes) => void yes.step("check", book))
// @ts-expect-error a name that a step of the branch has
chosen.step("check", book)
// @ts-expect-error inside a branch a name that an earlier step of the saga has
charged.when("large", () => true, (yes) => yes.step("charge", book))
// @ts-expect-error a step in a branch before the pivot without undo
empty.when("large", () => true, (yes) => yes.step("check", { run: charge }))
// @ts-expect-error a pivot in a branch
empty.when("large", () => true, (yes) => yes.step("check", { run: charge, pivot: true }))
// @ts-expect-error a pivot in a loop
empty.repeat("often", (body) => body.step("look", { run: charge, pivot: true }), { until: () => true, max: 3 })
// @ts-expect-error past the pivot there is no undo, neither in a branch
shipped.when("large", () => true, (yes) => yes.step("check", book))

const both = empty.parallel("both", {
  left: (branch) => branch.step("seat", book),
  right: (branch) => branch.step("room", book),
})
both.step("a", { run: ({ seat, room }) => bookOf(seat.id + room.id).run(), undo: "nothing" })
empty.parallel("both", {
  left: (branch) => branch.step("seat", book),
  // @ts-expect-error the result of a branch beside it, which may come later
  right: (branch) => branch.step("room", { run: ({ seat }) => bookOf(seat.id).run(), undo: refund }),
})
// @ts-expect-error a branch that is no function
empty.parallel("both", { left: book, right: (branch) => branch.step("room", book) })

const raced = empty.race("ship", {
  slow: (branch) => branch.step("truck", book),
  fast: (branch) => branch.step("plane", book),
})
raced.when("bySlow", ({ ship }) => ship === "slow", (yes) => yes.step("tell", book))
// @ts-expect-error no branch of the race has that name
raced.when("bySlow", ({ ship }) => ship === "train", (yes) => yes.step("tell", book))
// @ts-expect-error the loser's result is not there
raced.step("a", { run: ({ truck }) => bookOf(truck.id).run(), undo: "nothing" })

const looped = empty.repeat("often", (body) => body.step("look", book), { until: ({ look }) => look.id === "x", max: 3 })
looped.step("a", { run: ({ look }) => bookOf(look.id).run(), undo: "nothing" })
// @ts-expect-error until reads a step that is not in the loop
empty.repeat("often", (body) => body.step("look", book), { until: ({ lok }) => lok.id === "x", max: 3 })
// @ts-expect-error a loop without a bound
empty.repeat("often", (body) => body.step("look", book), { until: () => true })

// Waits
const asked = empty.awaitSignal("approval", Text).awaitSignal("hint", Text, { timeout: "1 day", onTimeout: "go on" })
asked.signal("o-1", "approval", { text: "yes" })
asked.step("a", { run: ({ approval, hint }) => bookOf(approval.text + (hint?.text ?? "")).run(), undo: "nothing" })
// @ts-expect-error a wrong payload of the signal
asked.signal("o-1", "approval", { text: 1 })
// @ts-expect-error no wait of the saga has that name
asked.signal("o-1", "aproval", { text: "yes" })
// @ts-expect-error a step is no wait for a signal
charged.signal("o-1", "charge", { id: "x" })
// @ts-expect-error the wait may go on without, so what it gives may be null
asked.step("a", { run: ({ hint }) => bookOf(hint.text).run(), undo: "nothing" })
// @ts-expect-error an unknown way to go on
empty.awaitSignal("approval", Text, { timeout: "1 day", onTimeout: "ignore" })
// @ts-expect-error a timeout that is no duration
empty.awaitSignal("approval", Text, { timeout: "1 dya" })
const Paid = event("Paid", Text)
// @ts-expect-error a misspelt field of the event
empty.awaitEvent("paid", Paid, { when: ({ txt }) => txt === "x" })
// @ts-expect-error a sleep gives no result
empty.sleep("nap", "1 hour").step("a", { run: ({ nap }) => bookOf(nap).run(), undo: "nothing" })
// @ts-expect-error a time that is no number
empty.sleepUntil("morning", ({ input }) => input.orderId)

// Children, updates, and what a saga gives
const packing = saga("packing", { input: Text, version: 1 }).step("box", book).returns(({ box }) => ({ parcel: box.id }))
const child = { key: () => "c", input: () => ({ text: "fragile" }), onUndo: "revert" } as const
const parent = empty.child("pack", packing, child)
parent.step("a", { run: ({ pack }) => bookOf(pack.parcel).run(), undo: "nothing" })
packing.start("p", { text: "" })["~value"]?.result?.parcel satisfies string | undefined
// @ts-expect-error a wrong input of the child
empty.child("pack", packing, { ...child, input: () => ({ text: 1 }) })
// @ts-expect-error what becomes of the child is not said
empty.child("pack", packing, { key: child.key, input: child.input })
// @ts-expect-error an unknown word for what becomes of it
empty.child("pack", packing, { ...child, onUndo: "undo" })
// @ts-expect-error a misspelt field of the child's result
parent.step("a", { run: ({ pack }) => bookOf(pack.parcle).run(), undo: "nothing" })
// @ts-expect-error a service is no saga
empty.child("pack", payment, child)
// @ts-expect-error a misspelt field of what a saga returns
packing.start("p", { text: "" })["~value"]?.result?.parcle satisfies unknown
// @ts-expect-error a saga that returns a result of a later step
empty.returns(({ box }) => box)
// @ts-expect-error an update's check answers with a code or nothing
empty.accepts("address", Text, ({ text }) => text.length)
// @ts-expect-error a misspelt field of the update
empty.accepts("address", Text, ({ txt }) => txt)
// @ts-expect-error orders that cannot be taken back say who gave them
placeOrder.kill("o-1")
// @ts-expect-error nobody says why
placeOrder.skipStep("o-1", "charge", null, { by: "ann" })
