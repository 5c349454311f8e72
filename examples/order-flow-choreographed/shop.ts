// The app: all services of the choreography, deployed together. The mail is the order flow's own: it never knew who
// confirms an order.
import { type App, app } from "../../runtime/index.ts"
import { notification } from "../order-flow/notification.ts"
import { inventory } from "./inventory.ts"
import { orderMonitor } from "./order-monitor.ts"
import { orders } from "./orders.ts"
import { payment } from "./payment.ts"
import { shipping } from "./shipping.ts"

export const services = [orders, payment, inventory, shipping, notification, orderMonitor]

export const namespace = "choreographed"

export function shop(within: string): App {
  return app("order-choreography", { namespace: within, services })
}
