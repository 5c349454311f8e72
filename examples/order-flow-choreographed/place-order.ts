// How a client places an order where nobody answers for the whole: it makes the order known, and then asks the order
// itself, now and again, how it came out.
import type { PlaceOrder } from "../order-flow/run.ts"
import { orders, type OrderState } from "./orders.ts"

const askFirstAfterMs = 20
const askAgainMsMax = 100

/** Placing an order again creates nothing, and finds out how it ended. */
export const placeOrder: PlaceOrder = async (client, order, timeoutMs) => {
  const giveUpAtMs = performance.now() + timeoutMs
  try {
    const created = await client.ask(orders.create(order.orderId, order), { effect: `create ${order.orderId}`, timeoutMs })
    if (created.type === "faulted") return { outcome: "parked", reason: created.code }
    for (let waitMs = askFirstAfterMs; performance.now() < giveUpAtMs; waitMs = Math.min(2 * waitMs, askAgainMsMax)) {
      await new Promise((resolve) => setTimeout(resolve, waitMs))
      const { state } = await client.query("orders", order.orderId, { timeoutMs })
      const { status, reason, createdMs, endedMs } = state as unknown as OrderState // cast: its service declares it
      if (status !== "confirmed" && status !== "cancelled") continue
      return {
        outcome: status === "confirmed" ? "completed" : "compensated",
        ...(reason === undefined ? {} : { reason }),
        ...(createdMs === undefined ? {} : { startedMs: createdMs }),
        ...(endedMs === undefined ? {} : { endedMs }),
      }
    }
  } catch {
    // Neither accepted nor answered in time: the order is counted as open.
  }
  return { outcome: "open" }
}
