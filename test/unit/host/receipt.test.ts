// R21 from end to end in memory: the receipt of a write, and what a query that demands it gets, before and after a take-over.
import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import * as Effect from "effect/Effect"
import { Client } from "../../../runtime/host/client.ts"
import { memoryEdge } from "../../../runtime/memory/edge.ts"
import { memoryMembers } from "../../../runtime/memory/members.ts"
import { encodeInput } from "../../../runtime/message/input.ts"
import { partitionOf } from "../../../runtime/message/key.ts"
import type { Inputs } from "../../../runtime/ports/inputs.ts"
import { newWorld, startInMemory, type World } from "../../../runtime/testing/index.ts"
import { account, bank } from "../../support/bank.ts"

const { partitions } = bank.shape
const partition = partitionOf("a", partitions)
const deposit = account.deposit("a", { amount: 1 })

function openWorld(t: TestContext) {
  const world = newWorld()
  const client = new Client(memoryEdge(world.streams), partitions)
  t.after(() => client.close())
  const run = async () => {
    const running = await startInMemory(bank, world)
    t.after(() => running.kill())
    return running
  }
  return { world, client, run }
}

test("R21: a write's receipt names the block that made it durable, and a query that demands it sees the write", async (t) => {
  const { world, client, run } = openWorld(t)
  await run()
  const { receipt } = await client.request(deposit, { effect: "d1" })
  assert.ok(receipt)
  const block = JSON.parse(Buffer.from(world.journal.records(partition)[receipt.block]!.bytes).toString("utf8"))
  assert.deepEqual([block.partition, block.epoch, block.number], [partition, receipt.epoch, receipt.block])
  assert.match(JSON.stringify(block.decisions), /"d1"/)
  const { state } = await client.query("account", "a", { atLeast: receipt })
  assert.deepEqual(state, { balance: 1 })
})

test("R21: a new owner knows what every receipt of the one before stands for", async (t) => {
  const { client, run } = openWorld(t)
  const first = await run()
  const { receipt } = await client.request(deposit, { effect: "d1" })
  assert.ok(receipt)
  await first.kill()
  await run()
  const queried = await client.query("account", "a", { atLeast: receipt })
  assert.deepEqual(queried.state, { balance: 1 })
  assert.ok(queried.receipt!.epoch > receipt.epoch && queried.receipt!.block > receipt.block)
})

test("R21: what was only sent is seen by a query that follows it", async (t) => {
  const { client, run } = openWorld(t)
  await run()
  for (let n = 1; n <= 20; n += 1) {
    await client.send(deposit, { effect: `d${n}` })
    assert.deepEqual((await client.query("account", "a")).state, { balance: n })
  }
})

test("R21, R14: a journal that was put back to an older copy does not answer for a receipt beyond it", async (t) => {
  const { world, client, run } = openWorld(t)
  const first = await run()
  await client.ask(deposit, { effect: "d1" })
  const copy = world.journal.records(partition).length
  for (let n = 2; n <= 20; n += 1) await client.ask(deposit, { effect: `d${n}` })
  const { receipt } = await client.request(deposit, { effect: "d21" })
  assert.ok(receipt)
  await first.kill()
  world.journal.records(partition).splice(copy)
  // What was decided has been deleted from the input too, so that it does not come again.
  const last = world.streams.store("external", partition, encodeInput([]))
  await Effect.runPromise(world.streams.purge(partition, last))
  const { engine } = await run()
  assert.match(engine.health().reasons.join("\n"), /holds another record under 1 than was decided/)
  assert.equal(engine.claimAgain(partition, { resync: true }), true)
  await assert.rejects(client.query("account", "a", { atLeast: receipt }), { code: "RECEIPT_UNKNOWN" })
})

test("R21: an owner that lost its partition, and does not know it, answers no query with what it still has", async (t) => {
  const { world, client, run } = openWorld(t)
  // The first process sees neither the other members nor the second deposit: it holds what was true before.
  const deaf = { ...world, streams: { ...world.streams, open: hiding(world, "d2") } }
  const first = await startInMemory(bank, deaf, { members: memoryMembers() })
  t.after(() => first.kill())
  await client.ask(deposit, { effect: "d1" })
  const second = await run()
  await client.ask(deposit, { effect: "d2" })
  assert.deepEqual([first.fenced, first.engine.row({ service: "account", key: "a" })?.state], [[], { balance: 1 }])
  assert.deepEqual((await client.query("account", "a")).state, { balance: 2 })
  await first.until(() => first.fenced.includes(partition))
  const told = world.streams.answers.map(({ outcome }) => (outcome.type === "done" ? outcome.value : outcome))
  assert.deepEqual(told, [1, 2, { balance: 2 }], "it was refused when it had decided the query, and said nothing")
  assert.ok(second.engine.owned().includes(partition))
})

/** Inputs of which one record, told by its text, never comes. */
function hiding({ streams }: World, text: string): Inputs["open"] {
  return (...args) =>
    Effect.map(streams.open(...args), (reader) => {
      const next: typeof reader.next = Effect.flatMap(reader.next, (record) =>
        Buffer.from(record.bytes).includes(text) ? next : Effect.succeed(record),
      )
      return { ...reader, next }
    })
}
