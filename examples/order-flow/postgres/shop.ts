// The app with inventory and payment in PostgreSQL; everything else is as it was.
import { type App, app } from "../../../runtime/index.ts"
import { notification } from "../notification.ts"
import { placeOrder } from "../place-order.ts"
import { shipping } from "../shipping.ts"
import { inventoryOnPostgres } from "./inventory.ts"
import { paymentOnPostgres } from "./payment.ts"
import type { Store } from "./store.ts"

export function shopOnPostgres(namespace: string, store: Store): App {
  const onPostgres = [inventoryOnPostgres(store, namespace), paymentOnPostgres(store, namespace)]
  const services = [...onPostgres, shipping, notification, placeOrder]
  return app("order-flow", { namespace, services })
}
