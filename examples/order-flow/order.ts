// What an order is: the contract of the saga's input, and of every line in a file of orders.
import * as Schema from "effect/Schema"

/** Ids become actor keys, which are short and well-formed text. */
const Name = Schema.String.check(
  Schema.isNonEmpty(),
  Schema.isMaxLength(60),
  Schema.makeFilter((text: string) => text.isWellFormed() || "is not well-formed Unicode"),
)
const Cents = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

export const OrderSchema = Schema.Struct({
  orderId: Name,
  customerId: Name,
  carrier: Name,
  /** When it left the house; null if it never did. */
  shippedDate: Schema.NullOr(Schema.String),
  shipTo: Schema.Struct({ name: Schema.String, city: Schema.String, country: Schema.String }),
  lines: Schema.Array(Schema.Struct({ sku: Name, quantity: Schema.Int.check(Schema.isGreaterThan(0)) }))
    .check(Schema.isMinLength(1), Schema.isMaxLength(200)),
  totalCents: Cents,
})

export type Order = typeof OrderSchema.Type
export const Order = Schema.toStandardSchemaV1(OrderSchema)
