// Parcels: one actor per carrier. In the data a carrier never took some orders: those it refuses.
import * as Schema from "effect/Schema"
import { done, refused, service } from "../../runtime/index.ts"

const Parcel = Schema.toStandardSchemaV1(
  Schema.Struct({
    orderId: Schema.String,
    paymentId: Schema.String,
    shippedDate: Schema.NullOr(Schema.String),
    city: Schema.String,
  }),
)

export const shipping = service("shipping", { state: () => ({ booked: 0 }) })
  .command("book", Parcel, (carrier, { orderId, shippedDate }) =>
    shippedDate === null
      ? refused("never-shipped")
      : done({ booked: carrier.booked + 1 }, { trackingId: `parcel-${orderId}` }))
