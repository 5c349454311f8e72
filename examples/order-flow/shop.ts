// The app: all services of the order flow, deployed together.
import { type App, app } from "../../runtime/index.ts"
import { inventory } from "./inventory.ts"
import { notification } from "./notification.ts"
import { payment } from "./payment.ts"
import { placeOrder } from "./place-order.ts"
import { shipping } from "./shipping.ts"

export function shop(namespace: string): App {
  return app("order-flow", { namespace, services: [inventory, payment, shipping, notification, placeOrder] })
}
