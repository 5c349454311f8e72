// The app that is measured: an order of three steps, services called one after another. Stock is keyed by product, money by
// customer, a parcel by order. Handlers are pure, or await something that yields to the event loop.
import { setImmediate as turn } from "node:timers/promises"
import * as Schema from "effect/Schema"
import { type App, app, done, effectful, refused, service } from "../runtime/index.ts"
import { saga } from "../sagas/index.ts"
import type { Row } from "./row.ts"

export const products = 77
export const customers = 91

const OrderSchema = Schema.Struct({
  orderId: Schema.String,
  sku: Schema.String,
  customerId: Schema.String,
  quantity: Schema.Int.check(Schema.isGreaterThan(0)),
  cents: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
  shipTo: Schema.Struct({ name: Schema.String, city: Schema.String, country: Schema.String }),
  /** It cannot be shipped: what was done before is undone. */
  isDoomed: Schema.Boolean,
  ballast: Schema.String,
})
const OrderInput = Schema.toStandardSchemaV1(OrderSchema)
export type Order = typeof OrderSchema.Type

const Reservation = Schema.toStandardSchemaV1(Schema.Struct({ orderId: Schema.String, quantity: Schema.Int }))
const Charge = Schema.toStandardSchemaV1(Schema.Struct({ orderId: Schema.String, cents: Schema.Int }))
const Parcel = Schema.toStandardSchemaV1(
  Schema.Struct({ orderId: Schema.String, paymentId: Schema.String, city: Schema.String, isDoomed: Schema.Boolean }),
)
const Arrival = Schema.toStandardSchemaV1(Schema.Struct({ units: Schema.Int }))
type Reservation = { readonly orderId: string; readonly quantity: number }
type Charge = { readonly orderId: string; readonly cents: number }
type Parcel = { readonly orderId: string; readonly isDoomed: boolean }

/** More than is ever sold. */
const plenty = 1_000_000_000

// What the steps do, for the app and for the hand-written chain alike.
export const business = {
  reserve: (stock: { readonly left: number }, { quantity }: Reservation) => ({ left: stock.left - quantity }),
  release: (stock: { readonly left: number }, { quantity }: Reservation) => ({ left: stock.left + quantity }),
  charge: (account: { readonly cents: number }, { cents }: Charge) => ({ cents: account.cents + cents }),
  refund: (account: { readonly cents: number }, { cents }: Charge) => ({ cents: account.cents - cents }),
}
export const fullShelf = { left: plenty }
export const newAccount = { cents: 0 }

/** What an effectful handler waits for: as little as a wait can be that lets others run. */
export function yielding(): Promise<void> {
  return turn()
}

const reserve = (stock: typeof fullShelf, reservation: Reservation) => done(business.reserve(stock, reservation))
const release = (stock: typeof fullShelf, reservation: Reservation) => done(business.release(stock, reservation), null)
const charge = (account: typeof newAccount, order: Charge) =>
  done(business.charge(account, order), { paymentId: `pay-${order.orderId}` })
const refund = (account: typeof newAccount, order: Charge) => done(business.refund(account, order), null)
const book = (carrier: { readonly booked: number }, { orderId, isDoomed }: Parcel) =>
  isDoomed ? refused("never-shipped") : done({ booked: carrier.booked + 1 }, { trackingId: `parcel-${orderId}` })

/** The same, as a handler that does I/O. */
function waiting<State, Payload, Value>(decide: (state: State, payload: Payload) => Value) {
  return async (state: State, payload: Payload): Promise<Value> => {
    await yielding()
    return decide(state, payload)
  }
}

const shelf = service("inventory", { state: () => fullShelf })
const pureInventory = shelf.command("reserve", Reservation, reserve).undo("release", "reserve", release)
const inventory = shelf
  .command("reserve", Reservation, effectful(waiting(reserve)))
  .undo("release", "reserve", effectful(waiting(release)))

const accounts = service("payment", { state: () => newAccount })
const purePayment = accounts.command("charge", Charge, charge).undo("refund", "charge", refund)
const payment = accounts
  .command("charge", Charge, effectful(waiting(charge)))
  .undo("refund", "charge", effectful(waiting(refund)))

