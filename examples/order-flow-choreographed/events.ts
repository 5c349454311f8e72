// What the services tell each other. There is nothing else between them: no service knows another one, or commands it.
// Every event carries the order, so that nobody has to keep orders in order to react; and every event is about the order,
// so that all events of one order are read in the order in which they happened.
import * as Schema from "effect/Schema"
import { event } from "../../runtime/index.ts"
import { OrderSchema } from "../order-flow/order.ts"

const aboutOrder = { key: ({ order }: { readonly order: { readonly orderId: string } }) => order.orderId }

const OrderFacts = Schema.toStandardSchemaV1(Schema.Struct({ order: OrderSchema }))
const LineFacts = Schema.toStandardSchemaV1(Schema.Struct({ order: OrderSchema, line: Schema.Int }))
const Failure = Schema.toStandardSchemaV1(Schema.Struct({ order: OrderSchema, reason: Schema.String }))
const LineFailure = Schema.toStandardSchemaV1(
  Schema.Struct({ order: OrderSchema, line: Schema.Int, reason: Schema.String }),
)
const PaymentFacts = Schema.toStandardSchemaV1(Schema.Struct({ order: OrderSchema, paymentId: Schema.String }))

// Forward
export const OrderCreated = event("OrderCreated", OrderFacts, aboutOrder)
export const PaymentProcessed = event("PaymentProcessed", PaymentFacts, aboutOrder)
/** One line of the order is reserved, and more of them follow. */
export const LineReserved = event("LineReserved", LineFacts, aboutOrder)
/** All of them are. */
export const StockReserved = event("StockReserved", OrderFacts, aboutOrder)
export const OrderShipped = event("OrderShipped", OrderFacts, aboutOrder)

// Backward
export const PaymentDeclined = event("PaymentDeclined", Failure, aboutOrder)
/** A line is out of stock, and lines before it are reserved. */
export const LineRefused = event("LineRefused", LineFailure, aboutOrder)
/** A line is put back, and lines before it are reserved. */
export const LineReleased = event("LineReleased", LineFailure, aboutOrder)
/** The order cannot be had; whatever was reserved for it is put back. */
export const StockReservationFailed = event("StockReservationFailed", Failure, aboutOrder)
export const ShipmentRefused = event("ShipmentRefused", Failure, aboutOrder)
/** All lines are put back, because of something that happened after they were reserved. */
export const StockReleased = event("StockReleased", Failure, aboutOrder)
export const PaymentRefunded = event("PaymentRefunded", Failure, aboutOrder)
