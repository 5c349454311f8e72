// What `npx troupe check examples/warehouses/check.ts` goes through: every path of the saga, with these samples.
import type { SagaCheck } from "../../sagas/index.ts"
import { packParcel } from "./pack-parcel.ts"
import { shipOrder } from "./ship-order.ts"

const lines = ["lyon", "turin"].map((warehouse) => ({ warehouse, sku: "tea", units: 1 }))

export const check: readonly SagaCheck[] = [
  { saga: packParcel, input: { orderId: "o", lines }, arrivals: { packed: { by: "Ann", kilos: 1 } } },
  { saga: shipOrder, input: { customerId: "c", cents: 1, lines }, answers: { pack: { parcelId: "p", kilos: 1 } } },
]
