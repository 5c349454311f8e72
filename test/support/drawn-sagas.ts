// Sagas to draw: one with every verb, and one whose parts are nested and have names as long as names may be.
import * as Schema from "effect/Schema"
import { done, event, service } from "../../runtime/index.ts"
import { saga } from "../../sagas/index.ts"

const schema = Schema.toStandardSchemaV1
const Text = schema(Schema.Struct({ text: Schema.String }))
const Booking = schema(Schema.Struct({ trip: Schema.String }))
const Money = schema(Schema.Struct({ cents: Schema.Finite }))

export const TripSchema = schema(Schema.Struct({
  traveller: Schema.Struct({ id: Schema.String }),
  stops: Schema.Array(Schema.String),
  isInsured: Schema.Boolean,
  cents: Schema.Finite,
}))

const bookings = service("bookings", { state: () => ({ booked: 0 }) })
  .command("book", Booking, (state) => done({ booked: state.booked + 1 }, { id: "b-1" }))
  .undo("free", "book", (state) => done({ booked: state.booked - 1 }))

const money = service("money", { state: () => ({ cents: 0 }) })
  .command("charge", Money, (state, { cents }) => done({ cents: state.cents + cents }, { id: "m-1" }))
  .undo("refund", "charge", (state, { cents }) => done({ cents: state.cents - cents }))

const PassportChecked = event("PassportChecked", Text)

const book = (what: string) => ({
  run: ({ sagaId }: { readonly sagaId: string }) => bookings.book(what, { trip: sagaId }),
  undo: () => bookings.free(what),
})

const parcel = saga("parcel", { input: Text, version: 1 }).step("box", book("box"))

/** Every verb, once at least. */
export const trip = saga("trip", { input: TripSchema, version: 3, maxDuration: "30 days" })
  .forEach("stops", ({ input }) => input.stops, {
    run: (stop, { sagaId }) => bookings.book(stop, { trip: sagaId }),
    undo: (stop) => bookings.free(stop),
    retry: { times: 4 },
  })
  .parallel("reserve", {
    flight: (branch) => branch.step("seat", book("seat")).step("meal", book("meal")),
    hotel: (branch) => branch.step("room", book("room")),
  })
  .race("transfer", {
    taxi: (branch) => branch.step("cab", book("cab")),
    train: (branch) => branch.step("ticket", book("ticket")).sleep("delay", "5 minutes"),
  })
  .when("insured", ({ input }) => input.isInsured, (yes) => yes.step("insure", book("insurance")))
  .repeat("poll", (body) => body.sleep("pause", "1 minute").step("look", { ...book("look"), undo: "nothing" }), {
    until: () => true,
    max: 5,
  })
  .awaitSignal("approval", Text, { timeout: "2 days" })
  .awaitEvent("passport", PassportChecked, { timeout: "6 hours", onTimeout: "go on" })
  .awaitToken("signature", Text)
  .sleepUntil("morning", () => 0)
  .child("papers", parcel, { key: ({ sagaId }) => `${sagaId}-papers`, input: () => ({ text: "t" }), onUndo: "revert" })
  .step("pay", {
    run: ({ input }) => money.charge(input.traveller.id, { cents: input.cents }),
    pivot: true,
  })
  .when("far", () => true, (yes) => yes.step("visa", { run: () => bookings.book("visa", { trip: "t" }) }),
    (no) => no.step("pass", { run: () => bookings.book("pass", { trip: "t" }) }))
  .step("tell", { run: () => bookings.book("tell", { trip: "t" }) })

const longest = "everything-that-has-to-be-reserved-before-anybody-may-go-away"
const odd = "odd-and-so-on-and-so-on-and-so-on-and-so-on-and-so-on-and-so-on"

/** Frames in frames, no pivot, names of 60 characters and more, and a branch that does nothing. */
export const nested = saga("nested", { input: TripSchema, version: 1 })
  .parallel(longest, {
    first: (branch) => branch
      .when("odd", () => true, (yes) => yes.step(odd, book("odd")), (no) => no
        .race("rival", {
          fast: (inner) => inner.step("quick", book("quick")),
          slow: (inner) => inner.step("plodding", book("plodding")).step("arriving", book("arriving")),
          idle: (inner) => inner.sleep("rest", "1 second"),
        }))
      .step("closing", book("closing")),
    second: (branch) => branch.repeat("again", (body) => body
      .parallel("twice", {
        left: (inner) => inner.step("l", book("l")),
        right: (inner) => inner.step("r", book("r")).when("maybe", () => true, (yes) => yes.step("rr", book("rr"))),
      }), { until: () => true, max: 1 }),
    nothing: (branch) => branch,
  })
  .step("MMMMMMMMMMWWWWWWWWWWMMMMMMMMMMWWWWWWWWWW", book("wide"))

export const withChild = saga("with-child", { input: TripSchema, version: 1 })
  .child("papers", parcel, { key: ({ sagaId }) => `${sagaId}-p`, input: () => ({ text: "t" }), onUndo: "revert" })
