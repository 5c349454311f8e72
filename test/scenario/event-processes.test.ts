// Five consumer groups of three processes each, on a real nats-server, of which one process dies every two seconds: 15
// workers, beside the publisher. TROUPE_TEST_SEED chooses other victims. The server does not sync each write, as no test
// of power cuts is wanted here and two cores are little for 17 processes.
import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import { setTimeout as pass } from "node:timers/promises"
import { type Client, connect, start } from "../../runtime/index.ts"
import { withPlainNats } from "../support/nats-plain.ts"
import { seeded } from "../support/seeded.ts"
import { Counted, groups, type Tally, tallyApp, till, tills } from "../support/tallies.ts"
import { startWorker, type Worker } from "../support/worker.ts"

const seed = Number(process.env["TROUPE_TEST_SEED"] ?? 11)
const processesPerGroup = 3
const killEveryMs = 2_000
/** Half of the shops are told of by an engine, whose events are numbered, half by a client, whose are not. */
const shops = 50
const eventsPerShop = 200
const shopNames = Array.from({ length: shops }, (_, n) => `${n % 2 === 0 ? "till" : "client"}-${n}`)

/** Publishes everything, about as fast as the groups take it. */
async function publishAll(natsUrl: string): Promise<void> {
  const seller = await start(tills, { natsUrl })
  const perOrder = 10
  const ask = (shop: string, n: number) => seller.client.ask(till.say(shop, { count: perOrder }), { effect: `${shop} ${n}` })
  const publish = (shop: string, n: number) => seller.client.publish(Counted({ shop, n }), { id: `${shop} ${n}` })
  await Promise.all(
    shopNames.map(async (shop) => {
      for (let said = 0; said < eventsPerShop; said += perOrder) {
        if (shop.startsWith("till")) await ask(shop, said)
        else for (let n = said + 1; n <= said + perOrder; n += 1) await publish(shop, n)
      }
    }),
  )
  await seller.stop()
}

/** Kills one process after the other, with -9, and hires another of its group, until there is a word to end. */
function startKilling(hire: (group: string) => Worker, crews: ReadonlyMap<string, Worker[]>) {
  const chance = seeded(seed)
  const pick = <Value>(values: readonly Value[]) => values[Math.floor(chance() * values.length)]
  const stopped = new AbortController()
  const killing = async () => {
    for (let kills = 0; ; kills += 1) {
      const waited = await pass(killEveryMs, true, { signal: stopped.signal }).catch(() => false)
      if (!waited) return kills
      const group = pick(groups) ?? ""
      const crew = crews.get(group) ?? []
      const victim = pick(crew)
      if (victim === undefined) continue
      crew.splice(crew.indexOf(victim), 1, hire(group))
      await victim.end("SIGKILL")
    }
  }
  const ended = killing()
  return () => {
    stopped.abort()
    return ended
  }
}

async function talliesOf(client: Client): Promise<readonly Tally[]> {
  const answers = await Promise.all(shopNames.map((shop) => client.query("tally", shop)))
  // cast: the service's own
  const tallies = answers.map(({ state }) => (state ?? { inOrder: 0, others: [] }) as unknown as Tally)
  // What was left out never comes: better said at once than waited for.
  assert.deepEqual(tallies.flatMap(({ others }) => others), [], "out of order, left out or repeated")
  return tallies
}

async function openGroups(t: TestContext, natsUrl: string) {
  const hired: Worker[] = []
  t.after(() => Promise.all(hired.map((worker) => worker.end("SIGKILL"))))
  const hire = (group: string) => {
    const worker = startWorker(natsUrl, "tally-worker.ts", { TROUPE_TEST_GROUP: group })
    hired.push(worker)
    return worker
  }
  const crews = new Map(groups.map((group) => [group, Array.from({ length: processesPerGroup }, () => hire(group))]))
  await Promise.all([...crews.values()].flat().map((worker) => worker.until(() => worker.owned.length === 2)))
  return { hire, crews }
}

test("five groups of three processes take 10,000 events each once and in order, while one process dies every 2 s", async (t) => {
  const natsUrl = await withPlainNats(t)
  const { hire, crews } = await openGroups(t, natsUrl)
  const startedMs = performance.now()
  const stopKilling = startKilling(hire, crews)
  await publishAll(natsUrl)
  const publishedMs = performance.now()
  const connections = await Promise.all(groups.map((group) => connect(tallyApp(group), { natsUrl })))
  t.after(() => Promise.all(connections.map(({ close }) => close())))
  const wanted = shopNames.map(() => ({ inOrder: eventsPerShop, others: [] }))
  // While they are still killed: everybody gets everything all the same.
  for (const { client } of connections) {
    const taken = async () => (await talliesOf(client)).reduce((sum, { inOrder }) => sum + inOrder, 0)
    while ((await taken()) < shops * eventsPerShop) await pass(200)
  }
  const kills = await stopKilling()
  const seconds = (atMs: number) => ((atMs - startedMs) / 1_000).toFixed(1)
  t.diagnostic(`${kills} kills; published in ${seconds(publishedMs)} s, taken after ${seconds(performance.now())} s`)
  for (const [index, { client, operator }] of connections.entries()) {
    assert.deepEqual(await talliesOf(client), wanted, groups[index])
    const lag = async () => (await operator.subscriptions()).reduce((sum, subscription) => sum + subscription.lag, 0)
    while ((await lag()) > 0) await pass(200)
    assert.deepEqual(await operator.list(), [], groups[index])
  }
  assert.ok(kills >= 5, `only ${kills} kills`)
})
