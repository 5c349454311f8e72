// What the compiler accepts and refuses in a saga. Nothing here runs: `tsc` is the test, and an expected error that
// does not come is one.
import type { Command } from "../../../runtime/message/contract.ts"
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
