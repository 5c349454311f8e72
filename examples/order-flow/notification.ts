// Mail: one actor per customer. Nobody calls it; it reacts to what has happened.
import { done, service } from "../../runtime/index.ts"
import { OrderCancelled, OrderConfirmed } from "./events.ts"

export interface Mailbox {
  readonly confirmations: number
  readonly apologies: number
}

export const notification = service("notification", { state: (): Mailbox => ({ confirmations: 0, apologies: 0 }) })
  .on(OrderConfirmed, ({ customerId }) => customerId, (box) => done({ ...box, confirmations: box.confirmations + 1 }, null), {
    emits: [],
  })
  .on(OrderCancelled, ({ customerId }) => customerId, (box) => done({ ...box, apologies: box.apologies + 1 }, null), {
    emits: [],
  })
