// What the checker needs to go through the order saga: a sample of its input, and of the answer that it reads.
// `npm run troupe -- check examples/order-flow/check.ts`
import type { SagaCheck } from "../../sagas/index.ts"
import type { Order } from "./order.ts"
import { placeOrder } from "./place-order.ts"

const input: Order = {
  orderId: "O-1",
  customerId: "C-1",
  carrier: "fast",
  shippedDate: "1996-07-16",
  shipTo: { name: "Ann", city: "Reims", country: "France" },
  lines: [
    { sku: "P11", quantity: 1 },
    { sku: "P42", quantity: 2 },
  ],
  totalCents: 47_238,
}

export const check: readonly SagaCheck[] = [{ saga: placeOrder, input, answers: { charge: { paymentId: "pay-O-1" } } }]
