// Orders that are charged, reserved and confirmed, at a card and a stock that call the outside: each call is a line of a file,
// and the outside takes each key once, as a bank does. A refund fails twice before it succeeds.
import { appendFileSync, readFileSync } from "node:fs"
import * as Schema from "effect/Schema"
import { app, done, effectful, refused, service } from "../../runtime/index.ts"
import { saga } from "../../sagas/index.ts"

const Sum = Schema.toStandardSchemaV1(Schema.Struct({ cents: Schema.Int }))
const Units = Schema.toStandardSchemaV1(Schema.Struct({ units: Schema.Int }))
const Order = Schema.toStandardSchemaV1(
  Schema.Struct({ customer: Schema.String, sku: Schema.String, cents: Schema.Int }),
)
const failuresOfRefund = 2
const retry = { times: 20, from: 50, factor: 1 } as const

/** What the bank has booked: each key once, whatever was said how often. */
export function booksIn(file: string) {
  const lines = readFileSync(file, "utf8").split("\n").filter(Boolean).map((line) => line.split(" "))
  const booked = new Map(lines.map(([what, key, cents]) => [`${what} ${key}`, Number(cents)]))
  const of = (kind: string) => [...booked].filter(([what]) => what.startsWith(kind))
  const sum = (kind: string) => of(kind).reduce((total, [, cents]) => total + cents, 0)
  const count = (kind: string) => of(kind).length
  return {
    charges: { count: count("charge "), cents: sum("charge ") },
    refunds: { count: count("refund "), cents: sum("refund ") },
    refundsFailed: lines.filter(([what]) => what === "failed").length,
    calls: lines.length,
  }
}

export function rushApp(file: string) {
  const note = (what: string, key: string, cents: number) => appendFileSync(file, `${what} ${key} ${cents}\n`)
  const card = service("card", { state: () => ({ cents: 0 }) })
    .command("charge", Sum, effectful(async (state, { cents }, { idempotencyKey }) => {
      note("charge", idempotencyKey, cents)
      return done({ cents: state.cents + cents }, null)
    }, { retry }))
    .undo("refund", "charge", effectful(async (state, { cents }, { idempotencyKey, attempt }) => {
      if (attempt <= failuresOfRefund) {
        note("failed", idempotencyKey, cents)
        throw new Error("the bank does not answer")
      }
      note("refund", idempotencyKey, cents)
      return done({ cents: state.cents - cents }, null)
    }, { retry }))
  const stock = service("stock", { state: () => ({ left: 0 }) })
    .command("fill", Units, (_, { units }) => done({ left: units }, null))
    .command("take", Units, ({ left }, { units }) =>
      left < units ? refused("out-of-stock") : done({ left: left - units }, null),
    )
    .undo("putBack", "take", ({ left }, { units }) => done({ left: left + units }, null))
  const shelf = service("shelf", { state: () => ({ confirmed: 0 }) })
    .command("confirm", Sum, ({ confirmed }) => done({ confirmed: confirmed + 1 }, null))
  const order = saga("order", { input: Order, version: 1 })
    .step("charge", {
      run: ({ input }) => card.charge(input.customer, { cents: input.cents }),
      undo: ({ input }) => card.refund(input.customer),
    })
    .step("take", {
      run: ({ input }) => stock.take(input.sku, { units: 1 }),
      undo: ({ input }) => stock.putBack(input.sku),
    })
    .step("confirm", { run: ({ input, sagaId }) => shelf.confirm(sagaId, { cents: input.cents }), pivot: true })
  const shape = app("rush", { namespace: "rush", partitions: 6, services: [card, stock, shelf, order] })
  return { card, stock, shelf, order, shape }
}
