// The order flow: reserve every line, charge, ship. Whatever is refused on the way, what was done is undone in reverse.
import { saga } from "../../sagas/index.ts"
import { OrderCancelled, OrderConfirmed } from "./events.ts"
import { inventory } from "./inventory.ts"
import { Order } from "./order.ts"
import { payment } from "./payment.ts"
import { shipping } from "./shipping.ts"

export const placeOrder = saga("place-order", { input: Order, version: 1 })
  .attributes(({ input }) => ({ customer: input.customerId, cents: input.totalCents, country: input.shipTo.country }))
  .forEach("reserve", ({ input }) => input.lines, {
    run: (line, { sagaId }) => inventory.reserve(line.sku, { orderId: sagaId, quantity: line.quantity }),
    undo: (line) => inventory.release(line.sku),
    timeout: "30 seconds",
    retry: { times: 5, from: "200 millis", factor: 2 },
  })
  .step("charge", {
    run: ({ input, sagaId }) => payment.charge(input.customerId, { orderId: sagaId, cents: input.totalCents }),
    undo: ({ input }) => payment.refund(input.customerId),
  })
  .step("ship", {
    run: ({ input, charge }) =>
      shipping.book(input.carrier, {
        orderId: input.orderId,
        paymentId: charge.paymentId,
        shippedDate: input.shippedDate,
        city: input.shipTo.city,
      }),
    pivot: true,
  })
  .emits(
    {
      completed: ({ input }) =>
        OrderConfirmed({ orderId: input.orderId, customerId: input.customerId, totalCents: input.totalCents }),
      compensated: ({ input, reason }) =>
        OrderCancelled({ orderId: input.orderId, customerId: input.customerId, reason }),
    },
    [OrderConfirmed, OrderCancelled],
  )
