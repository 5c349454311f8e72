// The journal stays as large as what is alive, and a process that starts from what is left knows everything.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import { app } from "../../../runtime/host/app.ts"
import { emptyPartition, foldBlock, type Partition } from "../../../runtime/delivery/partition.ts"
import { decodeBlock } from "../../../runtime/message/block.ts"
import { digest } from "../../../runtime/message/hash.ts"
import { askInMemory, newWorld, startInMemory, type World } from "../../../runtime/testing/index.ts"
import { account, audit, transfer } from "../../support/bank.ts"

const bank = app("bank", {
  namespace: "test",
  partitions: 2,
  services: [account, audit, transfer],
  compactionBytesMin: 4096,
})

function readBack(world: World, index: number, from = 0): Partition {
  const partition = emptyPartition("bank", index)
  for (const { sequence, bytes } of world.journal.records(index)) {
    if (sequence >= from) foldBlock(partition, decodeBlock(bytes, "test"), sequence, digest(bytes))
  }
  return partition
}

/** Everything that decides what happens next, in an order of its own. */
function essence({ rows, channels, outboxes, parked }: Partition): object {
  const sorted = <Value>(entries: Iterable<readonly [string, Value]>) =>
    [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return {
    rows: sorted(rows).map(([key, { state, effects, asked, timers }]) => [
      key,
      state,
      sorted(effects),
      [...asked],
      sorted(timers),
    ]),
    channels: sorted(channels).map(([id, { low, decided }]) => [id, low, [...decided]]),
    outboxes: sorted(outboxes).map(([id, outbox]) => [id, outbox.last]),
    parked: sorted(parked),
  }
}

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
    const tail = readBack(world, index, before)
    assert.deepEqual([tail.partial, tail.since > 0], [false, true])
    assert.deepEqual(essence(tail), essence(readBack(world, index)))
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
  const sum = balances.reduce(
    (total, outcome) => total + (outcome.type === "done" ? Number(outcome.value) : Number.NaN),
    0,
  )
  assert.equal(sum, 350, "asked again, every transfer answers what it did and moves nothing")
})

test("R15: a journal that lost blocks which no checkpoint stands in for is refused, never guessed", async () => {
  const world = newWorld()
  const process = await startInMemory(bank, world)
  for (let n = 0; n < 3; n += 1) await askInMemory(bank, world, account.deposit("a0", { amount: 1 }), `d${n}`)
  await process.kill()
  const lost = world.journal.records(0).length > world.journal.records(1).length ? 0 : 1
  world.journal.records(lost).splice(0, 2)
  await assert.rejects(startInMemory(bank, world), /CORRUPT_JOURNAL|begins at block 2 and nothing stands in/)
})
