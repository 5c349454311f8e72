// An order from several warehouses: each packs its parcel, all at once; then the money, then the truck.
import * as Schema from "effect/Schema"
import { saga } from "../../sagas/index.ts"
import { Line, packParcel } from "./pack-parcel.ts"
import { payment, truck } from "./services.ts"

const Order = Schema.Struct({ customerId: Schema.String, cents: Schema.Int, lines: Schema.Array(Line) })

/** The lines of each warehouse, in the order of their names. */
function parts(lines: readonly (typeof Line.Type)[]) {
  return [...new Set(lines.map(({ warehouse }) => warehouse))].toSorted().map((warehouse) => ({
    warehouse,
    lines: lines.filter((line) => line.warehouse === warehouse),
  }))
}

export const shipOrder = saga("ship-order", { input: Schema.toStandardSchemaV1(Order), version: 1 })
  .children("pack", ({ input }) => parts(input.lines), packParcel, {
    key: ({ warehouse }, { sagaId }) => `${sagaId}.${warehouse}`,
    input: ({ lines }, { sagaId }) => ({ orderId: sagaId, lines }),
    onUndo: "revert",
  })
  .step("charge", {
    run: ({ input, sagaId }) => payment.charge(input.customerId, { orderId: sagaId, cents: input.cents }),
    undo: ({ input }) => payment.refund(input.customerId),
  })
  .step("load", {
    run: ({ pack, sagaId }) => truck.load("north", { orderId: sagaId, parcels: pack.map(({ parcelId }) => parcelId) }),
    pivot: true,
  })
  .returns(({ pack }) => ({ parcels: pack.length, kilos: pack.reduce((sum, { kilos }) => sum + kilos, 0) }))
