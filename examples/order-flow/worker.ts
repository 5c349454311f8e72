// One process of the order flow. `npm run demo -- --workers 3` starts three of them; start more by hand with NATS_URL and
// the namespace, on any machine.
import { shopOnPostgres } from "./postgres/shop.ts"
import { openStore } from "./postgres/store.ts"
import { runWorker } from "./run-worker.ts"
import { shop } from "./shop.ts"

const args = process.argv.slice(2)
const [, dataDir = "", store = "journal"] = args
const onPostgres = async (namespace: string) => shopOnPostgres(namespace, await openStore({ namespace, dataDir }))

await runWorker(store === "postgres" ? onPostgres : shop, "shop", ".troupe/order-flow", args)
