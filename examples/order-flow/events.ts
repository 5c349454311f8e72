// The facts that the order flow tells the world.
import * as Schema from "effect/Schema"
import { event } from "../../runtime/index.ts"

export const OrderConfirmed = event(
  "OrderConfirmed",
  Schema.toStandardSchemaV1(Schema.Struct({ orderId: Schema.String, customerId: Schema.String, totalCents: Schema.Int })),
)

export const OrderCancelled = event(
  "OrderCancelled",
  Schema.toStandardSchemaV1(Schema.Struct({ orderId: Schema.String, customerId: Schema.String, reason: Schema.String })),
)
