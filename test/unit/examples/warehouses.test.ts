// The order from several warehouses, by given / when / then: the parent with its children scripted, and the child.
import { test } from "node:test"
import { packParcel } from "../../../examples/warehouses/pack-parcel.ts"
import { shipOrder } from "../../../examples/warehouses/ship-order.ts"
import { after, cancel, coverage, fail, given, hang, refuse, signal, start, succeed } from "../../../sagas/testing/index.ts"
import { assertDrawn } from "./drawn.ts"

const lines = [
  { warehouse: "lyon", sku: "tea", units: 2 },
  { warehouse: "bergen", sku: "jam", units: 1 },
  { warehouse: "lyon", sku: "jam", units: 3 },
]
const packed = ({ key }: { key: string }) => succeed({ parcelId: key, kilos: 2 })
const shipping = (participants: object = {}) =>
  given(shipOrder, { key: "o-1", input: { customerId: "c-1", cents: 500, lines } })
    .participants({ "*": succeed(), "pack-parcel.start": packed, ...participants })
    .when(start())
const packing = ["do pack-parcel.start/o-1.bergen", "do pack-parcel.start/o-1.lyon"]

test("each warehouse packs its part; then the money, then the truck", () => {
  shipping().then({
    ended: "completed",
    commands: [...packing, "do payment.charge/c-1", "do truck.load/north"],
    result: { parcels: 2, kilos: 4 },
  })
})

test("a warehouse that has not enough is the reason of the whole order; the others turn back", () => {
  const empty = { "pack-parcel.start/o-1.lyon": refuse("out-of-stock") }
  shipping(empty).then({ reason: "out-of-stock", commands: [...packing, "undo pack-parcel.revert/o-1.bergen"] })
  shipping({ ...empty, "pack-parcel.start/o-1.bergen": hang() }).then({
    reason: "out-of-stock",
    commands: [...packing, "undo pack-parcel.revert/o-1.bergen"],
  })
})

test("an order that is cancelled turns its warehouses back, whether they have packed or not", () => {
  shipping({ "pack-parcel.start/o-1.lyon": hang() })
    .then({ ended: "not yet" })
    .when(cancel())
    .then({
      reason: "cancelled",
      commands: ["undo pack-parcel.revert/o-1.lyon", "undo pack-parcel.revert/o-1.bergen"],
    })
})

test("what fails after the packing sends the money and the parcels back", () => {
  const back = ["undo pack-parcel.revert/o-1.lyon", "undo pack-parcel.revert/o-1.bergen"]
  shipping({ "payment.charge": refuse("no-money") }).then({
    reason: "no-money",
    commands: [...packing, "do payment.charge/c-1", ...back],
  })
  shipping({ "payment.charge": hang() }).then({ reason: "STEP_TIMEOUT" })
  shipping({ "truck.load": refuse("full") }).then({ reason: "full" })
  shipping({ "truck.load": hang() }).then({ parked: "PIVOT_UNKNOWN" })
  shipping({ "truck.load": refuse("full"), "payment.refund": fail() }).then({ parked: "UNDO_FAILED" })
})

const part = (participants: object = {}) =>
  given(packParcel, { key: "o-1.lyon", input: { orderId: "o-1", lines: lines.slice(0, 1) } })
    .participants({ "shelves.take": succeed({ units: 2 }), ...participants })
    .when(start())

test("a warehouse takes its lines and waits until somebody has packed them", () => {
  part()
    .then({ waiting: ["packed"], commands: ["do shelves.take/lyon.tea"] })
    .when(signal("packed", { by: "Ann", kilos: 3 }))
    .then({ ended: "completed", result: { parcelId: "o-1.lyon", kilos: 3 } })
})

test("an empty shelf, and a parcel that nobody packs in two days, put everything back", () => {
  part({ "shelves.take": refuse("out-of-stock") }).then({ reason: "out-of-stock" })
  part({ "shelves.take": hang() }).then({ reason: "STEP_TIMEOUT" })
  part()
    .when(after("2 days"))
    .then({ reason: "WAIT_TIMEOUT", commands: ["do shelves.take/lyon.tea", "undo shelves.putBack/lyon.tea"] })
  part({ "shelves.putBack": fail() }).when(cancel()).then({ parked: "UNDO_FAILED" })
})

test("these tests have gone every way that an order and its parts can go", () => {
  coverage(shipOrder).assertComplete()
  coverage(packParcel).assertComplete()
})

test("the pictures in its README are those of the sagas", () => assertDrawn("warehouses", shipOrder, packParcel))
