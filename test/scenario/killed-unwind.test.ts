// Scenario 7 with real processes: the worker that takes back is killed in the middle of each undo.
import assert from "node:assert/strict"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { setTimeout as pass } from "node:timers/promises"
import { connect } from "../../runtime/index.ts"
import { withNats } from "../support/nats-process.ts"
import { callsIn, undertakingApp } from "../support/undertaking.ts"
import { startWorker } from "../support/worker.ts"

test("scenario 7: kill -9 in the middle of each undo: the next process goes on there, none skipped or doubled", async (t) => {
  const { url: natsUrl } = await withNats(t)
  const folder = await mkdtemp(join(tmpdir(), "troupe-undertaking-"))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, "calls")
  await writeFile(file, "")
  const { undertaking, shape } = undertakingApp(file)
  const hire = () => {
    const worker = startWorker(natsUrl, "undertaking-worker.ts", { TROUPE_TEST_LEDGER: file })
    t.after(() => worker.end("SIGKILL"))
    return worker
  }
  let worker = hire()
  const { client, close } = await connect(shape, { natsUrl })
  t.after(close)
  const ending = client.ask(undertaking.start("u", {}), { effect: "start u", timeoutMs: 60_000 })
  for (const undo of ["-C", "-B", "-A"]) {
    while (!callsIn(file).some(({ what }) => what === undo)) await pass(20) // another process writes it
    await worker.end("SIGKILL")
    worker = hire()
  }
  const outcome = await ending
  assert.partialDeepStrictEqual(outcome, { type: "done", value: { outcome: "compensated", reason: "no-room" } })
  assert.deepEqual((await client.query("bench", "b")).state, { log: ["+A", "+B", "+C", "-C", "-B", "-A"] })
  const calls = callsIn(file)
  assert.deepEqual(calls.map(({ what }) => what), ["+A", "+B", "+C", "+D", "-C", "-C", "-B", "-B", "-A", "-A"])
  for (const undo of ["-C", "-B", "-A"]) {
    const own = calls.filter(({ what }) => what === undo)
    assert.deepEqual([new Set(own.map(({ key }) => key)).size, new Set(own.map(({ pid }) => pid)).size], [1, 2], undo)
  }
})
