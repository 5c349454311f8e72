// What a trip is booked from: seats, rooms, cars, insurance policies and a card, one actor for each supplier and customer.
import * as Schema from "effect/Schema"
import { done, refused, service } from "../../runtime/index.ts"

const schema = Schema.toStandardSchemaV1
const Places = schema(Schema.Struct({ places: Schema.Int }))
const Booking = schema(Schema.Struct({ tripId: Schema.String }))
const Amount = schema(Schema.Struct({ tripId: Schema.String, cents: Schema.Int }))

export interface Supply {
  readonly places: number
  readonly booked: number
}

/** One kind of supplier: so many places, each booked once. */
function supplier(name: "flight" | "hotel" | "car") {
  return service(name, { state: (): Supply => ({ places: 0, booked: 0 }) })
    .command("offer", Places, (supply, { places }) => done({ ...supply, places }))
    .command("book", Booking, (supply, { tripId }) =>
      supply.booked === supply.places
        ? refused(`no-${name}`)
        : done({ ...supply, booked: supply.booked + 1 }, { reference: `${name}-${tripId}` }))
    .undo("free", "book", (supply) => done({ ...supply, booked: supply.booked - 1 }))
}

export const flight = supplier("flight")
export const hotel = supplier("hotel")
export const car = supplier("car")

export const insurance = service("insurance", { state: () => ({ policies: 0 }) })
  .command("insure", Booking, (state, { tripId }) => done({ policies: state.policies + 1 }, { policyId: `policy-${tripId}` }))
  .undo("withdraw", "insure", (state) => done({ policies: state.policies - 1 }))

export const cardLimitCents = 200_000

export const card = service("card", { state: () => ({ capturedCents: 0 }) })
  .command("capture", Amount, (state, { cents }) =>
    cents > cardLimitCents ? refused("card-declined") : done({ capturedCents: state.capturedCents + cents }, { cents }))
