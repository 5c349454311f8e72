// The participants whose truth is in their rows: money, stock, notes, and what sagas confirm. All of it can be added up from
// outside when the run is over.
import * as Schema from "effect/Schema"
import { done, refused, service } from "../../../runtime/index.ts"
import type { Luck } from "./luck.ts"

const schema = Schema.toStandardSchemaV1
const Cents = schema(Schema.Struct({ cents: Schema.Int }))
const Units = schema(Schema.Struct({ units: Schema.Int }))
const Note = schema(Schema.Struct({ n: Schema.Int }))
const Nothing = schema(Schema.Struct({}))

export type Account = { readonly openedCents: number; readonly cents: number; readonly heldCents: number }
export type Stock = { readonly initial: number; readonly left: number; readonly reserved: number }

/** `refused`, or an error that parks the record, if that is this effect's fate. */
function mishap(luck: Luck, effect: string): ReturnType<typeof refused> | undefined {
  const fate = luck.of(effect)
  if (fate === "poison") throw new Error(`${effect} is poison`)
  return fate === "refuse" ? refused("unlucky") : undefined
}

/** A point of no return may refuse, but its outcome is never unknown for ever. */
function refusal(luck: Luck, effect: string): ReturnType<typeof refused> | undefined {
  return luck.of(effect) === "refuse" ? refused("unlucky") : undefined
}

export function accountsOf(luck: Luck) {
  return service("accounts", { state: (): Account => ({ openedCents: 0, cents: 0, heldCents: 0 }) })
    .command("open", Cents, (_, { cents }) => done({ openedCents: cents, cents, heldCents: 0 }))
    .command("check", Cents, (account, { cents }, { idempotencyKey }) =>
      mishap(luck, idempotencyKey) ?? (cents > account.cents ? refused("no-money") : done(account)))
    .command("debit", Cents, (account, { cents }, { idempotencyKey }) => {
      if (cents > account.cents) return refused("no-money")
      return mishap(luck, idempotencyKey) ?? done({ ...account, cents: account.cents - cents })
    })
    .undo("giveBack", "debit", (account, { cents }) => done({ ...account, cents: account.cents + cents }, null))
    .command("credit", Cents, (account, { cents }, { idempotencyKey }) =>
      refusal(luck, idempotencyKey) ?? done({ ...account, cents: account.cents + cents }))
    .command("hold", Cents, (account, { cents }, { idempotencyKey }) => {
      if (cents > account.cents) return refused("no-money")
      const held = { ...account, cents: account.cents - cents, heldCents: account.heldCents + cents }
      return mishap(luck, idempotencyKey) ?? done(held)
    })
    .undo("release", "hold", (account, { cents }) =>
      done({ ...account, cents: account.cents + cents, heldCents: account.heldCents - cents }, null))
}

export function stockOf(luck: Luck) {
  return service("stock", { state: (): Stock => ({ initial: 0, left: 0, reserved: 0 }) })
    .command("put", Units, (_, { units }) => done({ initial: units, left: units, reserved: 0 }))
    .command("reserve", Units, (stock, { units }, { idempotencyKey }) => {
      if (units > stock.left) return refused("out-of-stock")
      return mishap(luck, idempotencyKey) ?? done({ ...stock, left: stock.left - units, reserved: stock.reserved + units })
    })
    .undo("putBack", "reserve", (stock, { units }) =>
      done({ ...stock, left: stock.left + units, reserved: stock.reserved - units }, null))
}

/** One actor for each saga that came to its point of no return. */
export function confirmationsOf(luck: Luck) {
  return service("confirmations", { state: () => ({ confirmed: 0 }) })
    .command("confirm", Nothing, (state, _, { idempotencyKey }) =>
      refusal(luck, idempotencyKey) ?? done({ confirmed: state.confirmed + 1 }))
}

/** What clients write to directly: each note counts once, and `sum` tells which. */
export function notesOf() {
  return service("notes", { state: () => ({ count: 0, sum: 0 }) }).command("write", Note, (state, { n }) =>
    done({ count: state.count + 1, sum: state.sum + n }, state.count + 1))
}

export type Accounts = ReturnType<typeof accountsOf>
export type Stocks = ReturnType<typeof stockOf>
export type Confirmations = ReturnType<typeof confirmationsOf>
export type Notes = ReturnType<typeof notesOf>
