// A trip: flight, hotel and car at once, insurance if it is wanted, and then the money, after which nobody goes back.
import * as Schema from "effect/Schema"
import { saga } from "../../sagas/index.ts"
import { car, card, flight, hotel, insurance } from "./services.ts"

const Trip = Schema.Struct({
  customerId: Schema.String,
  flightNumber: Schema.String,
  city: Schema.String,
  cents: Schema.Int,
  isInsured: Schema.Boolean,
})

export const bookTrip = saga("book-trip", { input: Schema.toStandardSchemaV1(Trip), version: 1 })
  .parallel("book", {
    byAir: (branch) =>
      branch.step("seat", {
        run: ({ input, sagaId }) => flight.book(input.flightNumber, { tripId: sagaId }),
        undo: ({ input }) => flight.free(input.flightNumber),
      }),
    there: (branch) =>
      branch
        .step("room", {
          run: ({ input, sagaId }) => hotel.book(input.city, { tripId: sagaId }),
          undo: ({ input }) => hotel.free(input.city),
        })
        .step("wheels", {
          run: ({ input, sagaId }) => car.book(input.city, { tripId: sagaId }),
          undo: ({ input }) => car.free(input.city),
        }),
  })
  .when("insured", ({ input }) => input.isInsured, (yes) =>
    yes.step("policy", {
      run: ({ input, sagaId }) => insurance.insure(input.city, { tripId: sagaId }),
      undo: ({ input }) => insurance.withdraw(input.city),
    }))
  .step("pay", {
    run: ({ input, sagaId }) => card.capture(input.customerId, { tripId: sagaId, cents: input.cents }),
    pivot: true,
  })
  .returns(({ seat, room, wheels, policy, pay }) => ({
    references: [seat.reference, room.reference, wheels.reference],
    policyId: policy?.policyId ?? null,
    paidCents: pay.cents,
  }))
