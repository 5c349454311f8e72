// The payment of the order pipeline: prints a JSON line for every change of what it owns. One event is poison to it.
import { start } from "../../runtime/index.ts"
import { followerApp } from "./pipeline.ts"

const [orderId, step] = (process.env["TROUPE_TEST_POISON"] ?? "").split("#")
const poison = orderId === undefined || orderId === "" ? undefined : { orderId, step: Number(step) }
await start(followerApp("payment", poison), {
  natsUrl: process.env["NATS_URL"] ?? "",
  observer: { owned: (partitions) => process.stdout.write(`${JSON.stringify({ owned: partitions })}\n`) },
})