const carrier = service("shipping", { state: () => ({ booked: 0 }) })
const pureShipping = carrier.command("book", Parcel, book)
const shipping = carrier.command("book", Parcel, effectful(waiting(book)))

/** Commands are the same data whoever handles them. */
export const placeOrder = saga("place-order", { input: OrderInput, version: 1 })
  .step("reserve", {
    run: ({ input, sagaId }) => inventory.reserve(input.sku, { orderId: sagaId, quantity: input.quantity }),
    undo: ({ input }) => inventory.release(input.sku),
  })
  .step("charge", {
    run: ({ input, sagaId }) => payment.charge(input.customerId, { orderId: sagaId, cents: input.cents }),
    undo: ({ input }) => payment.refund(input.customerId),
  })
  .step("ship", {
    run: ({ input, sagaId, charge: paid }) =>
      shipping.book(sagaId, {
        orderId: sagaId, paymentId: paid.paymentId, city: input.shipTo.city, isDoomed: input.isDoomed,
      }),
    pivot: true,
  })

/** An order that is taken and has to wait for its goods: it stays open. */
export const heldOrder = saga("held-order", { input: OrderInput, version: 1 })
  .awaitSignal("goods", Arrival, { timeout: "60 days" })
  .step("ship", {
    run: ({ input, sagaId }) =>
      shipping.book(sagaId, { orderId: sagaId, paymentId: "on account", city: input.shipTo.city, isDoomed: input.isDoomed }),
    pivot: true,
  })

export interface Shop {
  /** The app that the sagas run in. */
  readonly orders: App
  /** One process each. */
  readonly apps: readonly App[]
}

export function shopOf(namespace: string, partitions: number, { services, handlers }: Pick<Row, "services" | "handlers">): Shop {
  const parts = handlers === "pure" ? [pureInventory, purePayment, pureShipping] : [inventory, payment, shipping]
  if (services === "same-app") {
    const orders = app("order-flow", { namespace, partitions, services: [...parts, placeOrder, heldOrder] })
    return { orders, apps: [orders] }
  }
  const others = parts.map((part) => ({ name: `${part.logic.service}-app`, part }))
  const peers = others.map(({ name, part }) => ({ app: name, partitions, services: [part] }))
  const orders = app("order-flow", { namespace, partitions, services: [placeOrder, heldOrder], peers })
  return { orders, apps: [orders, ...others.map(({ name, part }) => app(name, { namespace, partitions, services: [part] }))] }
}

/** Ballast is cut from so much text in which nothing repeats: what the server's compression makes of it is not flattered. */
const ballastCharacters = 1024 * 1024
let ballast = ""

function ballastOf(scattered: number, bytes: number): string {
  if (ballast === "") {
    const pieces: string[] = []
    for (let state = 1, length = 0; length < ballastCharacters; length += 6) {
      state = Math.imul(state, 1_664_525) + 1_013_904_223
      pieces.push((state >>> 1).toString(36).padStart(6, "0").slice(0, 6))
    }
    ballast = pieces.join("")
  }
  const from = scattered % Math.max(1, ballast.length - bytes)
  return ballast.slice(from, from + bytes).padEnd(bytes, "x")
}

/** The n-th order: products and customers in no order that repeats soon. One of five is doomed where outcomes are mixed. */
export function orderOf(n: number, outcome: Row["outcome"], payloadBytes: number): Order {
  const scattered = Math.imul(n + 1, 0x9e3779b1) >>> 0
  return {
    orderId: `order-${n}`,
    sku: `product-${scattered % products}`,
    customerId: `customer-${(scattered >>> 8) % customers}`,
    quantity: 1 + (n % 5),
    cents: 1000 + (scattered % 9000),
    shipTo: { name: "Vins et alcools Chevalier", city: "Reims", country: "France" },
    isDoomed: outcome === "compensated" || (outcome === "mixed" && n % 5 === 0),
    ballast: payloadBytes === 0 ? "" : ballastOf(scattered, payloadBytes),
  }
}
