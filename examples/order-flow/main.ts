// The order flow as an orchestration: a saga tells each service what to do. `npm run demo`.
import { runDemo } from "./demo.ts"
import { traces } from "./report.ts"
import { startSaga } from "./run.ts"
import { shopOnPostgres } from "./postgres/shop.ts"
import { shop } from "./shop.ts"

const flow = {
  command: "npm run demo",
  namespace: "shop",
  dataDir: ".troupe/order-flow",
  shop,
  shopOnPostgres,
  worker: new URL("worker.ts", import.meta.url),
  placeOrder: startSaga,
  traces,
}

await runDemo(flow, process.argv.slice(2))
