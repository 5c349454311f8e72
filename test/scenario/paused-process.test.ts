// A process that stands still for 15 s in the middle of calling the world, and wakes up when others have its partitions.
import assert from "node:assert/strict"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { setTimeout as pass } from "node:timers/promises"
import { connect } from "../../runtime/index.ts"
import { ledgerApp } from "../support/ledger.ts"
import { withNats } from "../support/nats-process.ts"
import { startWorker } from "../support/worker.ts"

const pausedMs = 15_000

test("scenario 23: SIGSTOP for 15 s, then SIGCONT: no second effect, no call under another key, fences refused", async (t) => {
  const { url: natsUrl } = await withNats(t)
  const folder = await mkdtemp(join(tmpdir(), "troupe-ledger-"))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, "calls")
  const { purse, shape } = ledgerApp(file)
  const hire = () => startWorker(natsUrl, "ledger-worker.ts", { TROUPE_TEST_LEDGER: file })
  const paused = hire()
  t.after(() => paused.end("SIGKILL"))
  await paused.until(() => paused.owned.length === 4)
  const { client, close } = await connect(shape, { natsUrl })
  t.after(close)
  const asked: Promise<readonly [key: string, type: string]>[] = []
  const put = (count: number) => {
    for (let n = 0; n < count; n += 1) {
      const effect = `put-${asked.length}`
      const key = `k${asked.length % 40}`
      asked.push(client.ask(purse.put(key, { amount: 1 }), { effect }).then(({ type }) => [key, type] as const))
    }
  }
  put(200)
  await Promise.race(asked)
  paused.process.kill("SIGSTOP")
  const stoppedMs = performance.now()
  const heir = hire()
  t.after(() => heir.end("SIGKILL"))
  put(200)
  await heir.until(() => heir.owned.length === 4)
  await Promise.all(asked)
  await pass(Math.max(0, pausedMs - (performance.now() - stoppedMs))) // the time that the process stands still is what is tested
  paused.process.kill("SIGCONT")
  put(200)
  assert.deepEqual(new Set((await Promise.all(asked)).map(([, type]) => type)), new Set(["done"]))
  await paused.until(() => paused.fenced.length > 0)
  const puts = new Map<string, number>()
  for (const [key] of await Promise.all(asked)) puts.set(key, (puts.get(key) ?? 0) + 1)
  for (const [key, count] of puts) assert.deepEqual((await client.query("purse", key)).state, { sum: count, puts: count }, key)
  const calls = (await readFile(file, "utf8")).trim().split("\n").map((line) => line.split(" "))
  const keys = new Set(calls.map(([, , effect]) => effect))
  assert.deepEqual(keys, new Set(asked.map((_, n) => `put-${n}`)), "known keys only, and each of them")
  const byKey = new Map(calls.map(([, key, effect]) => [effect, key]))
  for (const [, key, effect] of calls) assert.equal(byKey.get(effect), key, `${effect} is always for the same actor`)
  t.diagnostic(`${calls.length} calls for ${asked.length} effects; fences refused: ${paused.fenced.length}`)
})
