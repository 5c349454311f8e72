// One process of the bank: prints a JSON line for every change of what it owns and for every refused fence. SIGTERM ends
// it in order.
import { start, stopOnSignals } from "../../runtime/index.ts"
import { bank } from "./bank.ts"

const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)
const running = await start(bank, {
  natsUrl: process.env["NATS_URL"] ?? "",
  observer: {
    owned: (partitions) => say({ owned: partitions }),
    fenced: (partition) => say({ fenced: partition }),
  },
})
stopOnSignals(running)
