// The services and the saga that the saga tests speak of: reserve each line, charge, ship (the pivot).
import * as Schema from "effect/Schema"
import { done, refused } from "../../../runtime/actor/result.ts"
import { service } from "../../../runtime/actor/service.ts"
import { event } from "../../../runtime/message/contract.ts"
import { saga } from "../../../sagas/index.ts"

const schema = Schema.toStandardSchemaV1

export const OrderSchema = schema(
  Schema.Struct({
    orderId: Schema.String,
    customerId: Schema.String,
    lines: Schema.Array(Schema.Struct({ sku: Schema.String, quantity: Schema.Finite })),
    totalCents: Schema.Finite,
    gift: Schema.optionalKey(Schema.Boolean),
  }),
)

export const inventory = service("inventory", { state: () => ({ stock: 10 }) })
  .command("reserve", schema(Schema.Struct({ orderId: Schema.String, quantity: Schema.Finite })), (state, { quantity }) => {
    if (quantity > state.stock) return refused("out-of-stock", { stock: state.stock })
    return done({ stock: state.stock - quantity }, { reserved: quantity })
  })
  .undo("release", "reserve", (state, did) => done({ stock: state.stock + did.quantity }))

export const payment = service("payment", { state: () => ({ cents: 0 }) })
  .command("charge", schema(Schema.Struct({ orderId: Schema.String, cents: Schema.Finite })), (state, { cents }) =>
    done({ cents: state.cents + cents }, { id: "pay-1" }))
  .undo("refund", "charge", (state, did) => done({ cents: state.cents - did.cents }))

export const shipping = service("shipping", { state: () => ({ booked: false }) })
  .command("book", schema(Schema.Struct({ paymentId: Schema.String })), () => done({ booked: true }, { tracking: "T1" }))
  .command("wrap", schema(Schema.Struct({})), (state) => done(state))
  .undo("unwrap", "wrap", (state) => done(state))

export const mail = service("mail", { state: () => ({}) })
  .command("send", schema(Schema.Struct({ tracking: Schema.String })), (state) => done(state))

export const OrderConfirmed = event("OrderConfirmed", schema(Schema.Struct({ orderId: Schema.String, tracking: Schema.String })))
export const OrderCancelled = event("OrderCancelled", schema(Schema.Struct({ orderId: Schema.String, reason: Schema.String })))

const untilCharged = saga("place-order", { input: OrderSchema, version: 1 })
  .forEach("reserve", ({ input }) => input.lines, {
    run: (line, { sagaId }) => inventory.reserve(line.sku, { orderId: sagaId, quantity: line.quantity }),
    undo: (line) => inventory.release(line.sku),
    timeout: "30 seconds",
    retry: { times: 2, from: "200 millis", factor: 2 },
  })
  .step("charge", {
    run: ({ input, sagaId }) => payment.charge(input.customerId, { orderId: sagaId, cents: input.totalCents }),
    undo: ({ input }) => payment.refund(input.customerId),
    timeout: "10 seconds",
    retry: { times: 1, from: "1 second" },
  })

export const placeOrder = untilCharged
  .step("ship", { run: ({ input, charge }) => shipping.book(input.orderId, { paymentId: charge.id }), pivot: true })
  .emits({
    completed: ({ input, ship }) => OrderConfirmed({ orderId: input.orderId, tracking: ship.tracking }),
    compensated: ({ input, reason }) => OrderCancelled({ orderId: input.orderId, reason }),
  })

/** With a conditional step (wrap a gift) before the charge is shipped, and a step after the pivot. */
export const placeGiftOrder = untilCharged
  .forEach("wrap", ({ input }) => (input.gift === true ? [input] : []), {
    run: (input) => shipping.wrap(input.orderId, {}),
    undo: (input) => shipping.unwrap(input.orderId),
  })
  .step("ship", { run: ({ input, charge }) => shipping.book(input.orderId, { paymentId: charge.id }), pivot: true })
  .step("tell", { run: ({ input, ship }) => mail.send(input.customerId, { tracking: ship.tracking }), retry: { times: 0 } })
  .emits(({ input, ship }) => OrderConfirmed({ orderId: input.orderId, tracking: ship.tracking }))

export const order = {
  orderId: "o-1",
  customerId: "c-1",
  lines: [{ sku: "P11", quantity: 1 }, { sku: "P42", quantity: 2 }, { sku: "P72", quantity: 3 }],
  totalCents: 47_238,
}
