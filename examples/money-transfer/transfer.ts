// A transfer: take the money here, put it there. If it cannot be put there, it is given back.
import * as Schema from "effect/Schema"
import { event } from "../../runtime/index.ts"
import { saga } from "../../sagas/index.ts"
import { accounts } from "./accounts.ts"

const Transfer = Schema.Struct({ from: Schema.String, to: Schema.String, cents: Schema.Int.check(Schema.isGreaterThan(0)) })
const TransferId = Schema.Struct({ transferId: Schema.String })

export const MoneyMoved = event("MoneyMoved", Schema.toStandardSchemaV1(TransferId))
export const MoneyStayed = event(
  "MoneyStayed",
  Schema.toStandardSchemaV1(Schema.Struct({ ...TransferId.fields, reason: Schema.String })),
)

export const transfer = saga("transfer", { input: Schema.toStandardSchemaV1(Transfer), version: 1 })
  .step("debit", {
    run: ({ input, sagaId }) => accounts.debit(input.from, { transferId: sagaId, cents: input.cents }),
    undo: ({ input }) => accounts.giveBack(input.from),
  })
  .step("credit", {
    run: ({ input, sagaId }) => accounts.credit(input.to, { transferId: sagaId, cents: input.cents }),
    pivot: true,
  })
  .emits(
    {
      completed: ({ sagaId }) => MoneyMoved({ transferId: sagaId }),
      compensated: ({ sagaId, reason }) => MoneyStayed({ transferId: sagaId, reason }),
    },
    [MoneyMoved, MoneyStayed],
  )
