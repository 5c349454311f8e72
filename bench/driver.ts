// The process that places the orders: a client of the app, or of the hand-written chain.
import { connect } from "../runtime/index.ts"
import { connectChain } from "./chain.ts"
import { readTask, runChild, say } from "./child.ts"
import { type LoadPlan, runLoad, type StartSaga } from "./load.ts"
import { orderOf, placeOrder, shopOf } from "./order-saga.ts"
import type { Row } from "./row.ts"

export interface DriverTask extends LoadPlan {
  readonly natsUrl: string
  readonly namespace: string
  readonly partitions: number
  readonly row: Row
  readonly replicas: number
  readonly payloadBytes: number
}

interface Placing {
  readonly start: StartSaga
  readonly close: () => Promise<void>
}

async function placingOrders({ natsUrl, namespace, partitions, row, payloadBytes, replicas }: DriverTask): Promise<Placing> {
  const order = (n: number) => orderOf(n, row.outcome, payloadBytes)
  if (row.system === "nats-chain") {
    const chain = await connectChain(natsUrl)
    return { start: (n) => chain.place(order(n)), close: chain.close }
  }
  const { client, close } = await connect(shopOf(namespace, partitions, row).orders, { natsUrl, replicas })
  const start: StartSaga = async (n) => {
    const placed = order(n)
    const outcome = await client.ask(placeOrder.start(placed.orderId, placed), { effect: `place ${placed.orderId}` })
    if (outcome.type === "faulted") throw new Error(`${placed.orderId} is parked (${outcome.code})`)
    return outcome.type === "refused" ? "compensated" : endingOf(outcome.value)
  }
  return { start, close }
}

/** A saga answers its start with how it ended. */
function endingOf(value: unknown): "completed" | "compensated" {
  const { outcome } = value as { readonly outcome?: unknown } // cast: looked at below
  if (outcome === "completed" || outcome === "compensated") return outcome
  throw new Error(`a saga has ended with ${JSON.stringify(value)}`)
}

await runChild(async () => {
  const task = readTask() as DriverTask // cast: run.ts wrote it
  const { start, close } = await placingOrders(task)
  const tell = { measuring: () => say({ type: "measuring" }), measured: () => say({ type: "measured" }) }
  const result = await runLoad(start, task, tell)
  process.once("SIGTERM", () => void close().finally(() => process.exit(0)))
  say({ type: "done", result })
})
