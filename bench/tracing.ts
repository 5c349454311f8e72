// What tracing costs: orders per second of the order flow on a real nats-server, with no tracing, with a part of the traces
// and with all of them, in one run: rounds alternate, medians are compared. `node bench/tracing.ts [--rounds 5] [--orders 3000]`
// A collector in a process of its own takes the spans and throws them away.
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { parseArgs } from "node:util"
import { inventory } from "../examples/order-flow/inventory.ts"
import { placeOrder } from "../examples/order-flow/place-order.ts"
import { shop } from "../examples/order-flow/shop.ts"
import { start } from "../runtime/host/start.ts"
import { startTracing } from "../runtime/telemetry/setup.ts"
import { startTestNats } from "../test/support/nats-process.ts"

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    orders: { type: "string", default: "3000" },
    "in-flight": { type: "string", default: "500" },
    collector: { type: "boolean", default: false },
  },
})
const orders = Number(values.orders)
const inFlight = Number(values["in-flight"])

const modes = { off: undefined, "10 %": 0.1, "100 %": 1 } as const
type Mode = keyof typeof modes

interface Round {
  readonly perSecond: number
  /** Time on a core of this process, per order. */
  readonly cpuUs: number
  readonly spans: number
  readonly dropped: number
}

/** The other process: takes what it is sent. */
function collect(): void {
  const server = createServer((request, response) => {
    request.resume()
    request.once("end", () => response.writeHead(200).end())
  })
  // cast: a TCP server's address is an AddressInfo
  server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port))
  process.once("disconnect", () => process.exit())
}

async function startSink(): Promise<{ readonly endpoint: string; readonly child: ChildProcess }> {
  const child = fork(new URL(import.meta.url), ["--collector"])
  // cast: what `collect` sends
  const [port] = (await once(child, "message")) as [number]
  return { endpoint: `http://127.0.0.1:${port}`, child }
}

async function round(mode: Mode, n: number, natsUrl: string, endpoint: string): Promise<Round> {
  const app = shop(`bench${n}`)
  const ratio = modes[mode]
  const services = [...app.shape.logics.keys()]
  const where = ratio === undefined ? {} : { endpoint, ratio }
  const tracing = await startTracing({ services, namespace: app.namespace, instanceId: `bench-${n}`, ...where })
  const running = await start(app, { natsUrl, telemetry: tracing.telemetry })
  const skus = Array.from({ length: 50 }, (_, index) => `P${index}`)
  for (const sku of skus) await running.client.ask(inventory.stock(sku, { units: 1e9 }), { effect: `stock ${sku}` })
  const place = async (first: number, count: number) => {
    for (let index = first; index < first + count; index += inFlight) await oneOrder(index)
  }
  const oneOrder = async (index: number) => {
    const lines = [0, 1].map((line) => ({ sku: skus[(index * 7 + line * 13) % 50] ?? "P0", quantity: 1 }))
    const orderId = `o-${index}`
    const shipTo = { name: "N", city: "C", country: "G" }
    const sent = { carrier: "Speedy Express", shippedDate: "1998-01-01", shipTo }
    const order = { orderId, customerId: `c-${index % 1000}`, totalCents: 42, lines, ...sent }
    await running.client.ask(placeOrder.start(orderId, order), { effect: `place ${orderId}` })
  }
  const cpuBefore = process.cpuUsage()
  const beganMs = performance.now()
  await Promise.all(Array.from({ length: inFlight }, (_, lane) => place(lane, orders - lane)))
  const tookMs = performance.now() - beganMs
  const { user, system } = process.cpuUsage(cpuBefore)
  await running.stop()
  await tracing.shutdown()
  const { exported, dropped } = tracing.counts()
  return { perSecond: (orders / tookMs) * 1000, cpuUs: (user + system) / orders, spans: exported, dropped }
}

async function main(): Promise<void> {
  const nats = await startTestNats()
  const { endpoint, child } = await startSink()
  const measured = new Map<Mode, Round[]>()
  const names = Object.keys(modes) as Mode[] // cast: the keys of modes
  let n = 0
  await round("100 %", (n += 1), nats.url, endpoint) // warms up
  for (let turn = 0; turn < Number(values.rounds); turn += 1) {
    for (const mode of turn % 2 === 0 ? names : names.toReversed()) {
      const result = await round(mode, (n += 1), nats.url, endpoint)
      measured.set(mode, [...(measured.get(mode) ?? []), result])
    }
  }
  child.disconnect()
  await nats.stop()
  const of = (mode: Mode, field: keyof Round) => median((measured.get(mode) ?? []).map((result) => result[field]))
  console.log(`${orders} orders a round, ${inFlight} in flight; medians of ${values.rounds} rounds (lowest - highest)`)
  for (const mode of names) {
    const rates = (measured.get(mode) ?? []).map(({ perSecond }) => Math.round(perSecond))
    const rate = `${Math.round(of(mode, "perSecond"))} orders/s (${Math.min(...rates)} - ${Math.max(...rates)})`
    const loss = `${((1 - of(mode, "perSecond") / of("off", "perSecond")) * 100).toFixed(1)} % less`
    const more = `${(of(mode, "cpuUs") - of("off", "cpuUs")).toFixed(0)} us more`
    console.log(`${mode.padEnd(6)} ${rate}, ${loss}; ${of(mode, "cpuUs").toFixed(0)} us CPU an order, ${more}; ` +
      `${(of(mode, "spans") / orders).toFixed(1)} spans an order, ${of(mode, "dropped")} dropped`)
  }
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0
}

if (values.collector) collect()
else await main()
