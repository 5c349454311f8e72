// What the engine alone costs: the order saga on the memory ports, one process, no server. CPU time, so that others on the
// machine count little, in rounds. For comparing two states of the code; `npm run bench` measures the product.
//   node bench/engine.ts [--handlers pure] [--outcome happy] [--rounds 7] [--sagas 4000] [--in-flight 256]
import { setTimeout as pause } from "node:timers/promises"
import { parseArgs } from "node:util"
import * as Effect from "effect/Effect"
import { keepHeapLean } from "../runtime/host/lean-heap.ts"
import { limits } from "../runtime/index.ts"
import { askInMemory, newWorld, startInMemory, type World } from "../runtime/testing/in-memory.ts"
import { orderOf, placeOrder, shopOf } from "./order-saga.ts"
import { median } from "./result.ts"
import { axes } from "./row.ts"

const { values } = parseArgs({
  options: {
    handlers: { type: "string", default: "effectful" },
    outcome: { type: "string", default: "happy" },
    rounds: { type: "string", default: "7" },
    sagas: { type: "string", default: "4000" },
    "in-flight": { type: "string", default: "256" },
  },
})

/** About what an append to a server on the same machine takes: what is decided meanwhile shares the next block. */
const appendMs = 2

function withLatency(world: World): World {
  const { journal } = world
  const append: typeof journal.append = (...block) =>
    Effect.flatMap(Effect.promise(() => pause(appendMs)), () => journal.append(...block))
  return { ...world, journal: { ...journal, append } }
}

keepHeapLean()
const handlers = axes.handlers.find((name) => name === values.handlers) ?? "effectful"
const outcome = axes.outcome.find((name) => name === values.outcome) ?? "happy"
const shop = shopOf("bench", limits.partitionsDefault, { services: "same-app", handlers }).orders
const world = withLatency(newWorld())
const engine = await startInMemory(shop, world)
let started = 0

async function place(): Promise<void> {
  started += 1
  const order = orderOf(started, outcome, 0)
  const ended = await askInMemory(shop, world, placeOrder.start(order.orderId, order))
  if (ended.type === "faulted") throw new Error(`${order.orderId}: ${ended.code}`)
}

/** CPU µs for each saga. */
async function round(sagas: number): Promise<number> {
  const until = started + sagas
  const before = process.cpuUsage()
  const one = async () => {
    while (started < until) await place()
  }
  await Promise.all(Array.from({ length: Number(values["in-flight"]) }, one))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / sagas
}

await round(Number(values.sagas))
const rounds: number[] = []
for (let n = 0; n < Number(values.rounds); n += 1) rounds.push(await round(Number(values.sagas)))
const bytes = engine.blocks.reduce((sum, block) => sum + block.bytes, 0)
const decisions = engine.blocks.reduce((sum, block) => sum + block.decisions, 0)
console.log(
  `${handlers}, ${outcome}: ${median(rounds).toFixed(0)} µs of CPU a saga (${rounds.map((us) => us.toFixed(0)).join(" ")}); ` +
    `${(bytes / started).toFixed(0)} bytes, ${(decisions / started).toFixed(2)} decisions, ` +
    `${(engine.blocks.length / started).toFixed(3)} blocks`,
)
await engine.kill()
process.exit(0)
