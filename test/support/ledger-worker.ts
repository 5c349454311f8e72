// One process of the ledger app: prints a JSON line for every change of what it owns and for every refused fence.
import { start, stopOnSignals } from "../../runtime/index.ts"
import { ledgerApp } from "./ledger.ts"

const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)
const { shape } = ledgerApp(process.env["TROUPE_TEST_LEDGER"] ?? "")
const running = await start(shape, {
  natsUrl: process.env["NATS_URL"] ?? "",
  observer: { owned: (partitions) => say({ owned: partitions }), fenced: (partition) => say({ fenced: partition }) },
})
stopOnSignals(running)
