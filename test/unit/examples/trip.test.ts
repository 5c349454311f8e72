// The trip, by given / when / then.
import { test } from "node:test"
import { bookTrip } from "../../../examples/trip/book-trip.ts"
import { coverage, fail, given, hang, refuse, slow, start, succeed } from "../../../sagas/testing/index.ts"
import { assertDrawn } from "./drawn.ts"

const trip = { customerId: "c-1", flightNumber: "TP 1", city: "Lisbon", cents: 90_000, isInsured: true }
const willing = {
  "flight.book": succeed({ reference: "f" }),
  "hotel.book": succeed({ reference: "h" }),
  "car.book": succeed({ reference: "c" }),
  "insurance.insure": succeed({ policyId: "p" }),
  "card.capture": succeed({ cents: 90_000 }),
}
const booking = (participants: object = {}, input: object = {}) =>
  given(bookTrip, { key: "t-1", input: { ...trip, ...input } }).participants({ ...willing, ...participants })
const last = ["do insurance.insure/Lisbon", "do card.capture/c-1"]
const bookings = ["do flight.book/TP 1", "do hotel.book/Lisbon", "do car.book/Lisbon"]

test("flight and hotel are booked at once, the car after the hotel; then the policy, then the money", () => {
  booking().when(start()).then({
    ended: "completed",
    commands: [...bookings, ...last],
    result: { references: ["f", "h", "c"], policyId: "p", paidCents: 90_000 },
  })
  booking({}, { isInsured: false }).when(start()).then({
    ended: "completed",
    commands: [...bookings, "do card.capture/c-1"],
    result: { references: ["f", "h", "c"], policyId: null, paidCents: 90_000 },
  })
})

test("whatever is refused, what was booked is freed, latest first", () => {
  const freed = ["undo car.free/Lisbon", "undo hotel.free/Lisbon", "undo flight.free/TP 1"]
  booking({ "card.capture": refuse("card-declined") }).when(start()).then({
    reason: "card-declined",
    commands: [...bookings, ...last, "undo insurance.withdraw/Lisbon", ...freed],
  })
  booking({ "insurance.insure": refuse("too-risky") }).when(start()).then({ reason: "too-risky" })
  booking({ "car.book": refuse("no-car") }).when(start()).then({
    reason: "no-car",
    commands: [...bookings, "undo hotel.free/Lisbon", "undo flight.free/TP 1"],
  })
  booking({ "flight.book": refuse("no-flight") }).when(start()).then({
    reason: "no-flight",
    commands: ["do flight.book/TP 1", "do hotel.book/Lisbon", "undo hotel.free/Lisbon"],
  })
  booking({ "hotel.book": refuse("no-hotel") }).when(start()).then({ reason: "no-hotel" })
})

test("a booking that nobody knows of is freed too; money that nobody knows of waits for an operator", () => {
  for (const step of ["flight.book", "hotel.book", "car.book", "insurance.insure"]) {
    booking({ [step]: hang() }).when(start()).then({ ended: "compensated", reason: "STEP_TIMEOUT" })
  }
  booking({ "card.capture": hang() }).when(start()).then({ parked: "PIVOT_UNKNOWN" })
  booking({ "hotel.book": refuse("no-hotel"), "flight.free": fail() }).when(start()).then({ parked: "UNDO_FAILED" })
})

test("a slow supplier is waited for, and asked again; the answer counts whenever it comes in time", () => {
  booking({ "hotel.book": slow("40 seconds", succeed({ reference: "h" })) })
    .when(start())
    .then({ ended: "completed", commands: [...bookings.slice(0, 2), "do hotel.book/Lisbon #2", ...bookings.slice(2), ...last] })
})

test("these tests have gone every way that a trip can go", () => {
  coverage(bookTrip).assertComplete()
})

test("the picture in its README is that of the saga", () => assertDrawn("trip", bookTrip))
