// Money: one account per customer.
import * as Schema from "effect/Schema"
import { done, refused, service } from "../../runtime/index.ts"

export const Charge = Schema.toStandardSchemaV1(
  Schema.Struct({ orderId: Schema.String, cents: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)) }),
)

/** What one order may cost at the most, in cents. */
export const orderCentsMax = 800_000

export interface Account {
  readonly chargedCents: number
  readonly refundedCents: number
}

export const payment = service("payment", { state: (): Account => ({ chargedCents: 0, refundedCents: 0 }) })
  .command("charge", Charge, (account, { orderId, cents }) =>
    cents > orderCentsMax
      ? refused("payment-declined", { limitCents: orderCentsMax })
      : done({ ...account, chargedCents: account.chargedCents + cents }, { paymentId: `pay-${orderId}` }))
  .undo("refund", "charge", (account, { cents }) => done({ ...account, refundedCents: account.refundedCents + cents }, null))
