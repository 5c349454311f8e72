// The order flow as a choreography: the same business and the same orders as in ../order-flow, and nobody in charge.
// `npm run demo:choreographed`.
import { runDemo } from "../order-flow/demo.ts"
import { placeOrder } from "./place-order.ts"
import { namespace, shop } from "./shop.ts"

const flow = {
  command: "npm run demo:choreographed",
  namespace,
  dataDir: ".troupe/order-flow-choreographed",
  shop,
  worker: new URL("worker.ts", import.meta.url),
  placeOrder,
  traces: () => "",
}

await runDemo(flow, process.argv.slice(2))
