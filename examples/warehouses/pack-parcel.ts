// One warehouse's part of an order, a saga of its own: take every line from its shelf, and wait until somebody has packed it.
import * as Schema from "effect/Schema"
import { saga } from "../../sagas/index.ts"
import { shelves } from "./services.ts"

export const Line = Schema.Struct({ warehouse: Schema.String, sku: Schema.String, units: Schema.Int })
const Part = Schema.toStandardSchemaV1(Schema.Struct({ orderId: Schema.String, lines: Schema.Array(Line) }))
const Packed = Schema.toStandardSchemaV1(Schema.Struct({ by: Schema.String, kilos: Schema.Int }))

export const packParcel = saga("pack-parcel", { input: Part, version: 1 })
  .forEach("take", ({ input }) => input.lines, {
    run: ({ warehouse, sku, units }, { input }) => shelves.take(`${warehouse}.${sku}`, { orderId: input.orderId, units }),
    undo: ({ warehouse, sku }) => shelves.putBack(`${warehouse}.${sku}`),
  })
  .awaitSignal("packed", Packed, { timeout: "2 days" })
  .returns(({ sagaId, packed }) => ({ parcelId: sagaId, kilos: packed.kilos }))
