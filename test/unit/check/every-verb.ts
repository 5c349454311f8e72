// Sagas that use every verb, with the samples that the checker needs.
import * as Schema from "effect/Schema"
import { event } from "../../../runtime/index.ts"
import { type Saga, saga, type SagaCheck } from "../../../sagas/index.ts"
import { inventory, order, OrderSchema, payment, placeGiftOrder, placeOrder, shipping } from "../sagas/shop.ts"

const Text = Schema.toStandardSchemaV1(Schema.Struct({ text: Schema.String }))
const Paid = event("Paid", Schema.toStandardSchemaV1(Schema.Struct({ orderId: Schema.String })))
export const oneTry = { retry: { times: 0 } }
export const charge = (key: string) => ({
  run: () => payment.charge(key, { orderId: "o", cents: 1 }),
  undo: () => payment.refund(key),
  ...oneTry,
})
const reserve = (key: string) => ({
  run: () => inventory.reserve(key, { orderId: "o", quantity: 1 }),
  undo: () => inventory.release(key),
})
const ship = { run: () => shipping.book("s", { paymentId: "p" }), pivot: true } as const
export const trip = (name: string) => saga(name, { input: OrderSchema, version: 1 })

export const choosing = trip("choosing")
  .step("first", charge("a"))
  .when(
    "large",
    ({ input }) => input.totalCents > 100,
    (then) => then.step("check", charge("large")),
    (otherwise) => otherwise.step("note", reserve("small")),
  )
  .step("last", ship)

export const both = trip("both")
  .step("first", charge("a"))
  .parallel("book", {
    flight: (branch) => branch.step("seat", charge("seat")).step("meal", charge("meal")),
    hotel: (branch) => branch.step("room", charge("room")),
  })
  .step("pay", {
    run: ({ seat, room }) => payment.charge("pay", { orderId: seat.id + room.id, cents: 1 }),
    undo: () => payment.refund("pay"),
    ...oneTry,
  })

export const racing = trip("racing")
  .step("first", charge("a"))
  .race("by", {
    slow: (branch) => branch.step("pack", charge("pack")).step("truck", charge("truck")),
    fast: (branch) => branch.step("plane", charge("plane")),
  })
  .step("tell", { run: ({ by }) => payment.charge(`by-${by}`, { orderId: "o", cents: 1 }), undo: "nothing", ...oneTry })

export const repeating = trip("repeating")
  .repeat("until-found", (round) => round.step("look", charge("look")).sleep("rest", "1 minute"), {
    until: ({ look }) => look.id === "found",
    max: 5,
  })
  .step("last", charge("z"))

export const waiting = trip("waiting")
  .step("first", charge("a"))
  .awaitSignal("approval", Text, { timeout: "2 days" })
  .awaitEvent("paid", Paid, { when: ({ orderId }, { input }) => orderId === input.orderId })
  .awaitToken("form", Text, { timeout: "1 day", onTimeout: "go on" })
  .sleepUntil("morning", () => 2_000_000_000_000)
  .step("last", { run: ({ approval }) => payment.charge(approval.text, { orderId: "o", cents: 1 }), pivot: true, ...oneTry })

export const family = saga("family", { input: OrderSchema, version: 1, maxDuration: "30 days" })
  .child("order", placeOrder, { key: ({ sagaId }) => `${sagaId}-1`, input: ({ input }) => input, onUndo: "revert" })
  .accepts("address", Text, ({ text }) => (text === "" ? "empty" : undefined))
  .step("thank", { run: ({ updates }) => payment.charge(JSON.stringify(updates), { orderId: "o", cents: 1 }), pivot: true })
  .step("note", { run: () => payment.charge("n", { orderId: "o", cents: 1 }), ...oneTry })

const lines = order.lines.slice(0, 2)

interface BuiltCheck extends SagaCheck {
  readonly saga: Pick<Saga<never>, "definition">
}

export const checks: readonly BuiltCheck[] = [
  { saga: placeOrder, input: { ...order, lines }, answers: { charge: { id: "p" }, ship: { tracking: "t" } } },
  { saga: placeGiftOrder, input: { ...order, lines, gift: true }, answers: { charge: { id: "p" }, ship: { tracking: "t" } } },
  { saga: choosing, input: order },
  { saga: both, input: order, answers: { seat: { id: "s" }, room: { id: "r" } } },
  { saga: racing, input: order },
  { saga: repeating, input: order, answers: { look: { id: "found" } } },
  {
    saga: waiting,
    input: order,
    arrivals: { approval: { text: "yes" }, paid: { orderId: "o-1" }, form: { text: "filled" } },
  },
  { saga: family, input: order, updates: { address: { text: "here" } } },
]
