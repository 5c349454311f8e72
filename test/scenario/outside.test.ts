// A service outside that may be called ten times a second, and that fails: on a real server, with two processes that call
// it. It counts itself what it gets.
import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import { setTimeout as pass } from "node:timers/promises"
import { type Client, connect } from "../../runtime/index.ts"
import { withNats } from "../support/nats-process.ts"
import { type Letter, type MailRate, postApp, startOutside } from "../support/outside.ts"
import { startWorker } from "../support/worker.ts"

/** Two processes that call the outside, and a client. */
async function startPost(t: TestContext, rate: MailRate) {
  const nats = await withNats(t)
  const outside = await startOutside()
  t.after(() => outside.close())
  const hire = () =>
    startWorker(nats.url, "outside-worker.ts", {
      TROUPE_TEST_MAIL_URL: outside.url,
      TROUPE_TEST_CALLS: String(rate.calls),
      TROUPE_TEST_OPEN_FOR_MS: String(rate.openForMs),
    })
  const workers = [hire(), hire()] as const
  t.after(() => Promise.all(workers.map((worker) => worker.end("SIGKILL"))))
  const isShared = () => workers.every(({ owned }) => owned.length === 4)
  await Promise.race(workers.map((worker) => worker.until(isShared)))
  const { order, shape } = postApp(rate)
  const { client, close } = await connect(shape, { natsUrl: nats.url })
  t.after(close)
  let placed = 0
  /** Places so many orders, of 12 customers in turn, and gives how long each answer took. */
  const place = async (count: number): Promise<readonly number[]> => {
    const tookMs: Promise<number>[] = []
    for (let n = 0; n < count; n += 1) {
      tookMs.push(timed(client, order.place(`customer-${placed % 12}`, { customer: `c${placed % 12}`, number: placed }), placed))
      placed += 1
      await pass(4) // the rate at which customers come is part of what is tested
    }
    return (await Promise.all(tookMs)).toSorted((a, b) => a - b)
  }
  return { outside, workers, place }
}

async function timed(client: Client, command: Parameters<Client["ask"]>[0], number: number): Promise<number> {
  const sentMs = performance.now()
  const { type } = await client.ask(command, { effect: `order-${number}` })
  assert.equal(type, "done")
  return performance.now() - sentMs
}

function mostPerSecond(letters: readonly Letter[]): number {
  const times = letters.map(({ begunMs }) => begunMs).toSorted((a, b) => a - b)
  return times.reduce((most, first, n) => Math.max(most, times.slice(n).filter((atMs) => atMs < first + 1_000).length), 0)
}

/** Every letter was taken, those of each customer in the order of the orders. */
function assertAllInOrder(letters: readonly Letter[], count: number): void {
  const taken = letters.filter((letter) => letter.taken)
  assert.deepEqual(
    [...new Set(taken.map(({ number }) => number))].toSorted((a, b) => a - b),
    Array.from({ length: count }, (_, n) => n),
  )
  for (let customer = 0; customer < 12; customer += 1) {
    const numbers = [...new Set(taken.filter((letter) => letter.customer === `c${customer}`).map(({ number }) => number))]
    assert.deepEqual(numbers, numbers.toSorted((a, b) => a - b), `customer ${customer}`)
  }
}

const takenBy = (letters: readonly Letter[]) => new Set(letters.flatMap(({ taken, number }) => (taken ? [number] : []))).size

test("10 calls a second and a breaker hold in two processes, while the outside fails and one of them dies", async (t) => {
  const { outside, workers, place } = await startPost(t, { calls: 10, openForMs: 1_000 })
  await place(90)
  await outside.until(() => takenBy(outside.letters) >= 15)
  outside.isDown = true
  const downFrom = outside.letters.length
  await pass(5_000) // the outage
  const whileDown = outside.letters.length - downFrom
  outside.isDown = false
  await outside.until(() => takenBy(outside.letters) >= 40)
  await workers[0].end("SIGKILL")
  await outside.until(() => takenBy(outside.letters) === 90)
  t.diagnostic(
    `${outside.letters.length} calls, at most ${mostPerSecond(outside.letters)} in a second; ${whileDown} in 5 s of outage`,
  )
  assert.ok(mostPerSecond(outside.letters) <= 10)
  // Each process: five faults, perhaps as many that were under way, and a probe a second.
  assert.ok(whileDown >= 10 && whileDown <= 2 * (5 + 5 + 5), `${whileDown} calls while it was down`)
  assertAllInOrder(outside.letters, 90)
})

test("44: mail is down under 500 orders: they are accepted as fast as before, and every letter is sent afterwards", async (t) => {
  const { outside, place } = await startPost(t, { calls: 500, openForMs: 500 })
  await place(100)
  const before = await place(500)
  await outside.until(() => takenBy(outside.letters) === 600)
  outside.isDown = true
  const during = await place(500)
  const whileDown = outside.letters.filter(({ taken }) => !taken).length
  assert.equal(takenBy(outside.letters), 600)
  outside.isDown = false
  const backMs = performance.now()
  await outside.until(() => takenBy(outside.letters) === 1_100)
  const p99 = (tookMs: readonly number[]) => tookMs[Math.floor(tookMs.length * 0.99)] ?? 0
  t.diagnostic(
    `p99 of an order: ${p99(before).toFixed(1)} ms with mail, ${p99(during).toFixed(1)} ms without; ` +
      `${whileDown} calls in vain; the other 500 sent ${Math.round(performance.now() - backMs)} ms after its return`,
  )
  assert.ok(p99(during) < 2 * p99(before) + 100, `${p99(during)} ms, before ${p99(before)} ms`)
  assert.ok(mostPerSecond(outside.letters) <= 500)
  assert.ok(whileDown < 100, `${whileDown} calls in vain`)
  assertAllInOrder(outside.letters, 1_100)
})
