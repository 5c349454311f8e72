// Several processes of one app on a real server: partitions move, a paused process cannot write, nothing is lost.
import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import { connect } from "../../runtime/index.ts"
import { account, bank, transfer } from "../support/bank.ts"
import { withNats } from "../support/nats-process.ts"
import { startWorker, type Worker } from "../support/worker.ts"

const all = Array.from({ length: bank.shape.partitions }, (_, index) => index)

async function openBank(t: TestContext) {
  const nats = await withNats(t)
  const { client, close } = await connect(bank, { natsUrl: nats.url })
  t.after(close)
  const workers: Worker[] = []
  t.after(() => Promise.all(workers.map((worker) => worker.end("SIGKILL"))))
  const hire = () => {
    const worker = startWorker(nats.url)
    workers.push(worker)
    return worker
  }
  return { client, hire }
}

function ownedBy(...workers: readonly Worker[]): readonly number[] {
  return workers.flatMap(({ owned }) => owned).toSorted((a, b) => a - b)
}

test("R24: a second process takes half of the partitions, and a killed one's are back within 5 s", async (t) => {
  const { client, hire } = await openBank(t)
  const first = hire()
  await first.until(() => first.owned.length === all.length)
  const second = hire()
  await Promise.all([first.until(() => first.owned.length === 4), second.until(() => second.owned.length === 4)])
  assert.deepEqual(ownedBy(first, second), all)
  const asks = Array.from({ length: 200 }, (_, n) =>
    client.ask(account.deposit(`k${n}`, { amount: 1 }), { effect: `d${n}` }),
  )
  assert.ok((await Promise.all(asks)).every((outcome) => outcome.type === "done"))
  const killedAtMs = performance.now()
  await second.end("SIGKILL")
  await first.until(() => first.owned.length === all.length)
  assert.ok(performance.now() - killedAtMs < 5_000, `took ${performance.now() - killedAtMs} ms`)
  const again = Array.from({ length: 200 }, (_, n) => client.ask(account.balance(`k${n}`, {}), { effect: `b${n}` }))
  assert.deepEqual(
    new Set((await Promise.all(again)).map((outcome) => outcome.type === "done" && outcome.value)),
    new Set([1]),
  )
})

test("transfers between processes conserve money while one is killed and another told to end", async (t) => {
  const { client, hire } = await openBank(t)
  const workers = [hire(), hire(), hire()]
  await Promise.all(workers.map((worker) => worker.until(() => worker.owned.length > 0)))
  const accounts = Array.from({ length: 40 }, (_, n) => `a${n}`)
  await Promise.all(accounts.map((key) => client.ask(account.deposit(key, { amount: 100 }), { effect: `open ${key}` })))
  const transfers = Array.from({ length: 400 }, (_, n) => {
    const input = { from: accounts[n % 40] ?? "", to: accounts[(n * 7 + 3) % 40] ?? "", amount: (n % 30) + 1 }
    return client.ask(transfer.start(`t${n}`, input), { effect: `t${n}` })
  })
  await Promise.race(transfers)
  await Promise.all([workers[0]?.end("SIGKILL"), workers[1]?.end("SIGTERM")])
  const outcomes = await Promise.all(transfers)
  assert.deepEqual(new Set(outcomes.map(({ type }) => type)), new Set(["done"]))
  const balances = await Promise.all(
    accounts.map((key) => client.ask(account.balance(key, {}), { effect: `end ${key}` })),
  )
  const sum = balances.reduce(
    (total, outcome) => total + (outcome.type === "done" ? Number(outcome.value) : Number.NaN),
    0,
  )
  assert.equal(sum, 40 * 100)
})

test("R8, G3: a process that was paused for longer than its membership wakes up, is refused, and doubles nothing", async (t) => {
  const { client, hire } = await openBank(t)
  const paused = hire()
  await paused.until(() => paused.owned.length === all.length)
  await Promise.all(
    Array.from({ length: 100 }, (_, n) => client.ask(account.deposit(`k${n}`, { amount: 1 }), { effect: `a${n}` })),
  )
  paused.process.kill("SIGSTOP")
  const heir = hire()
  await heir.until(() => heir.owned.length === all.length)
  const during = Array.from({ length: 100 }, (_, n) =>
    client.ask(account.deposit(`k${n}`, { amount: 1 }), { effect: `b${n}` }),
  )
  await Promise.all(during)
  paused.process.kill("SIGCONT")
  const after = Array.from({ length: 100 }, (_, n) =>
    client.ask(account.deposit(`k${n}`, { amount: 1 }), { effect: `c${n}` }),
  )
  await Promise.all(after)
  await paused.until(() => paused.fenced.length > 0)
  await Promise.all([paused.until(() => paused.owned.length === 4), heir.until(() => heir.owned.length === 4)])
  const balances = Array.from({ length: 100 }, (_, n) => client.ask(account.balance(`k${n}`, {}), { effect: `d${n}` }))
  assert.deepEqual(
    new Set((await Promise.all(balances)).map((outcome) => outcome.type === "done" && outcome.value)),
    new Set([3]),
  )
})
