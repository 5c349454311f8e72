// One process of the group that the environment names: prints a JSON line for every change of what it owns.
import { start } from "../../runtime/index.ts"
import { tallyApp } from "./tallies.ts"

await start(tallyApp(process.env["TROUPE_TEST_GROUP"] ?? ""), {
  natsUrl: process.env["NATS_URL"] ?? "",
  observer: { owned: (partitions) => process.stdout.write(`${JSON.stringify({ owned: partitions })}\n`) },
})
