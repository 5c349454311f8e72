// The history window on a real server: what an operator reads over compactions and owners, what a recovery does not, and
// where history ends.
import assert from "node:assert/strict"
import { test } from "node:test"
import { app, type Client, connect, type PastDecision, start } from "../../runtime/index.ts"
import { account, audit, transfer } from "../support/bank.ts"
import { withNats } from "../support/nats-process.ts"

const options = { partitions: 2, services: [account, audit, transfer], compactionBytesMin: 16_384 }
const lasting = app("lasting", { ...options, namespace: "lasting" })
const brief = app("brief", { ...options, namespace: "brief", history: "none" })

async function deposits(client: Client, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n += 1) {
    const others = Array.from({ length: 4 }, (_, other) =>
      client.ask(account.deposit(`other ${other}`, { amount: 1 }), { effect: `other ${other} ${n}` }),
    )
    await Promise.all([client.ask(account.deposit("a", { amount: 1 }), { effect: `d${n}` }), ...others])
  }
}

test("an operator who only connects reads an actor's history page by page, over owners; a saga's is there too", async (t) => {
  const { url: natsUrl } = await withNats(t)
  const first = await start(lasting, { natsUrl })
  await deposits(first.client, 0, 60)
  await first.stop()
  const second = await start(lasting, { natsUrl })
  t.after(() => second.stop())
  await deposits(second.client, 60, 120)
  await second.client.ask(transfer.start("t", { from: "a", to: "b", amount: 20 }), { effect: "t" })
  const { operator, close } = await connect(lasting, { natsUrl })
  t.after(close)
  const actor = { service: "account", key: "a" }
  const found: PastDecision[] = []
  for (let page = await operator.history(actor, { limit: 50 }); ; ) {
    found.push(...page.decisions)
    assert.equal(page.endsHere, undefined, "nothing is gone")
    if (page.before === undefined) break
    page = await operator.history(actor, { limit: 50, before: page.before })
  }
  // That the saga has ended, so that its effect may be forgotten, may be there already.
  const [taken, ...given] = found.filter(({ record }) => record?.type !== "settled")
  assert.deepEqual([taken?.record?.name, taken?.state], ["withdraw", { balance: 100 }])
  assert.deepEqual(given.map(({ record }) => record?.id), Array.from({ length: 120 }, (_, n) => `d${119 - n}`))
  assert.deepEqual(given.map(({ state }) => state), Array.from({ length: 120 }, (_, n) => ({ balance: 120 - n })))
  assert.deepEqual([...new Set(given.map(({ epoch }) => epoch))], [2, 1])
  const saga = await operator.history({ service: "transfer", key: "t" })
  assert.deepEqual(saga.decisions.map(({ record }) => record?.type), ["reply", "reply", "command"])
  assert.ok(found.every(({ record }) => record?.type !== "settled" || record.id === "transfer/t"))
})

test("without a window history ends where the newest round of compaction began, and says so", async (t) => {
  const { url: natsUrl } = await withNats(t)
  const running = await start(brief, { natsUrl })
  t.after(() => running.stop())
  await deposits(running.client, 0, 120)
  const { decisions, endsHere, sinceMs = 0, before } = await running.operator.history({ service: "account", key: "a" })
  assert.deepEqual([endsHere, before, decisions[0]?.record?.id], [true, undefined, "d119"])
  assert.ok(decisions.length < 120 && decisions.every(({ atMs }) => atMs >= sinceMs), `${decisions.length} are kept`)
})
