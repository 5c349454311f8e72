// The process that starts sagas which then wait: as fast as the app takes them, and no faster.
import { setTimeout as pause } from "node:timers/promises"
import { connect } from "../runtime/index.ts"
import { readTask, runChild, say } from "./child.ts"
import { heldOrder, orderOf, shopOf } from "./order-saga.ts"
import type { Row } from "./row.ts"

export interface OpenerTask {
  readonly natsUrl: string
  readonly namespace: string
  readonly partitions: number
  readonly replicas: number
  readonly row: Row
  /** The first one's number, and the one after the last. */
  readonly from: number
  readonly until: number
}

/** Starts that are on their way to the server, and starts that wait there for the app. */
const sendingMax = 256
const waitingMax = 2_000
const lookAgainMs = 5

await runChild(async () => {
  const { natsUrl, namespace, partitions, replicas, row, from, until } = readTask() as OpenerTask // cast: open-sagas.ts wrote it
  const { client, close } = await connect(shopOf(namespace, partitions, row).orders, { natsUrl, replicas })
  process.once("SIGTERM", () => void close().finally(() => process.exit(0)))
  let next = from
  const one = async () => {
    while (next < until) {
      const order = orderOf(next++, "happy", 0)
      while (client.pendingCount > waitingMax) await pause(lookAgainMs)
      await client.send(heldOrder.start(order.orderId, order), { effect: `hold ${order.orderId}` })
    }
  }
  await Promise.all(Array.from({ length: sendingMax }, one))
  say({ type: "done", result: null })
})
