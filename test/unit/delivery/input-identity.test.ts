// R14: what an app does when an input stream is not the one that it read before, or not as long any more.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { app, done, service } from "../../../runtime/index.ts"
import { memoryStreams, type MemoryStreams } from "../../../runtime/memory/streams.ts"
import { partitionOf } from "../../../runtime/message/key.ts"
import { askInMemory, newWorld, startInMemory, type World } from "../../../runtime/testing/index.ts"

const Amount = Schema.toStandardSchemaV1(Schema.Struct({ amount: Schema.Int }))
const account = service("account", { state: () => 0 })
  .command("deposit", Amount, (state, { amount }) => done(state + amount, state + amount))
  .command("balance", Schema.toStandardSchemaV1(Schema.Struct({})), (state) => done(state, state))
const bank = app("bank", { namespace: "test", partitions: 2, services: [account] })
const [mine, other] = ["a", "b", "c", "d", "e"].toSorted((a, b) => partitionOf(a, 2) - partitionOf(b, 2)).filter(
  (key, index, keys) => index === 0 || partitionOf(key, 2) !== partitionOf(keys[index - 1] ?? "", 2),
)
assert.ok(mine !== undefined && other !== undefined)

function deposit(world: World, key: string, n: number) {
  return askInMemory(bank, world, account.deposit(key, { amount: 1 }), `${key} ${n}`)
}

/** The same streams as an older copy has them. */
function olderStreams(world: World, records: number): MemoryStreams {
  const streams = memoryStreams(undefined, (to, outcome) => world.waiting.get(to.request)?.(outcome))
  for (let n = 1; n <= records; n += 1) streams.store("external", partitionOf(mine ?? "", 2), Buffer.from("as before"))
  return streams
}

test("R14: input that is made anew under a running app is decided from its start, and old effects stay known", async (t) => {
  const world = newWorld()
  const process = await startInMemory(bank, world)
  t.after(() => process.kill())
  for (let n = 1; n <= 5; n += 1) assert.deepEqual(await deposit(world, mine, n), { type: "done", value: n })
  world.streams.recreate("external")
  for (let n = 6; n <= 8; n += 1) assert.deepEqual(await deposit(world, mine, n), { type: "done", value: n })
  assert.deepEqual(await deposit(world, mine, 3), { type: "done", value: 3 }, "asked again, it answers what it did")
  assert.deepEqual(await askInMemory(bank, world, account.balance(mine, {})), { type: "done", value: 8 })
})

test("R14: input that was restored from an older copy stops its partition, which says why; the others go on", async (t) => {
  const world = newWorld()
  const first = await startInMemory(bank, world)
  for (let n = 1; n <= 5; n += 1) await deposit(world, mine, n)
  await first.kill()
  // One record is missing: the next command would be stored under its number, and be taken for a duplicate of it.
  const restored = { ...world, streams: olderStreams(world, 4) }
  const second = await startInMemory(bank, restored)
  t.after(() => second.kill())
  const { partitions, reasons } = second.engine.health()
  const broken = partitions.filter(({ state }) => state === "broken")
  assert.deepEqual(broken.map(({ partition, code }) => [partition, code]), [[partitionOf(mine, 2), "INPUT_BEHIND"]])
  assert.match(reasons.join("\n"), /was read up to 5 and ends at 4/)
  assert.deepEqual(await deposit(restored, other, 1), { type: "done", value: 1 })
})

test("R14: input that was restored from an older copy and has grown since stops its partition: nothing is skipped", async (t) => {
  const world = newWorld()
  const first = await startInMemory(bank, world)
  for (let n = 1; n <= 5; n += 1) await deposit(world, mine, n)
  await first.kill()
  const restored = { ...world, streams: olderStreams(world, 4) }
  const late = deposit(restored, mine, 6)
  const second = await startInMemory(bank, restored)
  t.after(() => second.kill())
  const { partitions, reasons } = second.engine.health()
  const broken = partitions.filter(({ state }) => state === "broken")
  assert.deepEqual(broken.map(({ partition, code }) => [partition, code]), [[partitionOf(mine, 2), "INPUT_BEHIND"]])
  assert.match(reasons.join("\n"), /holds another record under 5/)
  assert.deepEqual(await deposit(restored, other, 1), { type: "done", value: 1 })
  assert.equal(await Promise.race([late, Promise.resolve("not answered")]), "not answered")
})

test("R14: a partition whose input was behind goes on when it is made anew and an operator says so", async (t) => {
  const world = newWorld()
  const first = await startInMemory(bank, world)
  for (let n = 1; n <= 2; n += 1) await deposit(world, mine, n)
  await first.kill()
  const restored = { ...world, streams: olderStreams(world, 0) }
  const second = await startInMemory(bank, restored)
  t.after(() => second.kill())
  assert.deepEqual(second.engine.owned(), [partitionOf(other, 2)])
  restored.streams.recreate("external")
  assert.equal(second.engine.claimAgain(partitionOf(mine, 2)), true)
  assert.deepEqual(await deposit(restored, mine, 3), { type: "done", value: 3 })
})
