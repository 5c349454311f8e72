// Orders: one actor per order. It makes the order known, and hears how it came out; on the way it does nothing.
import { done, service } from "../../runtime/index.ts"
import { OrderCancelled, OrderConfirmed } from "../order-flow/events.ts"
import { Order } from "../order-flow/order.ts"
import { OrderCreated, OrderShipped, PaymentDeclined, PaymentRefunded } from "./events.ts"

export interface OrderState {
  readonly status: "new" | "open" | "confirmed" | "cancelled"
  readonly reason?: string
  readonly createdMs?: number
  readonly endedMs?: number
}

const byOrder = ({ order }: { readonly order: Order }) => order.orderId

export const orders = service("orders", { state: (): OrderState => ({ status: "new" }) })
  .command("create", Order, (state, order, { nowMs }) =>
    state.status === "new"
      ? done<OrderState, null>({ status: "open", createdMs: nowMs }, null, [OrderCreated({ order })])
      : done(state, null), { emits: [OrderCreated] })
  .on(OrderShipped, byOrder, (state, { order: { orderId, customerId, totalCents } }, { nowMs }) =>
    done<OrderState, null>({ ...state, status: "confirmed", endedMs: nowMs }, null, [
      OrderConfirmed({ orderId, customerId, totalCents }),
    ]), { emits: [OrderConfirmed] })
  .on(PaymentDeclined, byOrder, (state, failure, { nowMs }) => cancel(state, failure, nowMs), { emits: [OrderCancelled] })
  .on(PaymentRefunded, byOrder, (state, failure, { nowMs }) => cancel(state, failure, nowMs), { emits: [OrderCancelled] })

function cancel(state: OrderState, { order, reason }: { readonly order: Order; readonly reason: string }, nowMs: number) {
  const { orderId, customerId } = order
  const next: OrderState = { ...state, status: "cancelled", reason, endedMs: nowMs }
  return done(next, null, [OrderCancelled({ orderId, customerId, reason })])
}
