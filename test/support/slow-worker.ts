// One process of the slow app: prints a JSON line for every change of what it owns.
import { start } from "../../runtime/index.ts"
import { slow } from "./slow.ts"

const running = await start(slow, {
  natsUrl: process.env["NATS_URL"] ?? "",
  observer: { owned: (partitions) => process.stdout.write(`${JSON.stringify({ owned: partitions })}\n`) },
})
process.once("SIGTERM", () => void running.stop().then(() => process.exit(0)))
