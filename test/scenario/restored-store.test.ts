// Scenario 55 on a real server: the journal's files are put back to an older copy, as after a restore from a backup, while the
// input stays, or is made anew. What the journal does not know any more is not skipped in silence.
import assert from "node:assert/strict"
import { cp, rm } from "node:fs/promises"
import { globSync } from "node:fs"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import { setTimeout as pass } from "node:timers/promises"
import { jetstreamManager } from "@nats-io/jetstream"
import { type RunningApp, start } from "../../runtime/index.ts"
import { partitionOf } from "../../runtime/message/key.ts"
import { subjectsOf } from "../../runtime/message/subjects.ts"
import { startEmbeddedServer } from "../../runtime/nats/server/embedded.ts"
import { connectChecked } from "../../runtime/nats/server/connect.ts"
import { account, bank } from "../support/bank.ts"
import { startTestNats } from "../support/nats-process.ts"

const { streams } = subjectsOf(bank.namespace)
const { partitions } = bank.shape
/** An account of each partition. */
const keys = Array.from({ length: partitions }, (_, partition) =>
  Array.from({ length: 200 }, (_, n) => `a${n}`).find((key) => partitionOf(key, partitions) === partition) ?? "")

async function depositAll({ client }: RunningApp, effect: string) {
  const asked = keys.map((key) => client.request(account.deposit(key, { amount: 1 }), { effect: `${effect} ${key}` }))
  return (await Promise.all(asked)).map(({ receipt }) => receipt)
}

/** Decided input leaves its stream a while after it is decided. */
async function untilInputGone(natsUrl: string): Promise<void> {
  const connection = await connectChecked({ url: natsUrl })
  const manager = await jetstreamManager(connection)
  while ((await manager.streams.info(streams.input)).state.messages > partitions) await pass(100) // the server has no signal
  await connection.close()
}

function filesOf(dataDir: string, stream: string): string {
  const [found] = globSync(join(dataDir, "**", "streams", stream))
  assert.ok(found !== undefined, `the store has a folder of ${stream}`)
  return found
}

/** A bank after six deposits into each account, whose journal is as it was after the first. */
async function restoredBank(t: TestContext, options: { readonly isInputAnew: boolean }) {
  const nats = await startTestNats()
  let server = nats.server
  t.after(async () => {
    await server.stop()
    await rm(nats.dataDir, { recursive: true, force: true })
  })
  const restart = async (meanwhile: () => Promise<void>) => {
    await server.stop()
    await meanwhile()
    server = await startEmbeddedServer({ dataDir: nats.dataDir, port: nats.server.port })
  }
  const run = () => start(bank, { natsUrl: nats.url })
  const first = await run()
  await depositAll(first, "first")
  await first.stop()
  const copy = join(nats.dataDir, "copy")
  await restart(() => cp(filesOf(nats.dataDir, streams.journal), copy, { recursive: true }))
  const second = await run()
  // Receipts are told apart by the numbers of their blocks: the copy must not grow as far while it is looked at.
  for (let n = 2; n <= 24; n += 1) await depositAll(second, `deposit ${n}`)
  const receipts = await depositAll(second, "last")
  await untilInputGone(nats.url)
  await second.stop()
  await restart(async () => {
    const journal = filesOf(nats.dataDir, streams.journal)
    await rm(journal, { recursive: true })
    await cp(copy, journal, { recursive: true })
    await rm(copy, { recursive: true })
    if (options.isInputAnew) await rm(filesOf(nats.dataDir, streams.input), { recursive: true })
  })
  const running = await run()
  t.after(() => running.stop())
  return { running, receipts }
}

test("scenario 55: beside its input, a journal restored from an old copy stops each partition, and says so", async (t) => {
  const { running, receipts } = await restoredBank(t, { isInputAnew: false })
  const stopped = () => running.health().partitions.filter(({ state }) => state === "broken")
  while (stopped().length < partitions) await pass(20) // each is found out when its input is opened
  const broken = stopped()
  assert.deepEqual(broken.map(({ partition, code }) => [partition, code]), keys.map((_, index) => [index, "INPUT_BEHIND"]))
  assert.equal(running.health().ready, false)
  // An operator takes it as it is. What the input still holds, its last record, is taken again; what neither holds is lost, and
  // whoever was told of it can find that out.
  for (const { partition } of broken) assert.equal(running.engine.claimAgain(partition, { resync: true }), true)
  for (const key of keys) assert.deepEqual((await running.client.query("account", key)).state, { balance: 2 })
  await assert.rejects(running.client.query("account", keys[0] ?? "", { atLeast: receipts[0]! }), { code: "RECEIPT_UNKNOWN" })
})

test("scenario 55: with its input made anew, who holds a receipt of what the copy lacks is refused an answer", async (t) => {
  const { running, receipts } = await restoredBank(t, { isInputAnew: true })
  for (const [index, key] of keys.entries()) {
    const query = running.client.query("account", key, { atLeast: receipts[index]! })
    await assert.rejects(query, { code: "RECEIPT_UNKNOWN" }, key)
  }
})
