// One process of the rush app: prints a JSON line for every change of what it owns.
import { start } from "../../runtime/index.ts"
import { rushApp } from "./rush.ts"

await start(rushApp(process.env["TROUPE_TEST_LEDGER"] ?? "").shape, {
  natsUrl: process.env["NATS_URL"] ?? "",
  observer: { owned: (partitions) => process.stdout.write(`${JSON.stringify({ owned: partitions })}\n`) },
})
