// One process of the shop that sends mail: prints a JSON line for every change of what it owns.
import { start } from "../../runtime/index.ts"
import { postApp } from "./outside.ts"

const rate = { calls: Number(process.env["TROUPE_TEST_CALLS"]), openForMs: Number(process.env["TROUPE_TEST_OPEN_FOR_MS"]) }
await start(postApp(rate, process.env["TROUPE_TEST_MAIL_URL"]).shape, {
  natsUrl: process.env["NATS_URL"] ?? "",
  observer: { owned: (partitions) => process.stdout.write(`${JSON.stringify({ owned: partitions })}\n`) },
})
