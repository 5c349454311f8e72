// Bank accounts: one actor each. What was taken from an account can always be given back, also after it was closed.
import * as Schema from "effect/Schema"
import { done, refused, service } from "../../runtime/index.ts"

const Cents = Schema.Int.check(Schema.isGreaterThan(0))
const Opening = Schema.toStandardSchemaV1(Schema.Struct({ cents: Cents, limitCents: Cents }))
const Posting = Schema.toStandardSchemaV1(Schema.Struct({ transferId: Schema.String, cents: Cents }))
const Nothing = Schema.toStandardSchemaV1(Schema.Struct({}))

export interface Account {
  readonly cents: number
  /** What one transfer may take at the most. */
  readonly limitCents: number
  readonly isOpen: boolean
}

export const accounts = service("accounts", { state: (): Account => ({ cents: 0, limitCents: 0, isOpen: false }) })
  .command("open", Opening, (_, { cents, limitCents }) => done({ cents, limitCents, isOpen: true }))
  .command("close", Nothing, (account) => done({ ...account, isOpen: false }))
  .command("debit", Posting, (account, { cents }) => {
    if (!account.isOpen) return refused("account-closed")
    if (cents > account.limitCents) return refused("over-limit", { limitCents: account.limitCents })
    if (cents > account.cents) return refused("insufficient-funds")
    return done({ ...account, cents: account.cents - cents })
  })
  .undo("giveBack", "debit", (account, { cents }) => done({ ...account, cents: account.cents + cents }))
  .command("credit", Posting, (account, { cents }) =>
    account.isOpen ? done({ ...account, cents: account.cents + cents }) : refused("account-closed"))
