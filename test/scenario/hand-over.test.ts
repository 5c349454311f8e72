// A process that is told to end hands over at once, on a real server: nobody waits until it is taken for gone.
import assert from "node:assert/strict"
import { once } from "node:events"
import { test } from "node:test"
import { connect } from "../../runtime/index.ts"
import { limits } from "../../runtime/kernel/limits.ts"
import { account, bank } from "../support/bank.ts"
import { withNats } from "../support/nats-process.ts"
import { startWorker } from "../support/worker.ts"

test("after SIGTERM a process exits with 0, another owns its share a beat later, and nothing is lost or doubled", async (t) => {
  const nats = await withNats(t)
  const { client, close } = await connect(bank, { natsUrl: nats.url })
  t.after(close)
  // One after the other: who begin at once may each claim everything, and a moment of that looks like two halves.
  const staying = startWorker(nats.url)
  t.after(() => staying.end("SIGKILL"))
  await staying.until(() => staying.owned.length === 8)
  const leaving = startWorker(nats.url)
  t.after(() => leaving.end("SIGKILL"))
  const isShared = () => staying.owned.length === 4 && new Set([...leaving.owned, ...staying.owned]).size === 8
  // Whichever says the last word.
  await Promise.race([leaving, staying].map((worker) => worker.until(() => isShared() && leaving.owned.length === 4)))
  const exited = once(leaving.process, "exit")
  const deposit = (n: number) => client.ask(account.deposit(`k${n % 40}`, { amount: 1 }), { effect: `d${n}` })
  const asks = Array.from({ length: 400 }, (_, n) => deposit(n))
  await Promise.race(asks)
  // When the second joined, the first may have been cut off from what the second claimed before it was let go.
  const fencedBefore = [leaving.fenced.length, staying.fenced.length]
  const toldAtMs = performance.now()
  leaving.process.kill("SIGTERM")
  await staying.until(() => staying.owned.length === 8)
  const tookMs = performance.now() - toldAtMs
  t.diagnostic(`handed over in ${Math.round(tookMs)} ms`)
  assert.ok(tookMs < limits.memberTtlMs, `the other owns everything after ${tookMs} ms`)
  assert.deepEqual(await exited, [0, null])
  assert.ok((await Promise.all(asks)).every(({ type }) => type === "done"))
  const balances = await Promise.all(
    Array.from({ length: 40 }, (_, n) => client.ask(account.balance(`k${n}`, {}), { effect: `b${n}` })),
  )
  assert.deepEqual(new Set(balances.map((outcome) => outcome.type === "done" && outcome.value)), new Set([10]))
  assert.deepEqual([leaving.fenced.length, staying.fenced.length], fencedBefore, "nobody was cut off")
})
