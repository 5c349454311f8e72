// One process of the ward: prints a JSON line for every change of what it owns.
import { start } from "../../runtime/index.ts"
import { ward } from "./ward.ts"

await start(ward, {
  natsUrl: process.env["NATS_URL"] ?? "",
  observer: { owned: (partitions) => process.stdout.write(`${JSON.stringify({ owned: partitions })}\n`) },
})
