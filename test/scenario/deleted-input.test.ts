// Somebody deletes the input stream under a running app, on a real server: the app says so and waits; a process that starts
// makes the stream anew, and both go on.
import assert from "node:assert/strict"
import { rm } from "node:fs/promises"
import { test } from "node:test"
import { setTimeout as pass } from "node:timers/promises"
import { jetstreamManager } from "@nats-io/jetstream"
import { start } from "../../runtime/index.ts"
import { subjectsOf } from "../../runtime/message/subjects.ts"
import { connectChecked } from "../../runtime/nats/server/connect.ts"
import { account, bank } from "../support/bank.ts"
import { startTestNats } from "../support/nats-process.ts"

const { streams } = subjectsOf(bank.namespace)
const { partitions } = bank.shape

test("R14: without its input stream an app is unready, says why and writes nothing; made anew, it is read", async (t) => {
  const nats = await startTestNats()
  t.after(async () => {
    await nats.server.stop()
    await rm(nats.dataDir, { recursive: true, force: true })
  })
  const first = await start(bank, { natsUrl: nats.url })
  t.after(() => first.stop())
  await first.client.request(account.deposit("a", { amount: 1 }), { effect: "before" })
  const connection = await connectChecked({ url: nats.url })
  t.after(() => connection.close())
  const manager = await jetstreamManager(connection)
  const blocks = async () => (await manager.streams.info(streams.journal)).state.last_seq
  const before = await blocks()
  await manager.streams.delete(streams.input)
  while (first.health().ready) await pass(20) // readers ask the server now and then
  const { ready, live, reasons } = first.health()
  assert.deepEqual([ready, live], [false, true])
  assert.match(reasons.join(), /partitions .* are not run while their input cannot be read: .*stream not found/)
  const second = await start(bank, { natsUrl: nats.url })
  t.after(() => second.stop())
  while (!first.health().ready || !second.health().ready) await pass(20) // the next look finds the stream
  const claims = (await blocks()) - before
  assert.ok(claims <= 4 * partitions, `${claims} blocks for ${partitions} partitions`)
  const deposited = await first.client.request(account.deposit("a", { amount: 1 }), { effect: "after" })
  assert.deepEqual(deposited.outcome, { type: "done", value: 2 })
})
