// Sixty orders from three warehouses: some find a shelf empty, some are cancelled while they are packed. What was not shipped
// is back on its shelf. `node examples/warehouses/main.ts`; exit code 0 if that holds.
import { app, launch } from "../../runtime/index.ts"
import { packParcel } from "./pack-parcel.ts"
import { payment, shelves, type Shelf, truck } from "./services.ts"
import { shipOrder } from "./ship-order.ts"

const orderCount = 60
const unitsEach = 40
// Of this run alone, so that it can be run again on the same server.
const run = Date.now().toString(36)
const warehouses = ["bergen", "lyon", "turin"].map((name) => `${run}-${name}`)
const shelfKeys = warehouses.flatMap((warehouse) => ["tea", "jam"].map((sku) => `${warehouse}.${sku}`))

type Story = "is packed" | "is cancelled" | "asks for too much"

interface Ending {
  readonly story: Story
  readonly outcome: string
  readonly units: ReadonlyMap<string, number>
  readonly parcels: number
  readonly paidCents: number
}

const shop = app("warehouses", { namespace: "warehouses", services: [shelves, payment, truck, packParcel, shipOrder] })
const running = await launch(shop, { dataDir: ".troupe/warehouses", report: (line) => console.error(line) })
const { client } = running
for (const key of shelfKeys) await client.ask(shelves.fill(key, { units: unitsEach }), { effect: `fill ${key}` })
const loadedBefore = await numberOf("truck", "north", "parcels")
const endings = await Promise.all(Array.from({ length: orderCount }, (_, n) => order(n)))
const left = new Map<string, Shelf>()
// cast: the service declares it
for (const key of shelfKeys) left.set(key, (await client.query("shelves", key)).state as unknown as Shelf)
const loaded = (await numberOf("truck", "north", "parcels")) - loadedBefore
await running.stop()
report()

async function order(n: number): Promise<Ending> {
  const story: Story = n % 5 === 3 ? "is cancelled" : n % 5 === 4 ? "asks for too much" : "is packed"
  const id = `${run}-${n}`
  const customerId = `${run}-customer-${n}`
  const from = n % 2 === 0 ? warehouses : warehouses.slice(0, 2)
  const lines = from.map((warehouse, at) => {
    return { warehouse, sku: n % 3 === 0 ? "tea" : "jam", units: story === "asks for too much" && at === 1 ? unitsEach + 1 : 1 }
  })
  const ending = client.ask(shipOrder.start(id, { customerId, cents: 500, lines }), { effect: `start ${id}` })
  // The first warehouse packs in any case; the others only if the order is to be shipped.
  const packing = story === "is packed" ? from : from.slice(0, 1)
  if (story !== "asks for too much") await Promise.all(packing.map((warehouse) => pack(`${id}.${warehouse}`)))
  if (story === "is cancelled") await client.ask(shipOrder.cancel(id), { effect: `cancel ${id}` })
  const outcome = await ending
  // cast: a saga answers its start with how it ended, and its result is what `returns` gave
  const ended = (outcome.type === "done" ? outcome.value : { outcome: outcome.code }) as {
    outcome: string
    reason?: string
    result?: { parcels: number; kilos: number }
  }
  const units = new Map(lines.map(({ warehouse, sku, units: count }) => [`${warehouse}.${sku}`, count]))
  const paidCents = await numberOf("payment", customerId, "cents")
  return { story, outcome: ended.reason ?? ended.outcome, units, parcels: ended.result?.parcels ?? 0, paidCents }
}

/** Somebody in the warehouse packs as soon as the parcel is known there. */
async function pack(part: string): Promise<void> {
  for (let n = 0; ; n += 1) {
    const answer = await client.ask(packParcel.signal(part, "packed", { by: "Ann", kilos: 2 }), { effect: `pack ${part} ${n}` })
    if (answer.type !== "refused" || answer.code !== "not-started") return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function numberOf(service: string, key: string, field: string): Promise<number> {
  const { state } = await client.query(service, key)
  return (state as Readonly<Record<string, number>> | null)?.[field] ?? 0 // cast: the services count in numbers
}

function report(): void {
  console.log(`${endings.length} orders from ${warehouses.length} warehouses`)
  const counts = new Map<string, number>()
  for (const { outcome } of endings) counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  for (const [outcome, count] of counts) console.log(`  ${outcome.padEnd(20)} ${count}`)
  const shipped = endings.filter(({ outcome }) => outcome === "completed")
  const soldOf = (key: string) => shipped.reduce((sum, { units }) => sum + (units.get(key) ?? 0), 0)
  const isOf = (story: Story, outcomes: readonly string[]) =>
    endings.every((ending) => ending.story !== story || outcomes.includes(ending.outcome))
  const checks: Readonly<Record<string, boolean>> = {
    "what was not shipped is back on its shelf": [...left].every(([key, shelf]) => shelf.filled === shelf.left + soldOf(key)),
    "who got nothing paid nothing": endings.every(({ outcome, paidCents }) => paidCents === (outcome === "completed" ? 500 : 0)),
    "the truck has every parcel of every shipped order": loaded === shipped.reduce((sum, { parcels }) => sum + parcels, 0),
    "a cancelled order does not wait for its other warehouses": isOf("is cancelled", ["cancelled", "out-of-stock"]),
    "an empty shelf is the reason that the whole order is told": isOf("asks for too much", ["out-of-stock"]),
  }
  for (const [what, holds] of Object.entries(checks)) console.log(`${holds ? "ok    " : "BROKEN"} ${what}`)
  process.exitCode = Object.values(checks).every(Boolean) ? 0 : 1
}
