// The sagas of the workload. Each has steps at participants whose truth is in their rows, and at others whose truth is outside.
import * as Schema from "effect/Schema"
import { saga, versions } from "../../../sagas/index.ts"
import type { BookedOutside } from "./outside-services.ts"
import type { Accounts, Confirmations, Stocks } from "./pure-services.ts"

const schema = Schema.toStandardSchemaV1
export const TransferInput = Schema.Struct({ from: Schema.String, to: Schema.String, cents: Schema.Int })
export const OrderInput = Schema.Struct({
  account: Schema.String,
  card: Schema.String,
  depot: Schema.String,
  cents: Schema.Int,
  lines: Schema.Array(Schema.Struct({ product: Schema.String, units: Schema.Int })),
})
export const TripInput = Schema.Struct({
  account: Schema.String,
  cents: Schema.Int,
  flight: Schema.String,
  hotel: Schema.String,
  product: Schema.String,
})
export const OptionInput = Schema.Struct({ account: Schema.String, cents: Schema.Int })
const Decision = schema(Schema.Struct({ by: Schema.String }))

export interface Participants {
  readonly accounts: Accounts
  readonly stock: Stocks
  readonly confirmations: Confirmations
  readonly bank: BookedOutside
  readonly carrier: BookedOutside
  readonly airline: BookedOutside
  readonly hotel: BookedOutside
}

const step = { timeout: "10 seconds", retry: { times: 5, from: "200 millis", factor: 2, max: "5 seconds" } } as const
/** An undo, and a point of no return, are tried for longer than any outage of a run lasts. */
const stubborn = { timeout: "10 seconds", retry: { times: 200, from: "200 millis", factor: 2, max: "5 seconds" } } as const
const undone = { ...step, undoPolicy: stubborn }

export function transferOf({ accounts }: Pick<Participants, "accounts">, release: 1 | 2) {
  const first = saga("transfer", { input: schema(TransferInput), version: 1 })
    .step("debit", {
      ...undone,
      run: ({ input }) => accounts.debit(input.from, { cents: input.cents }),
      undo: ({ input }) => accounts.giveBack(input.from),
    })
    .step("credit", { ...stubborn, run: ({ input }) => accounts.credit(input.to, { cents: input.cents }), pivot: true })
  const second = saga("transfer", { input: schema(TransferInput), version: 2 })
    .step("check", { ...step, run: ({ input }) => accounts.check(input.from, { cents: input.cents }), undo: "nothing" })
    .step("debit", {
      ...undone,
      run: ({ input }) => accounts.debit(input.from, { cents: input.cents }),
      undo: ({ input }) => accounts.giveBack(input.from),
    })
    .step("credit", { ...stubborn, run: ({ input }) => accounts.credit(input.to, { cents: input.cents }), pivot: true })
  const both = versions(first, second)
  return { first, saga: release === 1 ? both.startingOn(first) : both }
}

export function orderOf({ accounts, stock, confirmations, bank, carrier }: Participants) {
  return saga("order", { input: schema(OrderInput), version: 1 })
    .forEach("reserve", ({ input }) => input.lines, {
      ...undone,
      run: ({ product, units }) => stock.reserve(product, { units }),
      undo: ({ product }) => stock.putBack(product),
    })
    .step("hold", {
      ...undone,
      run: ({ input }) => accounts.hold(input.account, { cents: input.cents }),
      undo: ({ input }) => accounts.release(input.account),
    })
    .step("charge", {
      ...undone,
      run: ({ input, sagaId }) => bank.book(input.card, { saga: `order/${sagaId}`, amount: input.cents }),
      undo: ({ input }) => bank.free(input.card),
    })
    .step("label", {
      ...undone,
      run: ({ input, sagaId }) => carrier.book(input.depot, { saga: `order/${sagaId}`, amount: 1 }),
      undo: ({ input }) => carrier.free(input.depot),
    })
    .step("confirm", { ...stubborn, run: ({ sagaId }) => confirmations.confirm(`order-${sagaId}`, {}), pivot: true })
}

export function tripOf({ accounts, stock, confirmations, airline, hotel }: Participants) {
  return saga("trip", { input: schema(TripInput), version: 1 })
    .parallel("book", {
      byAir: (branch) =>
        branch.step("seat", {
          ...undone,
          run: ({ input, sagaId }) => airline.book(input.flight, { saga: `trip/${sagaId}`, amount: 1 }),
          undo: ({ input }) => airline.free(input.flight),
        }),
      there: (branch) =>
        branch.step("room", {
          ...undone,
          run: ({ input, sagaId }) => hotel.book(input.hotel, { saga: `trip/${sagaId}`, amount: 1 }),
          undo: ({ input }) => hotel.free(input.hotel),
        }),
      luggage: (branch) =>
        branch.step("bag", {
          ...undone,
          run: ({ input }) => stock.reserve(input.product, { units: 1 }),
          undo: ({ input }) => stock.putBack(input.product),
        }),
    })
    .step("pay", {
      ...undone,
      run: ({ input }) => accounts.hold(input.account, { cents: input.cents }),
      undo: ({ input }) => accounts.release(input.account),
    })
    .step("confirm", { ...stubborn, run: ({ sagaId }) => confirmations.confirm(`trip-${sagaId}`, {}), pivot: true })
}

/** Holds money until somebody decides, or until patience ends. */
export function optionOf({ accounts, confirmations }: Participants) {
  return saga("option", { input: schema(OptionInput), version: 1 })
    .step("hold", {
      ...undone,
      run: ({ input }) => accounts.hold(input.account, { cents: input.cents }),
      undo: ({ input }) => accounts.release(input.account),
    })
    .awaitSignal("decision", Decision, { timeout: "4 seconds" })
    .sleep("cooling", "1 second")
    .step("confirm", { ...stubborn, run: ({ sagaId }) => confirmations.confirm(`option-${sagaId}`, {}), pivot: true })
}
