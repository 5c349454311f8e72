// 40: an order pipeline with five groups on a real nats-server. Payment is away for 5 s (and not the half minute of an
// outage that one would remember, which would only be a longer wait), one event is poison to it alone, and analytics are
// replayed.
import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import { setTimeout as pass } from "node:timers/promises"
import { connect, type Operator, type RunningApp, start } from "../../runtime/index.ts"
import { withNats } from "../support/nats-process.ts"
import { followerApp, followers, orders, type Progress, shop } from "../support/pipeline.ts"
import { startWorker } from "../support/worker.ts"

const orderIds = Array.from({ length: 2_000 }, (_, n) => `order-${n}`)
const steps = [1, 2, 3]
const poison = { orderId: "order-777", step: 2 }
const awayMs = 5_000
const author = { by: "ops", why: "a test" }

/** What a group has seen of all orders. */
type Seen = ReadonlyMap<string, readonly number[]>

const inProcess = ({ engine }: RunningApp, name: string): Seen =>
  // cast: the followers' own state
  new Map([...engine.rows(name)].map(([key, state]) => [key, (state as unknown as Progress).steps]))

const countOf = (seen: Seen) => [...seen.values()].reduce((sum, each) => sum + each.length, 0)
const all = (each: readonly number[]): Seen => new Map(orderIds.map((orderId) => [orderId, each]))

function assertSeen(seen: Seen, expected: Seen, what: string): void {
  const wrong = [...expected].filter(([orderId, each]) => seen.get(orderId)?.join() !== each.join())
  assert.deepEqual(wrong.map(([orderId]) => [orderId, seen.get(orderId)]), [], what)
  assert.equal(seen.size, expected.size, what)
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await pass(50)
}

async function startAll(t: TestContext) {
  const { url: natsUrl } = await withNats(t)
  const seller = await start(shop, { natsUrl })
  const here = new Map<string, RunningApp>()
  for (const name of followers) if (name !== "payment") here.set(name, await start(followerApp(name), { natsUrl }))
  const payment = await connect(followerApp("payment"), { natsUrl })
  t.after(async () => {
    await Promise.all([payment.close(), seller.stop(), ...[...here.values()].map((running) => running.stop())])
  })
  const startPayment = async (environment: Record<string, string> = {}) => {
    const worker = startWorker(natsUrl, "payment-worker.ts", environment)
    t.after(() => worker.end("SIGKILL"))
    await worker.until(() => worker.owned.length === 4)
    return worker
  }
  const paid = async (): Promise<Seen> => {
    const states = await Promise.all(orderIds.map((orderId) => payment.client.query("payment", orderId)))
    // cast: the follower's own state
    return new Map(orderIds.map((orderId, n) => [orderId, (states[n]?.state as Progress | null | undefined)?.steps ?? []]))
  }
  return { seller, here, payment: payment.operator, startPayment, paid }
}

async function caughtUp(operator: Operator): Promise<void> {
  await until(async () => (await operator.subscriptions()).every(({ state, lag }) => state === "live" && lag === 0))
}

test("40: five groups, one of them away, one event poison to it alone, one group replayed: 6,000 each, in order", async (t) => {
  const { seller, here, payment, startPayment, paid } = await startAll(t)
  const poisoned = { TROUPE_TEST_POISON: `${poison.orderId}#${poison.step}` }
  const first = await startPayment(poisoned)
  const nextOf = async (some: readonly string[], step: number) => {
    const ask = (orderId: string) => seller.client.ask(orders.next(orderId, {}), { effect: `${orderId} ${step}` })
    await Promise.all(some.map(ask))
  }
  await nextOf(orderIds, 1)
  const updating = (async () => {
    for (const step of [2, 3]) await nextOf(orderIds, step)
  })()
  await first.end("SIGKILL")
  await pass(awayMs) // payment is away
  await updating
  const second = await startPayment(poisoned)
  for (const [name, running] of here) {
    await until(() => countOf(inProcess(running, name)) >= 6_000)
    assertSeen(inProcess(running, name), all(steps), name)
  }
  await caughtUp(payment)
  const parked = await payment.list()
  assert.deepEqual(parked.map(({ code, to }) => [code, to?.key]), [["HANDLER_THREW", poison.orderId]])
  const withoutPoison = new Map([...all(steps), [poison.orderId, [1, 3]]])
  assertSeen(await paid(), withoutPoison, "payment: 5,999")

  const analytics = here.get("analytics")
  assert.ok(analytics !== undefined)
  assert.equal(await analytics.operator.reset({ service: "analytics", mode: "reprocess" }, author), 2)
  await until(() => countOf(inProcess(analytics, "analytics")) >= 12_000)
  await caughtUp(analytics.operator)

  await second.end("SIGTERM")
  await startPayment() // with the bank that was missing
  assert.equal(await payment.redrive({ service: "payment" }, author), 1)
  await until(async () => (await payment.list()).length === 0 && countOf(await paid()) === 6_000)
  assertSeen(await paid(), new Map([...all(steps), [poison.orderId, [1, 3, 2]]]), "payment, after the redrive")
  for (const [name, running] of here)
    assertSeen(inProcess(running, name), all(name === "analytics" ? [...steps, ...steps] : steps), `${name} at the end`)
  for (const running of here.values()) assert.deepEqual(await running.operator.list(), [])
})
