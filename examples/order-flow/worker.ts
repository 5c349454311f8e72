// One process of the order flow: runs its share of the partitions until it is told to end, or its parent is gone.
// `npm run demo -- --workers 3` starts three of them; start more by hand with NATS_URL and the namespace, on any machine.
import { describeError, launch, stopOnSignals } from "../../runtime/index.ts"
import { shop } from "./shop.ts"

try {
  const running = await launch(shop(process.argv[2] ?? "shop"), { dataDir: process.argv[3] ?? ".troupe/order-flow" })
  process.stdout.write(`${JSON.stringify({ tracesTo: running.tracesTo })}\n`)
  const stop = stopOnSignals(running, { signals: ["SIGTERM"] })
  // Ctrl-C reaches every process of the terminal; the parent decides when the workers end.
  process.on("SIGINT", () => undefined)
  process.once("disconnect", stop)
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`)
  process.exitCode = 1
}
