// A small app for tests with several processes: accounts that count what they were given, and what they said of it.
import * as Schema from "effect/Schema"
import { app, done, event, refused, service } from "../../runtime/index.ts"
import { saga } from "../../sagas/index.ts"

const Amount = Schema.toStandardSchemaV1(Schema.Struct({ amount: Schema.Int }))
const Deposited = event("Deposited", Schema.toStandardSchemaV1(Schema.Struct({ amount: Schema.Int })))

export const account = service("account", { state: () => ({ balance: 0 }) })
  .command("deposit", Amount, (state, { amount }) =>
    done({ balance: state.balance + amount }, state.balance + amount, [Deposited({ amount })]),
  )
  .undo("takeBack", "deposit", (state, { amount }) => done({ balance: state.balance - amount }, null))
  .command("withdraw", Amount, (state, { amount }) =>
    amount > state.balance ? refused("too-little") : done({ balance: state.balance - amount }, state.balance - amount),
  )
  .undo("giveBack", "withdraw", (state, { amount }) => done({ balance: state.balance + amount }, null))
  .command("balance", Schema.toStandardSchemaV1(Schema.Struct({})), (state) => done(state, state.balance))

export const audit = service("audit", { state: () => ({ deposits: 0 }) }).on(
  Deposited,
  (_, subject) => `of-${subject}`,
  (state) => done({ deposits: state.deposits + 1 }, null),
)

const Transfer = Schema.toStandardSchemaV1(
  Schema.Struct({ from: Schema.String, to: Schema.String, amount: Schema.Int }),
)

export const transfer = saga("transfer", { input: Transfer, version: 1 })
  .step("take", {
    run: ({ input }) => account.withdraw(input.from, { amount: input.amount }),
    undo: ({ input }) => account.giveBack(input.from),
    timeout: "20 seconds",
  })
  .step("give", { run: ({ input }) => account.deposit(input.to, { amount: input.amount }), pivot: true, timeout: "20 seconds" })

export const bank = app("bank", { namespace: "bank", partitions: 8, services: [account, audit, transfer] })
