// A publisher that is faster than the app (scenario 46), on a real server: it is refused at the bound, at once and with a
// hint, its memory stays flat, and everything that was accepted is handled exactly once.
import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises"
import { jetstreamManager } from "@nats-io/jetstream"
import { type Client, type Command, connect, Overloaded } from "../../runtime/index.ts"
import { subjectsOf } from "../../runtime/message/subjects.ts"
import { connectChecked } from "../../runtime/nats/server/connect.ts"
import { withNats } from "../support/nats-process.ts"
import { grinder, slow, waiter } from "../support/slow.ts"
import { startWorker } from "../support/worker.ts"

const perSecond = 5_000
const publishingMs = 3_000
const actors = 100
const mebibyte = 2 ** 20

interface Published {
  readonly sent: number
  /** Accepted records of each actor. */
  readonly accepted: readonly number[]
  readonly refusals: readonly { readonly afterMs: number; readonly retryAfterMs: number }[]
  readonly otherFaults: readonly unknown[]
  readonly rssGrowth: number
}

/** Sends at a steady rate and never waits for an answer, as a publisher does that cannot slow down. */
async function publish(client: Client, command: (key: string) => Command): Promise<Published> {
  const accepted = Array.from({ length: actors }, () => 0)
  const refusals: { afterMs: number; retryAfterMs: number }[] = []
  const otherFaults: unknown[] = []
  const all: Promise<void>[] = []
  const send = (n: number) => {
    const sentMs = performance.now()
    const actor = n % actors
    const failed = (fault: unknown) => {
      if (fault instanceof Overloaded) refusals.push({ afterMs: performance.now() - sentMs, retryAfterMs: fault.retryAfterMs })
      else otherFaults.push(fault)
    }
    all.push(client.send(command(`k${actor}`), { effect: `e${n}` }).then(() => void (accepted[actor]! += 1), failed))
  }
  const before = process.memoryUsage().rss
  let peak = before
  let sent = 0
  const startedMs = performance.now()
  for (let passedMs = 0; passedMs < publishingMs; passedMs = performance.now() - startedMs) {
    for (; sent < (passedMs * perSecond) / 1_000; sent += 1) {
      send(sent)
      if (sent % 10 === 0) await turn()
    }
    peak = Math.max(peak, process.memoryUsage().rss)
    await sleep(5)
  }
  await Promise.all(all)
  return { sent, accepted, refusals, otherFaults, rssGrowth: Math.max(peak, process.memoryUsage().rss) - before }
}

async function handledBy(client: Client, service: string): Promise<number[]> {
  const states = Array.from({ length: actors }, (_, n) => client.query(service, `k${n}`))
  // cast: the states of slow.ts
  return (await Promise.all(states)).map(({ state }) => (state as { handled: number } | null)?.handled ?? 0)
}

async function until(predicate: () => Promise<boolean>): Promise<void> {
  while (!(await predicate())) await sleep(100)
}

async function overload(t: TestContext, service: string, command: (key: string) => Command, bound: number) {
  const nats = await withNats(t)
  const worker = startWorker(nats.url, "slow-worker.ts")
  t.after(() => worker.end("SIGKILL"))
  await worker.until(() => worker.owned.length === slow.shape.partitions)
  const { client, close } = await connect(slow, { natsUrl: nats.url, inputRecordsPendingMax: bound })
  t.after(close)
  const published = await publish(client, command)
  const { accepted, refusals, otherFaults, rssGrowth, sent } = published
  const total = accepted.reduce((sum, count) => sum + count, 0)
  const afterMs = refusals.map((refusal) => refusal.afterMs).toSorted((a, b) => a - b)
  const p99Ms = afterMs[Math.floor(afterMs.length * 0.99)] ?? 0
  t.diagnostic(
    `${service}: ${sent} sent in ${publishingMs} ms, ${total} accepted, ${refusals.length} refused, ` +
      `in ${p99Ms.toFixed(2)} ms (p99), ` +
      `${afterMs.at(-1)?.toFixed(2)} ms (longest); RSS + ${(rssGrowth / mebibyte).toFixed(1)} MiB`,
  )
  assert.deepEqual(otherFaults, [])
  assert.ok(refusals.length > sent / 2, `only ${refusals.length} of ${sent} were refused`)
  assert.ok(total >= bound, `${total} accepted, the bound is ${bound}`)
  // The longest of ten thousand shows how busy the machine is: the garbage collector alone takes longer at times.
  assert.ok(p99Ms < 10, `refused after ${p99Ms} ms`)
  assert.ok(refusals.every(({ retryAfterMs }) => retryAfterMs >= 100 && retryAfterMs <= 5_000))
  assert.ok(rssGrowth < 50 * mebibyte, `grew by ${rssGrowth / mebibyte} MiB`)
  await until(async () => (await handledBy(client, service)).reduce((sum, count) => sum + count, 0) >= total)
  assert.deepEqual(await handledBy(client, service), accepted)
  await until(() => Promise.resolve(client.pendingCount === 0))
}

test("46: 5,000 records/s into a handler that waits: refused at the bound, all that was accepted is handled once", (t) =>
  overload(t, "waiter", (key) => waiter.take(key, {}), 1_500))

test("46: 5,000 records/s into a handler that computes: refused at the bound, all that was accepted is handled once", (t) =>
  overload(t, "grinder", (key) => grinder.take(key, {}), 500))

test("R15: the server refuses what no client counts, for an app that nobody runs, within 10 ms and as Overloaded", async (t) => {
  const nats = await withNats(t)
  const { client, close } = await connect(slow, { natsUrl: nats.url })
  t.after(close)
  const connection = await connectChecked({ url: nats.url })
  t.after(() => connection.close())
  const manager = await jetstreamManager(connection)
  await manager.streams.update(subjectsOf(slow.namespace).streams.input, { max_msgs_per_subject: 20 })
  for (let n = 0; n < 20; n += 1) await client.send(waiter.take("dead", {}), { effect: `e${n}` })
  const tookMs: number[] = []
  for (let n = 20; n < 70; n += 1) {
    const sentMs = performance.now()
    const command = waiter.take("dead", {})
    const options = { effect: `e${n}` }
    const refused: Promise<unknown> = n % 2 === 0 ? client.ask(command, options) : client.send(command, options)
    await assert.rejects(refused, { code: "OVERLOADED", message: /maximum messages per subject/ })
    tookMs.push(performance.now() - sentMs)
  }
  tookMs.sort((a, b) => a - b)
  const medianMs = tookMs[25] ?? 0
  t.diagnostic(`refused by the server in ${medianMs.toFixed(2)} ms (median), ${tookMs.at(-1)?.toFixed(2)} ms (longest)`)
  assert.ok(medianMs < 10, `refused after ${medianMs} ms`)
  assert.equal(client.pendingCount, 20)
})
