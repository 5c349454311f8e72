// One process of the order flow. `npm run demo -- --workers 3` starts three of them; start more by hand with NATS_URL and
// the namespace, on any machine.
import { runWorker } from "./run-worker.ts"
import { shop } from "./shop.ts"

await runWorker(shop, "shop", ".troupe/order-flow", process.argv.slice(2))
