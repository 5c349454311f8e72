// One process of the app with a schedule: prints a JSON line for every change of what it owns.
import { start } from "../../runtime/index.ts"
import { clockwork } from "./clockwork.ts"

await start(clockwork, {
  natsUrl: process.env["NATS_URL"] ?? "",
  observer: { owned: (partitions) => process.stdout.write(`${JSON.stringify({ owned: partitions })}\n`) },
})
