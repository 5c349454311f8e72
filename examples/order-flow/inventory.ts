// Stock: one actor per product. A row holds two numbers, however many orders there are.
import * as Schema from "effect/Schema"
import { done, refused, service } from "../../runtime/index.ts"

export const Units = Schema.toStandardSchemaV1(Schema.Struct({ units: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)) }))
export const Reservation = Schema.toStandardSchemaV1(
  Schema.Struct({ orderId: Schema.String, quantity: Schema.Int.check(Schema.isGreaterThan(0)) }),
)

export interface Stock {
  readonly initial: number
  readonly left: number
}

export const inventory = service("inventory", { state: (): Stock => ({ initial: 0, left: 0 }) })
  .command("stock", Units, (_, { units }) => done({ initial: units, left: units }))
  .command("reserve", Reservation, (stock, { quantity }) =>
    quantity > stock.left
      ? refused("out-of-stock", { wanted: quantity, left: stock.left })
      : done({ ...stock, left: stock.left - quantity }))
  .undo("release", "reserve", (stock, { quantity }) => done({ ...stock, left: stock.left + quantity }, null))
