// One process of the jobs app: prints a JSON line for every change of what it owns.
import { start } from "../../runtime/index.ts"
import { jobsApp } from "./jobs.ts"

const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)
const { shape } = jobsApp(process.env["TROUPE_TEST_NAMESPACE"] ?? "", 5, () => undefined)
await start(shape, {
  natsUrl: process.env["NATS_URL"] ?? "",
  observer: { owned: (partitions) => say({ owned: partitions }) },
})
