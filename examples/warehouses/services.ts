// What an order takes: stock in several warehouses, one actor for each product in each of them, money, and a truck.
import * as Schema from "effect/Schema"
import { done, refused, service } from "../../runtime/index.ts"

const schema = Schema.toStandardSchemaV1
const Units = schema(Schema.Struct({ units: Schema.Int }))
const Taking = schema(Schema.Struct({ orderId: Schema.String, units: Schema.Int.check(Schema.isGreaterThan(0)) }))
const Amount = schema(Schema.Struct({ orderId: Schema.String, cents: Schema.Int }))
const Parcels = schema(Schema.Struct({ orderId: Schema.String, parcels: Schema.Array(Schema.String) }))

export interface Shelf {
  readonly filled: number
  readonly left: number
}

export const shelves = service("shelves", { state: (): Shelf => ({ filled: 0, left: 0 }) })
  .command("fill", Units, (_, { units }) => done({ filled: units, left: units }))
  .command("take", Taking, (shelf, { units }) =>
    units > shelf.left ? refused("out-of-stock") : done({ ...shelf, left: shelf.left - units }, { units }))
  .undo("putBack", "take", (shelf, { units }) => done({ ...shelf, left: shelf.left + units }))

export const payment = service("payment", { state: () => ({ cents: 0 }) })
  .command("charge", Amount, (state, { cents }) => done({ cents: state.cents + cents }))
  .undo("refund", "charge", (state, { cents }) => done({ cents: state.cents - cents }))

export const truck = service("truck", { state: () => ({ parcels: 0 }) })
  .command("load", Parcels, (state, { parcels }) => done({ parcels: state.parcels + parcels.length }))
