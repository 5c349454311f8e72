// Watches every order: where it stands, whether it is late, and whether anything happens that should not. It commands
// nothing: the flow goes on without it.
import { monitor } from "../../sagas/index.ts"
import { OrderCancelled, OrderConfirmed } from "../order-flow/events.ts"
import * as events from "./events.ts"

/** How long an order may stay where it is. */
const patience = "2 minutes"
const stay = { [patience]: {} }

export const orderMonitor = monitor("order-monitor", {
  events: [...Object.values(events), OrderConfirmed, OrderCancelled],
  keep: "7 days",
  machine: {
    initial: "unknown",
    states: {
      unknown: { on: { OrderCreated: "paying" } },
      paying: { on: { PaymentProcessed: "reserving", PaymentDeclined: "cancelling" }, after: stay },
      reserving: {
        on: {
          LineReserved: { target: "reserving", reenter: true },
          StockReserved: "shipping",
          LineRefused: "puttingBack",
          StockReservationFailed: "refunding",
        },
        after: stay,
      },
      shipping: { on: { OrderShipped: "confirming", ShipmentRefused: "puttingBack" }, after: stay },
      puttingBack: {
        on: {
          LineReleased: { target: "puttingBack", reenter: true },
          StockReservationFailed: "refunding",
          StockReleased: "refunding",
        },
        after: stay,
      },
      refunding: { on: { PaymentRefunded: "cancelling" }, after: stay },
      confirming: { on: { OrderConfirmed: "confirmed" }, after: stay },
      cancelling: { on: { OrderCancelled: "cancelled" }, after: stay },
      confirmed: { type: "final" },
      cancelled: { type: "final" },
    },
  },
})
