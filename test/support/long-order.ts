// A business whose orders take long and stand in many different states, in two versions: the second insures what was packed,
// has another name for the vetting, and thanks instead of filing.
import * as Schema from "effect/Schema"
import { app, done, refused, service } from "../../runtime/index.ts"
import { saga, versions } from "../../sagas/index.ts"

const schema = Schema.toStandardSchemaV1
export const Note = schema(Schema.Struct({ ok: Schema.Boolean }))
const Order = schema(Schema.Struct({ sku: Schema.String, customer: Schema.String, isRisky: Schema.Boolean }))
const price = 100

/** What is out of order, as the test wishes. */
export const outage = { bank: false, release: false, harbour: false }

export const stock = service("stock", { state: () => ({ held: 0 }) })
  .command("reserve", schema(Schema.Struct({})), (state, _, { key }) => {
    if (outage.release && key === "stuck") throw new Error("the shelf is stuck")
    return done({ held: state.held + 1 }, null)
  })
  .undo("release", "reserve", (state) => {
    if (outage.release) throw new Error("the shelf is stuck")
    return done({ held: state.held - 1 }, null)
  })
export const bank = service("bank", { state: () => ({ cents: 0, insured: 0 }) })
  .command("charge", schema(Schema.Struct({})), (state, _, { key }) => {
    if (key.startsWith("poor")) return refused("no-money")
    if (outage.bank && key.startsWith("later")) throw new Error("the bank is closed")
    return done({ ...state, cents: state.cents + price }, null)
  })
  .undo("refund", "charge", (state) => done({ ...state, cents: state.cents - price }, null))
  .command("insure", schema(Schema.Struct({})), (state) => done({ ...state, insured: state.insured + 1 }, null))
  .undo("lapse", "insure", (state) => done({ ...state, insured: state.insured - 1 }, null))
export const harbour = service("harbour", { state: () => ({ shipped: 0 }) })
  .command("ship", schema(Schema.Struct({})), (state, _, { key }) => {
    if (outage.harbour && key.startsWith("storm")) throw new Error("a storm")
    return done({ shipped: state.shipped + 1 }, null)
  })
  .command("file", schema(Schema.Struct({})), (state) => done(state, null))

const untilOutageEnds = { retry: { times: 3, from: "1 hour", max: "1 hour" }, timeout: "1 hour" } as const
const reserve = {
  run: ({ input }: { input: { sku: string } }) => stock.reserve(input.sku, {}),
  undo: ({ input }: { input: { sku: string } }) => stock.release(input.sku),
  ...untilOutageEnds,
}
const charge = {
  run: ({ input }: { input: { customer: string } }) => bank.charge(input.customer, {}),
  undo: ({ input }: { input: { customer: string } }) => bank.refund(input.customer),
  ...untilOutageEnds,
}
const ship = {
  run: ({ input }: { input: { customer: string } }) => harbour.ship(input.customer, {}),
  pivot: true,
  retry: { times: 0 },
} as const

export const orderV1 = saga("order", { input: Order, version: 1 })
  .step("reserve", reserve)
  .when("risky", ({ input }) => input.isRisky, (b) => b.awaitSignal("vetted", Note))
  .step("charge", charge)
  .parallel("prepare", { packing: (b) => b.awaitSignal("packed", Note), labels: (b) => b.awaitSignal("printed", Note) })
  .race("carrier", { fast: (b) => b.awaitSignal("fastOffer", Note), slow: (b) => b.awaitSignal("slowOffer", Note) })
  .repeat("negotiate", (b) => b.awaitSignal("bid", Note), { until: ({ bid }) => bid.ok, max: 5 })
  .step("ship", ship)
  .awaitSignal("delivered", Note)
  .step("file", { run: ({ input }) => harbour.file(input.customer, {}) })

export const orderV2 = saga("order", { input: Order, version: 2 })
  .step("reserve", reserve)
  .when("risky", ({ input }) => input.isRisky, (b) => b.awaitSignal("cleared", Note))
  .step("charge", charge)
  .parallel("prepare", { packing: (b) => b.awaitSignal("packed", Note), labels: (b) => b.awaitSignal("printed", Note) })
  .step("insure", { run: ({ input }) => bank.insure(input.customer, {}), undo: ({ input }) => bank.lapse(input.customer) })
  .race("carrier", { fast: (b) => b.awaitSignal("fastOffer", Note), slow: (b) => b.awaitSignal("slowOffer", Note) })
  .repeat("negotiate", (b) => b.awaitSignal("bid", Note), { until: ({ bid }) => bid.ok, max: 5 })
  .step("ship", ship)
  .awaitSignal("delivered", Note)

const services = [stock, bank, harbour]
export const both = versions(orderV1, orderV2).migrating(orderV1, orderV2, { renamed: { vetted: "cleared" } })

/** Before and after the new version was deployed. */
export const longOrders = (namespace: string) => ({
  before: app("orders", { namespace, partitions: 4, services: [...services, versions(orderV1)] }),
  after: app("orders", { namespace, partitions: 4, services: [...services, both] }),
})

/** Where an order is to stand: how it is started and what it is told, and whether version 2 can take it over there. */
export interface Standing {
  readonly name: string
  readonly input: { readonly sku: string; readonly customer: string; readonly isRisky: boolean }
  readonly signals: readonly (readonly [name: string, ok?: boolean])[]
  readonly isPaused?: true
  readonly migrates: boolean
}

const plain = { sku: "P1", customer: "rich", isRisky: false }
const prepared = [["packed"], ["printed"]] as const
export const standings: readonly Standing[] = [
  { name: "reserving, and the shelf is stuck", input: { ...plain, sku: "stuck" }, signals: [], migrates: true },
  { name: "being vetted", input: { ...plain, isRisky: true }, signals: [], migrates: true },
  { name: "paused", input: { ...plain, isRisky: true }, signals: [], isPaused: true, migrates: true },
  { name: "charging, and the bank is closed", input: { ...plain, customer: "later" }, signals: [], migrates: true },
  { name: "being packed and labelled", input: plain, signals: [], migrates: true },
  { name: "packed", input: plain, signals: [["packed"]], migrates: true },
  { name: "labelled", input: plain, signals: [["printed"]], migrates: true },
  { name: "refused by the bank, and the shelf is stuck", input: { ...plain, customer: "poor" }, signals: [], migrates: true },
  { name: "awaiting offers", input: plain, signals: prepared, migrates: false },
  { name: "negotiating", input: plain, signals: [...prepared, ["slowOffer"]], migrates: false },
  { name: "negotiating again", input: plain, signals: [...prepared, ["fastOffer"], ["bid", false]], migrates: false },
  { name: "in a storm", input: { ...plain, customer: "storm" }, signals: [...prepared, ["fastOffer"], ["bid"]], migrates: false },
  { name: "at sea", input: plain, signals: [...prepared, ["fastOffer"], ["bid"]], migrates: false },
]
