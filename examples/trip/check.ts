// What `npx troupe check examples/trip/check.ts` goes through: every path of the saga, with these samples.
import type { SagaCheck } from "../../sagas/index.ts"
import { bookTrip } from "./book-trip.ts"

const input = { customerId: "c", flightNumber: "TP 1", city: "Lisbon", cents: 1, isInsured: true }
const place = { reference: "r" }
const answers = { seat: place, room: place, wheels: place, policy: { policyId: "p" }, pay: { cents: 1 } }

export const check: readonly SagaCheck[] = [{ saga: bookTrip, input, answers }]
