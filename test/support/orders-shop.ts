// A shop whose orders do everything that an operator may look at: they wait for people, are found by attributes, fail, are
// undone, and its desk parks what it cannot take.
import * as Schema from "effect/Schema"
import { type App, type AppOptions, app, done, effectful, event, refused, service } from "../../runtime/index.ts"
import { saga } from "../../sagas/index.ts"

const standard = Schema.toStandardSchemaV1
const Units = standard(Schema.Struct({ units: Schema.Int }))
const Cents = standard(Schema.Struct({ cents: Schema.Int }))
const Note = standard(Schema.Struct({ text: Schema.String, amount: Schema.Int, cardNumber: Schema.optional(Schema.String) }))
const Order = standard(Schema.Struct({ customer: Schema.String, cents: Schema.Int, sku: Schema.String, city: Schema.String }))
const Approval = standard(Schema.Struct({ by: Schema.String }))
const Courier = standard(Schema.Struct({ courier: Schema.String }))
export const Restocked = event("Restocked", standard(Schema.Struct({ sku: Schema.String, units: Schema.Int })))

export const stock = service("stock", { state: () => ({ left: 0 }) })
  .command("fill", Units, (state, { units }) => done({ left: state.left + units }))
  .command("reserve", Units, (state, { units }) =>
    units > state.left ? refused("out-of-stock", { left: state.left }) : done({ left: state.left - units }))
  .undo("release", "reserve", (state, { units }) => done({ left: state.left + units }, null))
  .on(Restocked, ({ sku }) => sku, (state, { units }) => done({ left: state.left + units }, null))

/** An amount whose refund fails. */
export const unrefundable = 4_242

export const till = service("till", { state: () => ({ cents: 0 }) })
  .command("charge", Cents, (state, { cents }) => {
    if (cents > 100_000) throw new Error(`the till cannot count to ${cents}`)
    return cents > 10_000 ? refused("no-money") : done({ cents: state.cents + cents }, { paid: cents })
  })
  .undo("refund", "charge", (state, { cents }) => {
    if (cents === unrefundable) throw new Error("the till cannot give that back")
    return done({ cents: state.cents - cents }, null)
  })

export const desk = service("desk", { state: () => ({ notes: 0, total: 0 }) })
  .command("note", Note, (state, { text, amount }) => {
    if (amount < 0) throw new Error(`note "${text}" has the amount ${amount}`)
    return done({ notes: state.notes + 1, total: state.total + amount }, state.notes + 1)
  })

export const post = service("post", { state: () => ({ sent: 0 }) })
  .command("send", Note, effectful((state, { text }) => Promise.resolve(done({ sent: state.sent + 1 }, text))))

export const order = saga("order", { input: Order, version: 1, maxDuration: "30 days" })
  .attributes(({ input }) => ({ customer: input.customer, cents: input.cents, big: input.cents > 5_000, city: input.city }))
  .step("reserve", { run: ({ input }) => stock.reserve(input.sku, { units: 1 }), undo: ({ input }) => stock.release(input.sku) })
  .awaitSignal("approval", Approval, { timeout: "2 days" })
  .step("charge", {
    run: ({ input }) => till.charge(input.customer, { cents: input.cents }),
    undo: ({ input }) => till.refund(input.customer),
    retry: { times: 3, from: "1 hour" },
  })
  .awaitToken("courier", Courier, { timeout: "5 days" })
  .step("file", { run: ({ sagaId }) => desk.note("desk-1", { text: sagaId, amount: 1 }), pivot: true })
  .returns(({ courier }) => ({ courier: courier.courier }))

export function ordersShop(options: Pick<AppOptions, "partitions" | "compactionBytesMin" | "history"> = {}): App {
  return app("shop", { namespace: "test", partitions: 2, ...options, services: [stock, till, desk, post, order] })
}

export const anOrder = (customer: string, cents = 700, sku = "P1", city = "Bern") => ({ customer, cents, sku, city })
