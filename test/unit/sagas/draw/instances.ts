// Instances to draw, each brought by hand to where it stands: orders of the example, and trips in the middle of everything.
import { completeToken, type EndedRow, type Saga, type SagaRow } from "../../../../sagas/index.ts"
import { placeOrder } from "../../../../examples/order-flow/place-order.ts"
import { nested, trip } from "../../../support/drawn-sagas.ts"
import { tokenOf } from "../../../../sagas/machine/functions.ts"
import { done, drive, type Driver, faulted, refused } from "../driver.ts"

export interface Drawn {
  readonly name: string
  readonly saga: Pick<Saga<never>, "definition">
  readonly instance?: { readonly row: SagaRow | EndedRow; readonly nowMs: number; readonly key: string }
}

const order = {
  orderId: "o-1", customerId: "c-1", carrier: "dhl", shippedDate: null,
  shipTo: { name: "n", city: "c", country: "d" },
  lines: [{ sku: "P11", quantity: 1 }, { sku: "P42", quantity: 2 }, { sku: "P72", quantity: 3 }],
  totalCents: 47_238,
}

export function rowOf(driver: Driver): SagaRow | EndedRow {
  // cast: the state of a saga that has started
  return driver.state as SagaRow | EndedRow
}

function stands(name: string, saga: Drawn["saga"], driver: Driver): Drawn {
  return { name, saga, instance: { row: rowOf(driver), nowMs: driver.nowMs, key: driver.self.key } }
}

function ordered(): Driver {
  const driver = drive(placeOrder.logic)
  driver.nowMs = Date.UTC(2026, 0, 2, 10)
  driver.start(order)
  return driver
}

function reserved(): Driver {
  const driver = ordered()
  driver.nowMs += 1_000
  for (const { sku } of order.lines) driver.reply(`inventory.reserve/${sku}`, done())
  return driver
}

function completed(): Driver {
  const driver = reserved()
  driver.reply("payment.charge/c-1", done({ paymentId: "p" }))
  driver.nowMs += 2_500
  driver.reply("shipping.book/dhl", done())
  return driver
}

/** The charge was refused; of three reservations one is taken back, and the next undo is under way for the second time. */
function compensating(): Driver {
  const driver = reserved()
  driver.reply("payment.charge/c-1", refused("payment-declined"))
  driver.reply("inventory.release/P72", done())
  driver.reply("inventory.release/P42", faulted())
  driver.fire("inventory.release/P42")
  driver.nowMs += 12_000
  return driver
}

function compensated(): Driver {
  const driver = reserved()
  driver.reply("payment.charge/c-1", refused("payment-declined"))
  for (const { sku } of order.lines.toReversed()) driver.reply(`inventory.release/${sku}`, done())
  return driver
}

/** The charge was refused with a code of any text. */
function refusedWith(code: string): Driver {
  const driver = reserved()
  driver.reply("payment.charge/c-1", refused(code))
  return driver
}

/** A try of the charge has failed, and the next one is not due yet. */
function retrying(): Driver {
  const driver = reserved()
  driver.reply("payment.charge/c-1", faulted())
  return driver
}

function parked(): Driver {
  const driver = reserved()
  driver.reply("payment.charge/c-1", done({ paymentId: "p" }))
  for (let attempt = 0; attempt < 4; attempt += 1) {
    driver.fire("shipping.book/dhl")
    if (attempt < 3) driver.fire("shipping.book/dhl")
  }
  return driver
}

export const journey = { traveller: { id: "t-1" }, stops: ["rome", "oslo"], isInsured: false, cents: 1 }

/** Flown, the train won, not insured, in the second round of the poll. */
function travelling(): Driver {
  const driver = drive(trip.logic, "t-9")
  driver.nowMs = Date.UTC(2026, 0, 2, 10)
  driver.start(journey)
  for (const what of ["rome", "oslo", "seat", "room", "meal", "ticket"]) driver.reply(`bookings.book/${what}`, done({ id: "b" }))
  return driver
}

function waiting(): Driver {
  const driver = travelling()
  driver.fire("delay")
  driver.reply("bookings.book/cab", done({ id: "b" }))
  driver.reply("bookings.free/cab", done())
  driver.fire("pause#1")
  driver.reply("bookings.book/look", done({ id: "b" }))
  driver.nowMs += 3_600_000
  return driver
}

function forward(): Driver {
  const driver = waiting()
  driver.ask(trip.signal("t-9", "approval", { text: "yes" }))
  driver.fire("passport")
  const token = tokenOf({ saga: trip.name }, { sagaId: "t-9", secret: driver.row().secret ?? "" }, "signature")
  driver.ask(completeToken(token, { text: "signed" }))
  driver.fire("morning")
  driver.reply("parcel.start/t-9-papers", done())
  driver.reply("money.charge/t-1", done({ id: "m" }))
  driver.reply("bookings.book/visa", refused("no-visa"))
  return driver
}

/** Started, and turned back while everything is under way: the first branch of three is in its race. */
function turnedBack(): Driver {
  const driver = drive(nested.logic, "n-1")
  driver.nowMs = Date.UTC(2026, 0, 2, 10)
  driver.start(journey)
  driver.reply("bookings.book/l", done({ id: "b" }))
  driver.ask(nested.cancel("n-1"))
  return driver
}

export const definitions: readonly Drawn[] = [placeOrder, trip, nested].map((saga) => ({ name: saga.name, saga }))

export const instances: readonly Drawn[] = [
  stands("order-completed", placeOrder, completed()),
  stands("order-compensating", placeOrder, compensating()),
  stands("order-compensated", placeOrder, compensated()),
  stands("order-retrying", placeOrder, retrying()),
  stands("order-parked", placeOrder, parked()),
  stands("order-strange", placeOrder, refusedWith('"]; click &<b>`\u001b[31m')),
  stands("order-wide", placeOrder, refusedWith("在庫切れ")),
  stands("trip-racing", trip, travelling()),
  stands("trip-waiting", trip, waiting()),
  stands("trip-parked", trip, forward()),
  stands("nested-turned-back", nested, turnedBack()),
]
