// Two hundred trips for a hundred seats, rooms and cars: nothing is booked twice, nobody pays for what he did not get.
// `node examples/trip/main.ts`; exit code 0 if that holds.
import { app, launch } from "../../runtime/index.ts"
import { bookTrip } from "./book-trip.ts"
import { car, card, cardLimitCents, flight, hotel, insurance } from "./services.ts"

const tripCount = 200
const places = { flight: 50, hotel: 45, car: 40 }
// Of this run alone, so that it can be run again on the same server.
const run = Date.now().toString(36)
const cities = ["Lisbon", "Oslo"].map((city) => `${run}-${city}`)

interface Ending {
  readonly city: string
  readonly customerId: string
  readonly outcome: string
  readonly result?: { readonly policyId: string | null; readonly paidCents: number }
}

const agency = app("agency", { namespace: "agency", services: [flight, hotel, car, insurance, card, bookTrip] })
const running = await launch(agency, { dataDir: ".troupe/trip", report: (line) => console.error(line) })
const { client } = running

for (const city of cities) {
  await client.ask(flight.offer(city, { places: places.flight }), { effect: `flight ${city}` })
  await client.ask(hotel.offer(city, { places: places.hotel }), { effect: `hotel ${city}` })
  await client.ask(car.offer(city, { places: places.car }), { effect: `car ${city}` })
}
const endings = await Promise.all(Array.from({ length: tripCount }, (_, n) => book(n)))
const booked = {
  flight: await numbers("flight", cities, "booked"),
  hotel: await numbers("hotel", cities, "booked"),
  car: await numbers("car", cities, "booked"),
}
const policies = await numbers("insurance", cities, "policies")
const captured = await numbers("card", endings.map(({ customerId }) => customerId), "capturedCents")
await running.stop()
report()

async function book(n: number): Promise<Ending> {
  const city = cities[n % cities.length] ?? ""
  const customerId = `${run}-customer-${n}`
  const cents = n % 10 === 0 ? cardLimitCents + 1 : 50_000 + n
  const trip = { customerId, flightNumber: city, city, cents, isInsured: n % 3 === 0 }
  const outcome = await client.ask(bookTrip.start(`${run}-${n}`, trip), { effect: `trip ${run} ${n}` })
  if (outcome.type !== "done") return { city, customerId, outcome: outcome.code }
  // cast: a saga answers its start with how it ended
  const ended = outcome.value as { outcome: string; reason?: string; result?: NonNullable<Ending["result"]> }
  const { result } = ended
  return { city, customerId, outcome: ended.reason ?? ended.outcome, ...(result === undefined ? {} : { result }) }
}

/** One number out of the state of each actor; 0 of one that was never asked for anything. */
function numbers(service: string, keys: readonly string[], field: string): Promise<readonly number[]> {
  return Promise.all(
    keys.map(async (key) => {
      const { state } = await client.query(service, key)
      return (state as Readonly<Record<string, number>> | null)?.[field] ?? 0 // cast: the services count in numbers
    }),
  )
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.join() === b.join()
}

function report(): void {
  const counts = new Map<string, number>()
  for (const { outcome } of endings) counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  console.log(`${endings.length} trips to ${cities.length} cities`)
  for (const [outcome, count] of counts) console.log(`  ${outcome.padEnd(20)} ${count}`)
  const made = endings.filter(({ outcome }) => outcome === "completed")
  const inEach = cities.map((city) => made.filter((trip) => trip.city === city).length)
  const insured = cities.map((city) => made.filter((trip) => trip.city === city && trip.result?.policyId !== null).length)
  const checks: Readonly<Record<string, boolean>> = {
    "each trip that was made has one seat, one room and one car": Object.values(booked).every((count) => same(count, inEach)),
    "each insured trip that was made has a policy, and no other": same(policies, insured),
    "each customer paid for the trip, or nothing": endings.every(({ result }, n) => captured[n] === (result?.paidCents ?? 0)),
    "some trips were turned back after the bookings": (counts.get("card-declined") ?? 0) > 0,
    "every trip came to an end": endings.every(({ outcome }) => /^(completed|no-.*|card-declined)$/.test(outcome)),
  }
  for (const [what, holds] of Object.entries(checks)) console.log(`${holds ? "ok    " : "BROKEN"} ${what}`)
  process.exitCode = Object.values(checks).every(Boolean) ? 0 : 1
}
