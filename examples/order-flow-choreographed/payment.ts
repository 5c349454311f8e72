// Money: one account per customer. It charges when an order is created, and pays back when stock could not be had.
import { done, service } from "../../runtime/index.ts"
import { type Account, orderCentsMax } from "../order-flow/payment.ts"
import {
  OrderCreated, PaymentDeclined, PaymentProcessed, PaymentRefunded, StockReleased, StockReservationFailed,
} from "./events.ts"

interface Failed {
  readonly order: { readonly customerId: string; readonly totalCents: number }
}

const byCustomer = ({ order }: Failed) => order.customerId
const refund = (account: Account, { order }: Failed): Account => {
  return { ...account, refundedCents: account.refundedCents + order.totalCents }
}

export const payment = service("payment", { state: (): Account => ({ chargedCents: 0, refundedCents: 0 }) })
  .on(OrderCreated, byCustomer, (account, { order }) => {
    const { orderId, totalCents } = order
    if (totalCents > orderCentsMax) return done(account, null, [PaymentDeclined({ order, reason: "payment-declined" })])
    const next = { ...account, chargedCents: account.chargedCents + totalCents }
    return done(next, null, [PaymentProcessed({ order, paymentId: `pay-${orderId}` })])
  }, { emits: [PaymentProcessed, PaymentDeclined] })
  .on(StockReservationFailed, byCustomer, (account, failure) =>
    done(refund(account, failure), null, [PaymentRefunded(failure)]), { emits: [PaymentRefunded] })
  .on(StockReleased, byCustomer, (account, failure) =>
    done(refund(account, failure), null, [PaymentRefunded(failure)]), { emits: [PaymentRefunded] })
