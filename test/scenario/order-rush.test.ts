// Scenario 43: a thousand orders of which every fifth finds no stock, run by processes of which one is killed every two seconds.
// The truth is the bank's book, outside of the runtime. TROUPE_TEST_SEED chooses other victims.
import assert from "node:assert/strict"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import { setTimeout as pass } from "node:timers/promises"
import { type Client, connect, type Outcome } from "../../runtime/index.ts"
import { withNats } from "../support/nats-process.ts"
import { booksIn, rushApp } from "../support/rush.ts"
import { seeded } from "../support/seeded.ts"
import { startWorker, type Worker } from "../support/worker.ts"

const seed = Number(process.env["TROUPE_TEST_SEED"] ?? 43)
const orders = 1_000
const workers = 3
const killEveryMs = 2_000
const killsMin = 5
/** An order each so often: the kills are to fall into the rush. */
const orderEveryMs = 12
const restMs = 60_000

/** Kills one process of the crew after the other, and hires another in its place, until it is told to stop. */
function startKilling(t: TestContext, hire: () => Worker) {
  const chance = seeded(seed)
  const crew = Array.from({ length: workers }, hire)
  t.after(() => Promise.all(crew.map((worker) => worker.end("SIGKILL"))))
  const stopped = new AbortController()
  const state = { kills: 0 }
  const killing = async () => {
    while (await pass(killEveryMs, true, { signal: stopped.signal }).catch(() => false)) {
      const victim = Math.floor(chance() * crew.length)
      await crew[victim]?.end("SIGKILL")
      crew[victim] = hire()
      state.kills += 1
    }
  }
  const ended = killing()
  return {
    state,
    async stop() {
      stopped.abort()
      await ended
    },
  }
}

const numbers = Array.from({ length: orders }, (_, n) => n)
const skus = ["tea", "cup", "pot", "jam"]
const customers = Array.from({ length: 40 }, (_, n) => `c${n}`)
const hasStock = (n: number) => n % 5 !== 0
const centsOf = (n: number) => 100 + (n % 50)
const centsOfAll = (some: readonly number[]) => some.reduce((sum, n) => sum + centsOf(n), 0)
const seconds = (ms: number) => (ms / 1_000).toFixed(1)

/** Places all orders, one each so often; gives how they end. */
async function placeAll(client: Client, { stock, order }: ReturnType<typeof rushApp>) {
  await Promise.all(skus.map((sku) => client.ask(stock.fill(sku, { units: orders }), { effect: `fill ${sku}` })))
  const ends: Promise<Outcome>[] = []
  for (const n of numbers) {
    const sku = hasStock(n) ? (skus[n % skus.length] ?? "") : "nothing"
    const input = { customer: customers[n % customers.length] ?? "", sku, cents: centsOf(n) }
    ends.push(client.ask(order.start(`o${n}`, input), { effect: `o${n}`, timeoutMs: 150_000 }))
    await pass(orderEveryMs) // orders come one by one
  }
  return ends
}

function assertBooks(file: string): void {
  const { charges, refunds, refundsFailed } = booksIn(file)
  assert.deepEqual(charges, { count: orders, cents: centsOfAll(numbers) })
  assert.deepEqual(refunds, { count: orders * 0.2, cents: centsOfAll(numbers.filter((n) => !hasStock(n))) })
  assert.equal(charges.cents - refunds.cents, centsOfAll(numbers.filter(hasStock)), "what is left is what was confirmed")
  assert.ok(refundsFailed >= 2 * refunds.count, `${refundsFailed} refunds failed first`)
}

/** What the actors know is what the bank knows. */
async function assertRows(client: Client): Promise<void> {
  const statesOf = (service: string, keys: readonly string[]) =>
    Promise.all(keys.map(async (key) => (await client.query(service, key)).state as Record<string, number>)) // cast: counters
  const sumOf = async (service: string, keys: readonly string[], field: string) =>
    (await statesOf(service, keys)).reduce((sum, state) => sum + (state[field] ?? Number.NaN), 0)
  assert.equal(await sumOf("card", customers, "cents"), centsOfAll(numbers.filter(hasStock)))
  assert.equal(await sumOf("stock", skus, "left"), skus.length * orders - orders * 0.8)
  const confirmed = await statesOf("shelf", numbers.filter(hasStock).map((n) => `o${n}`))
  assert.deepEqual(new Set(confirmed.map((state) => state["confirmed"])), new Set([1]))
}

/** Resolves when no saga is under way any more, whoever has heard of its end. */
async function untilNoneOpen(client: Client): Promise<void> {
  let open: readonly number[] = numbers
  while (open.length > 0) {
    // cast: the row of a saga
    const rows = await Promise.all(open.map(async (n) => (await client.query("order", `o${n}`)).state as object | null))
    open = open.filter((_, index) => !("ended" in (rows[index] ?? {})))
    await pass(100) // others work on them
  }
}

test(`scenario 43: ${orders} orders, a fifth without stock, a kill every 2 s: all end, the bank's book agrees`, async (t) => {
  const { url: natsUrl } = await withNats(t)
  const folder = await mkdtemp(join(tmpdir(), "troupe-rush-"))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, "bank")
  await writeFile(file, "")
  const rush = rushApp(file)
  const killing = startKilling(t, () => startWorker(natsUrl, "rush-worker.ts", { TROUPE_TEST_LEDGER: file }))
  const { client, operator, close } = await connect(rush.shape, { natsUrl })
  t.after(close)
  const startedMs = performance.now()
  const ends = await placeAll(client, rush)
  while (killing.state.kills < killsMin) await pass(100) // the time of the kills is what is tested
  await killing.stop()
  const calmMs = performance.now()
  await untilNoneOpen(client)
  const closedMs = performance.now() - calmMs
  const outcomes = (await Promise.all(ends)).map((end) => (end.type === "done" ? end.value : end.code))
  const tookMs = performance.now() - calmMs
  // cast: what a saga answers in the end
  const ended = (how: string) => outcomes.filter((end) => (end as { readonly outcome?: string }).outcome === how).length
  assert.deepEqual([ended("completed"), ended("compensated")], [orders * 0.8, orders * 0.2])
  assertBooks(file)
  await assertRows(client)
  assert.deepEqual(await operator.list(), [], "nothing is parked")
  assert.ok(closedMs < restMs, `nothing is open ${closedMs} ms after the last kill`)
  const ending = `all ended ${seconds(closedMs)} s later, the last answer was heard after ${seconds(tookMs)} s`
  const rushed = `${killing.state.kills} kills in ${seconds(calmMs - startedMs)} s, ${ending}`
  t.diagnostic(`${rushed}; ${booksIn(file).calls} calls`)
})
