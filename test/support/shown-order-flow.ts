// The order flow with its console on a real server, for tests that look at its pages: one product is out of stock, the carrier of
// one order fails until it is mended, and a command that nobody can take is parked.
import { readFileSync } from "node:fs"
import * as Schema from "effect/Schema"
import { inventory } from "../../examples/order-flow/inventory.ts"
import { notification } from "../../examples/order-flow/notification.ts"
import type { Order } from "../../examples/order-flow/order.ts"
import { payment } from "../../examples/order-flow/payment.ts"
import { placeOrder } from "../../examples/order-flow/place-order.ts"
import { type App, app, done, type LaunchedApp, launch, readEnvironment, refused, service } from "../../runtime/index.ts"
import { sagaPictures } from "../../sagas/index.ts"
import { startTestNats } from "./nats-process.ts"

export const operatorToken = "operator-token-1"
export const viewerToken = "viewer-token-123"

const carrier = { isDown: true }

const Parcel = Schema.toStandardSchemaV1(Schema.Struct({
  orderId: Schema.String, paymentId: Schema.String, shippedDate: Schema.NullOr(Schema.String), city: Schema.String,
}))

const shipping = service("shipping", { state: () => ({ booked: 0 }) })
  .command("book", Parcel, ({ booked }, { orderId, shippedDate, city }) => {
    if (city === "Nowhere" && carrier.isDown) throw new Error(`the carrier's computer does not know ${city}`)
    return shippedDate === null ? refused("never-shipped") : done({ booked: booked + 1 }, { trackingId: `parcel-${orderId}` })
  })

function shop(): App {
  const services = [inventory, payment, shipping, notification, placeOrder]
  return app("order-flow", { namespace: "browser", partitions: 2, services })
}

export interface ShownOrderFlow {
  readonly running: LaunchedApp
  readonly url: string
  /** Keys of orders that have ended. */
  readonly orders: readonly string[]
  /** Of an order whose carrier fails. */
  readonly stuck: string
  /** Of an order that a missing product turned back. */
  readonly compensated: string
  mendCarrier(): void
  /** Orders that one carrier took, by what the sagas say. */
  countShipped(name: string): Promise<number>
  stop(): Promise<void>
}

const count = 24
const missing = "P11"

export async function showOrderFlow(): Promise<ShownOrderFlow> {
  const nats = await startTestNats()
  const running = await launch(shop(), {
    dataDir: nats.dataDir,
    environment: { ...readEnvironment({}), natsUrl: nats.url },
    console: { port: 0, token: operatorToken, viewerToken, pictures: sagaPictures },
  })
  const stop = async () => {
    await running.stop()
    await nats.stop()
  }
  const lines = readFileSync(new URL("../../examples/order-flow/data/orders.jsonl", import.meta.url), "utf8").split("\n")
  const orders = lines.slice(0, count).map((line) => JSON.parse(line) as Order) // cast: the file is the demo's own
  const skus = new Set(orders.flatMap((order) => order.lines.map(({ sku }) => sku)))
  const { client } = running
  const fill = (sku: string) =>
    client.ask(inventory.stock(sku, { units: sku === missing ? 0 : 5_000 }), { effect: `fill ${sku}` })
  await Promise.all([...skus].map(fill))
  const place = (order: Order) =>
    client.ask(placeOrder.start(order.orderId, order), { effect: order.orderId, timeoutMs: 60_000 })
  await Promise.all(orders.map(place))
  const stuck = "NW-STUCK"
  const first = orders.find((order) => order.lines.every(({ sku }) => sku !== missing))
  if (first === undefined) throw new Error("no order is without the missing product")
  const nowhere = { ...first, orderId: stuck, shipTo: { ...first.shipTo, city: "Nowhere" } }
  await client.send(placeOrder.start(stuck, nowhere), { effect: stuck })
  // As a program of another language might send it.
  const payload = { orderId: "by-hand", cents: "a lot" }
  await client.send({ service: "payment", key: "VINET", name: "charge", payload }, { effect: "by-hand" })
  const compensated = orders.find((order) => order.lines.some(({ sku }) => sku === missing))?.orderId ?? ""
  const { consoleAt: url } = running
  if (url === undefined) throw new Error("the console was not started")
  return {
    running, url, orders: orders.map(({ orderId }) => orderId), stuck, compensated, stop,
    mendCarrier: () => (carrier.isDown = false),
    countShipped: async (name) => {
      const ofIt = [...orders.filter((one) => one.carrier === name).map(({ orderId }) => orderId), stuck]
      const sagas = await Promise.all(ofIt.map((key) => client.query("place-order", key)))
      // cast: the row of a saga
      return sagas.filter(({ state }) => (state as { ended?: { outcome: string } }).ended?.outcome === "completed").length
    },
  }
}
