// Parcels: one actor per carrier. In the data a carrier never took some orders: those it refuses.
import { done, service } from "../../runtime/index.ts"
import { OrderShipped, ShipmentRefused, StockReserved } from "./events.ts"

export const shipping = service("shipping", { state: () => ({ booked: 0 }) }).on(
  StockReserved,
  ({ order }) => order.carrier,
  (carrier, { order }) =>
    order.shippedDate === null
      ? done(carrier, null, [ShipmentRefused({ order, reason: "never-shipped" })])
      : done({ booked: carrier.booked + 1 }, null, [OrderShipped({ order })]),
  { emits: [OrderShipped, ShipmentRefused] },
)
