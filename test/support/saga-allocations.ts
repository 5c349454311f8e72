// What a saga allocates on the heap: run with a young generation so large that nothing is collected meanwhile, the growth of
// the heap is the sum of all allocations; without an optimising compiler, it does not depend on what has become hot when.
// Says `{ bytes, collections }` on its standard output: bytes for each saga, and how often the heap was collected after all.
import { PerformanceObserver } from "node:perf_hooks"
import { setImmediate as turn } from "node:timers/promises"
import { getHeapStatistics, setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import * as Effect from "effect/Effect"
import { orderOf, placeOrder, shopOf } from "../../bench/order-saga.ts"
import { askInMemory, newWorld, startInMemory } from "../../runtime/testing/in-memory.ts"

const warmUp = 100
const sagas = 300
const inFlight = 32
/** An append takes so many turns of the event loop. */
const appendTurns = 5

const handlers = process.argv[2] === "pure" ? "pure" : "effectful"
const { orders: app } = shopOf("cost", 8, { services: "same-app", handlers })
const fast = newWorld()
const wait = async () => {
  for (let n = 0; n < appendTurns; n += 1) await turn()
}
const append: typeof fast.journal.append = (...block) =>
  Effect.flatMap(Effect.promise(wait), () => fast.journal.append(...block))
const world = { ...fast, journal: { ...fast.journal, append } }
await startInMemory(app, world)

let placed = 0
async function placeUntil(last: number): Promise<void> {
  const one = async () => {
    while (placed < last) {
      const order = orderOf((placed += 1), "happy", 0)
      await askInMemory(app, world, placeOrder.start(order.orderId, order), `place ${order.orderId}`)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, one))
}

await placeUntil(warmUp)
setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void // cast: the flag makes it
collect()
await turn()
let collections = 0
const observer = new PerformanceObserver((list) => {
  collections += list.getEntries().length
})
observer.observe({ entryTypes: ["gc"] })
const before = getHeapStatistics().used_heap_size
await placeUntil(warmUp + sagas)
const bytes = (getHeapStatistics().used_heap_size - before) / sagas
await turn()
process.stdout.write(`${JSON.stringify({ bytes, collections })}\n`)
process.exit(0)
