// A schedule of one second on a real nats-server, through kills of its process and a time in which nobody runs the app.
import assert from "node:assert/strict"
import { test } from "node:test"
import { setTimeout as pass } from "node:timers/promises"
import { connect } from "../../runtime/index.ts"
import { clockwork } from "../support/clockwork.ts"
import { withNats } from "../support/nats-process.ts"
import { startWorker } from "../support/worker.ts"

test("a schedule of 1 s loses and doubles no tick, when its process is killed and another comes, at once or later", async (t) => {
  const { url: natsUrl } = await withNats(t)
  const { client, close } = await connect(clockwork, { natsUrl })
  t.after(close)
  const hire = () => {
    const worker = startWorker(natsUrl, "clockwork-worker.ts")
    t.after(() => worker.end("SIGKILL"))
    return worker
  }
  const strokes = async (): Promise<readonly number[]> => {
    const { state } = await client.query("tower", "only")
    return (state as { strokes: number[] } | null)?.strokes ?? [] // cast: the tower's own state
  }
  const until = async (count: number) => {
    while ((await strokes()).length < count) await pass(50)
  }
  const first = hire()
  await first.until(() => first.owned.length === 2)
  await until(2)
  const second = hire()
  await Promise.race([first, second].map((worker) => worker.until(() => first.owned.length + second.owned.length === 2)))
  // One of the two has the schedule.
  await first.end("SIGKILL")
  await second.until(() => second.owned.length === 2)
  await until(5)
  await second.end("SIGKILL")
  await pass(2_500) // nobody runs the app
  const third = hire()
  await third.until(() => third.owned.length === 2)
  const before = (await strokes()).length
  await until(before + 3)
  const struck = await strokes()
  const expected = struck.map((_, n) => (struck[0] ?? 0) + n * 1_000)
  assert.deepEqual(struck, expected)
  assert.ok(struck.length >= 8, `${struck.length} ticks`)
})
