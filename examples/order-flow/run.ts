// Drives the order flow: fills the shelves, places every order, waits until the last notification is out.
import { type Client, type Fault, type Outcome, query } from "../../runtime/index.ts"
import { inventory } from "./inventory.ts"
import type { Order } from "./order.ts"
import type { Product } from "./orders-file.ts"
import { placeOrder } from "./place-order.ts"
import type { Mailbox } from "./notification.ts"
import type { Stock } from "./inventory.ts"
import type { Account } from "./payment.ts"
import { type Books, countNotified, type Placed } from "./tally.ts"

/** Longer than any order of the demo takes, even if the machine stands still for a while. */
const orderTimeoutMs = 10 * 60_000
const notificationsTimeoutMs = 30_000

export interface Driver {
  readonly client: Client
  /** Resolves with what keeps the app from going on. */
  readonly lost: Promise<Fault>
}

/** The same stock command has the same effect key, so shelves are filled once, however often the demo is resumed. */
export async function fillShelves(driver: Driver, products: readonly Product[], stockFactor: number): Promise<void> {
  const asks = products.map(({ sku, unitsInStock }) =>
    driver.client.ask(inventory.stock(sku, { units: unitsInStock * stockFactor }), { effect: `stock ${sku}` }),
  )
  await unlessLost(driver, Promise.all(asks))
}

/** How an order came out; "open" if it was not known in time. */
export type Ending = Omit<Placed, "order" | "tookMs">

/** Places one order, and resolves when it has ended or the time is over. */
export type PlaceOrder = (client: Client, order: Order, timeoutMs: number) => Promise<Ending>

export interface PlacingOptions {
  readonly placeOrder: PlaceOrder
  readonly inFlight: number
  readonly progress: (done: number) => void
}

/** Places orders, at most `inFlight` at a time. Starting an order again gives the outcome that it already has. */
export async function placeOrders(
  driver: Driver,
  orders: readonly Order[],
  { placeOrder: place, inFlight, progress }: PlacingOptions,
): Promise<readonly Placed[]> {
  const placed: Placed[] = []
  const waiting = orders.values()
  const worker = async () => {
    for (const order of waiting) {
      const sinceMs = performance.now()
      const ending = await place(driver.client, order, orderTimeoutMs)
      placed.push({ order, tookMs: performance.now() - sinceMs, ...ending })
      progress(placed.length)
    }
  }
  progress(0)
  await unlessLost(driver, Promise.all(Array.from({ length: inFlight }, worker)))
  return placed
}

/** As a saga, which answers when it has ended. */
export const startSaga: PlaceOrder = async (client, order, timeoutMs) => {
  const options = { effect: `place ${order.orderId}`, timeoutMs }
  return readOutcome(await client.ask(placeOrder.start(order.orderId, order), options).catch((): undefined => undefined))
}

function readOutcome(outcome: Outcome | undefined): Ending {
  if (outcome === undefined) return { outcome: "open" }
  if (outcome.type === "faulted") return { outcome: "parked", reason: outcome.code }
  if (outcome.type === "refused") return { outcome: "compensated", reason: outcome.code }
  // cast: a saga answers its start with how it ended
  const ended = outcome.value as {
    outcome: "completed" | "compensated"
    reason?: string
    startedMs: number
    endedMs: number
  }
  return ended
}

/**
 * What the services hold, asked of each actor, wherever it runs. Every order that ended tells its customer, and the last
 * facts may still be on their way when the last order has ended: so it is asked again until as many are notified.
 */
export async function readBooks(
  driver: Driver,
  orders: readonly Order[],
  products: readonly Product[],
  ended: number,
): Promise<Books> {
  const customers = [...new Set(orders.map(({ customerId }) => customerId))]
  const giveUpAtMs = performance.now() + notificationsTimeoutMs
  let mailboxes = await readRows<Mailbox>(driver, "notification", customers)
  while (countNotified({ mailboxes }) < ended && performance.now() < giveUpAtMs) {
    await pause(100)
    mailboxes = await readRows<Mailbox>(driver, "notification", customers)
  }
  const accounts = await readRows<Account>(driver, "payment", customers)
  const stock = await readRows<Stock>(
    driver,
    "inventory",
    products.map(({ sku }) => sku),
  )
  return { stock, accounts, mailboxes }
}

async function readRows<State>(
  driver: Driver,
  service: string,
  keys: readonly string[],
): Promise<ReadonlyMap<string, State>> {
  const rows = new Map<string, State>()
  const read = async (key: string) => {
    const outcome = await driver.client.ask(query(service, key), { effect: `read ${service}/${key}` })
    if (outcome.type !== "done") throw new Error(`${service}/${key} does not tell its state: ${outcome.code}`)
    if (outcome.value !== null) rows.set(key, outcome.value as State) // cast: the service of that name declares it
  }
  await unlessLost(driver, Promise.all(keys.map(read)))
  return rows
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function unlessLost<T>(driver: Driver, work: Promise<T>): Promise<T> {
  const lost = driver.lost.then((fault): never => {
    throw fault
  })
  return Promise.race([work, lost])
}
