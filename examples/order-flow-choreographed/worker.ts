// One process of the choreographed order flow. `npm run demo:choreographed -- --workers 3` starts three of them.
import { runWorker } from "../order-flow/run-worker.ts"
import { namespace, shop } from "./shop.ts"

await runWorker(shop, namespace, ".troupe/order-flow-choreographed", process.argv.slice(2))
