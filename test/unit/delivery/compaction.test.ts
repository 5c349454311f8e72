// The journal stays as large as what is alive, and a process that starts from what is left knows everything.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { app } from "../../../runtime/host/app.ts"
import { decodeBlock } from "../../../runtime/message/block.ts"
import { done, effectful, service } from "../../../runtime/index.ts"
import { askInMemory, newWorld, operateInMemory, startInMemory, type World } from "../../../runtime/testing/index.ts"
import { account, audit, transfer } from "../../support/bank.ts"
import { essence, readBack } from "../../support/journals.ts"
import { saga } from "../../../sagas/index.ts"

const bank = app("bank", {
  namespace: "test",
  partitions: 2,
  services: [account, audit, transfer],
  compactionBytesMin: 4096,
  history: "none",
})

async function transferALot(world: World, from: number, to: number): Promise<void> {
  const transfers = Array.from({ length: to - from }, (_, n) => {
    const input = { from: `a${n % 7}`, to: `a${(n * 3 + 1) % 7}`, amount: (n % 9) + 1 }
    return askInMemory(bank, world, transfer.start(`t${from + n}`, input), `t${from + n}`)
  })
  await Promise.all(transfers)
}

async function runBank(world: World): Promise<void> {
  const process = await startInMemory(bank, world)
  for (let n = 0; n < 7; n += 1) await askInMemory(bank, world, account.deposit(`a${n}`, { amount: 50 }), `open ${n}`)
  for (let round = 0; round < 12; round += 1) await transferALot(world, round * 20, round * 20 + 20)
  await process.until(() => process.engine.isIdle())
  await process.kill()
}

test("R15: what a round of compaction leaves gives the same rows, marks, outboxes and parked records as the whole", async () => {
  const { journal, ...rest } = newWorld()
  const purgedTo = new Map<number, number>()
  const purge = (partition: number, before: number) => Effect.sync(() => void purgedTo.set(partition, before))
  const world = { ...rest, journal: { ...journal, purge } }
  await runBank(world)
  for (const index of [0, 1]) {
    const before = purgedTo.get(index) ?? 0
    assert.ok(before > 0, "a round was finished")
    const tail = readBack(world, "bank", index, before)
    assert.deepEqual([tail.partial, tail.since > 0], [false, true])
    assert.deepEqual(essence(tail), essence(readBack(world, "bank", index)))
  }
})

test("R15: old blocks are deleted, and a process that starts from the rest answers everything as before", async (t) => {
  const world = newWorld()
  await runBank(world)
  for (const index of [0, 1]) {
    const numbers = world.journal.records(index).map(({ bytes }) => decodeBlock(bytes, "test").number)
    assert.ok((numbers[0] ?? 0) > 0, "old blocks are gone")
    assert.deepEqual(
      numbers,
      Array.from(numbers, (_, n) => (numbers[0] ?? 0) + n),
      "none is missing between",
    )
  }
  const second = await startInMemory(bank, world)
  t.after(() => second.kill())
  assert.deepEqual(await askInMemory(bank, world, account.deposit("a0", { amount: 50 }), "open 0"), {
    type: "done",
    value: 50,
  })
  await transferALot(world, 0, 240)
  const balances = await Promise.all(
    Array.from({ length: 7 }, (_, n) => askInMemory(bank, world, account.balance(`a${n}`, {}))),
  )
  const sum = balances.reduce((total, outcome) => total + (outcome.type === "done" ? Number(outcome.value) : Number.NaN), 0)
  assert.equal(sum, 350, "asked again, every transfer answers what it did and moves nothing")
})

test("R15: a journal that lost blocks which no checkpoint stands in for is refused, never guessed", async () => {
  const world = newWorld()
  const process = await startInMemory(bank, world)
  for (let n = 0; n < 3; n += 1) await askInMemory(bank, world, account.deposit("a0", { amount: 1 }), `d${n}`)
  await process.kill()
  const lost = world.journal.records(0).length > world.journal.records(1).length ? 0 : 1
  world.journal.records(lost).splice(0, 2)
  const second = await startInMemory(bank, world)
  const { state, code, message = "" } = second.engine.health().partitions[lost] ?? {}
  assert.deepEqual([state, code], ["broken", "CORRUPT_JOURNAL"])
  assert.match(message, /begins at block 2 and nothing stands in/)
  await second.kill()
})

test("R18: an ended saga is forgotten when its retention has passed, here and in the journal; others are kept", async (t) => {
  const input = Schema.toStandardSchemaV1(Schema.Struct({}))
  const visit = (name: string, keep: number) =>
    saga(name, { input, version: 1, keep }).step("give", { run: () => account.deposit("a", { amount: 1 }), undo: "nothing" })
  const [brief, lasting] = [visit("brief", 0), visit("lasting", 60_000)]
  const shape = app("bank", {
    namespace: "test",
    partitions: 1,
    services: [account, brief, lasting],
    compactionBytesMin: 4096,
  })
  const world = newWorld()
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  const ask = (n: number) => askInMemory(shape, world, (n % 2 === 0 ? brief : lasting).start(`s${n}`, {}), `s${n}`)
  for (let n = 0; n < 80; n += 1) await ask(n)
  await process.until(() => [...process.engine.rows("brief")].length < 40)
  assert.equal([...process.engine.rows("lasting")].length, 40)
  const left = new Set([...process.engine.rows("brief")].map(([key]) => `brief/${key}`))
  const read = readBack(world, "bank", 0)
  assert.deepEqual(new Set([...read.rows.keys()].filter((row) => row.startsWith("brief/"))), left)
})

test("R15, R6: a mailbox that waits for an operator, with the steps that are done, outlives compaction", async (t) => {
  const Nothing = Schema.toStandardSchemaV1(Schema.Struct({}))
  const bug = { mended: false, booked: 0 }
  const store = service("store", { state: () => 0, onPark: "wait" }).command(
    "put",
    Nothing,
    effectful(
      async (state, _, { run }) => {
        await run("book", () => (bug.booked += 1))
        if (!bug.mended) throw new Error("not yet")
        return done(state + 1, state + 1)
      },
      { retry: { times: 0 } },
    ),
  )
  const services = [account, store]
  const shape = app("bank", { namespace: "test", partitions: 1, services, compactionBytesMin: 4096, history: "none" })
  const world = newWorld()
  const first = await startInMemory(shape, world)
  const stuck = [askInMemory(shape, world, store.put("a", {})), askInMemory(shape, world, store.put("a", {}))]
  await first.until(() => first.engine.parked().length === 1)
  const length = () => world.journal.records(0)[0]?.sequence ?? 0
  for (let n = 0; length() < 2; n += 1) await askInMemory(shape, world, account.deposit(`k${n % 5}`, { amount: 1 }))
  await first.kill()
  const second = await startInMemory(shape, world)
  t.after(() => second.kill())
  bug.mended = true
  assert.equal(await operateInMemory(shape, world).redrive({}, { by: "ops", why: "mended" }), 1)
  assert.deepEqual(await Promise.all(stuck), [
    { type: "done", value: 1 },
    { type: "done", value: 2 },
  ])
  assert.equal(bug.booked, 2, "once for each record")
})
