// Money in tables: the same commands as ../payment.ts. That an order is charged once is a primary key.
import { done, refused, service } from "../../../runtime/index.ts"
import { postgres, transactional } from "../../../runtime/postgres/index.ts"
import { type Account, Charge, orderCentsMax } from "../payment.ts"
import type { Store } from "./store.ts"

export function paymentOnPostgres({ database, schema }: Store, inbox: string) {
  const inTransaction = transactional(database)
  const change = `insert into ${schema}.account as a values ($1, $2, $3) on conflict (customer) do update
    set charged_cents = a.charged_cents + $2, refunded_cents = a.refunded_cents + $3
    returning charged_cents::float8 as "chargedCents", refunded_cents::float8 as "refundedCents"`
  const payment = service("payment", { state: (): Account => ({ chargedCents: 0, refundedCents: 0 }) })
    .command("charge", Charge, inTransaction(async (before, { orderId, cents }, { sql, key }) => {
      if (cents > orderCentsMax) return refused("payment-declined", { limitCents: orderCentsMax })
      await sql.query(`insert into ${schema}.charge values ($1, $2, $3)`, [orderId, key, cents])
      const { rows: [account = before] } = await sql.query<Account>(change, [key, cents, 0])
      return done(account, { paymentId: `pay-${orderId}` })
    }))
    .undo("refund", "charge", inTransaction(async (before, { orderId, cents }, { sql, key }) => {
      await sql.query(`update ${schema}.charge set refunded = true where order_id = $1`, [orderId])
      const { rows: [account = before] } = await sql.query<Account>(change, [key, 0, cents])
      return done(account, null)
    }))
  return postgres(payment, {
    database,
    inbox,
    onConstraint: ({ constraint }) => (constraint === "charge_pkey" ? refused("charged-already") : undefined),
  })
}
