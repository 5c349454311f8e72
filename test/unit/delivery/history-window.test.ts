// Blocks from before a checkpoint stay for as long, and as much, as the app says. No recovery reads them.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import { app, type AppOptions, InvalidInput, limits } from "../../../runtime/index.ts"
import { StoredBlocks } from "../../../runtime/delivery/stored-blocks.ts"
import { encodeBlock, encodeEntry } from "../../../runtime/message/block.ts"
import type { JournalRecord } from "../../../runtime/ports/journal.ts"
import { askInMemory, newWorld, startInMemory, type World } from "../../../runtime/testing/index.ts"
import { account, audit, transfer } from "../../support/bank.ts"
import { blocksOf, essence, readBack, type StoredBlock } from "../../support/journals.ts"
import { virtualClock } from "../../../runtime/testing/virtual-clock.ts"

function bankWith(options: Pick<AppOptions, "history" | "historyBytesMax"> = {}) {
  const services = [account, audit, transfer]
  return app("bank", { namespace: "test", partitions: 1, services, compactionBytesMin: 4096, ...options })
}
const bank = bankWith()
const noTime = { history: "none" } as const

/** The world, and what was read of its journal by way of the port. */
function counted(world: World): { readonly world: World; readonly sequences: number[] } {
  const sequences: number[] = []
  const read: World["journal"]["read"] = (partition, visit, range) => {
    const visitCounted = (record: JournalRecord) => {
      sequences.push(record.sequence)
      visit(record)
    }
    return world.journal.read(partition, visitCounted, range)
  }
  return { world: { ...world, journal: { ...world.journal, read } }, sequences }
}

let orders = 0
async function deposit(world: World, times: number, shape = bank): Promise<void> {
  for (let n = 0; n < times; n += 1) {
    orders += 1
    await askInMemory(shape, world, account.deposit(`k${n % 5}`, { amount: 1 }), `deposit ${orders}`)
  }
}

/** Where the newest finished round begins. */
function baseOf(blocks: readonly StoredBlock[]): number {
  const checkpoint = blocks.findLast(({ decisions }) => decisions.some((entry) => entry.checkpoint !== undefined))
  const since = checkpoint?.decisions.find((entry) => entry.checkpoint !== undefined)?.checkpoint?.since
  return blocks.find(({ number }) => number === since)?.sequence ?? 0
}

test("blocks behind a checkpoint are kept until the window has passed, and then deleted, in a quiet journal too", async (t) => {
  const world = newWorld()
  const { clock, pass } = await virtualClock()
  const shape = bankWith({ history: "10 minutes" })
  const first = await startInMemory(shape, world, { clock })
  await deposit(world, 200, shape)
  await first.kill()
  // What its owner knows of the older blocks is from the checkpoint: it did not read them.
  const second = await startInMemory(shape, world, { clock })
  t.after(() => second.kill())
  await pass(5 * 60_000, 1_000)
  await deposit(world, 200, shape)
  assert.equal(blocksOf(world, 0)[0]?.number, 0, "rounds were finished, and nothing is gone")
  await pass(5 * 60_000 - limits.historyLookMs, 1_000)
  assert.equal(blocksOf(world, 0)[0]?.number, 0)
  await pass(2 * limits.historyLookMs, 1_000)
  const left = blocksOf(world, 0)
  assert.ok((left[0]?.number ?? 0) >= 150, "those of the first minute are gone, but for their last round")
  assert.ok((left[0]?.sequence ?? 0) < baseOf(left), "those of the fifth are there")
  await pass(5 * 60_000, 1_000)
  const last = blocksOf(world, 0)
  assert.equal(last[0]?.sequence, baseOf(last), "what a recovery needs stays for ever")
})

test("without a window, and behind the bound of its bytes, blocks go as soon as no recovery needs them", async () => {
  for (const [shape, historyMax] of [[bankWith(noTime), 0], [bankWith({ historyBytesMax: 150_000 }), 150_000]] as const) {
    const world = newWorld()
    // None of the owners writes as much as may be kept: each learns from the one before what is there.
    for (let owner = 0; owner < 10; owner += 1) {
      const process = await startInMemory(shape, world)
      await deposit(world, 30, shape)
      await process.kill()
    }
    const blocks = blocksOf(world, 0)
    const history = blocks.filter(({ sequence }) => sequence < baseOf(blocks)).reduce((sum, { bytes }) => sum + bytes, 0)
    assert.ok((blocks[0]?.number ?? 0) > 0 && history <= historyMax, `${history} bytes of history`)
    assert.equal(history > 0, historyMax > 0)
  }
})

test("a recovery reads from the block where the newest finished round began, however long the history is", async (t) => {
  const world = newWorld()
  const first = await startInMemory(bank, world)
  await deposit(world, 400)
  // The block of a checkpoint itself names the round before.
  const isNamed = () => blocksOf(world, 0).at(-1)?.base === baseOf(blocksOf(world, 0))
  for (let more = 0; more < 10 && !isNamed(); more += 1) await askInMemory(bank, world, account.deposit("more", { amount: 1 }))
  await first.kill()
  const blocks = blocksOf(world, 0)
  const base = baseOf(blocks)
  const { sequences, world: watched } = counted(world)
  const second = await startInMemory(bank, watched)
  t.after(() => second.kill())
  assert.deepEqual(sequences, blocks.map(({ sequence }) => sequence).filter((sequence) => sequence >= base))
  assert.ok(blocks[0]?.number === 0 && sequences.length < blocks.length / 2, `${sequences.length} of ${blocks.length} blocks`)
  for (let n = 0; n < 5; n += 1)
    assert.deepEqual(await askInMemory(bank, watched, account.balance(`k${n}`, {})), { type: "done", value: 80 })
})

test("R17: whoever begins at any kept block before that, as a reader that knows of no base does, comes to the same", async () => {
  const world = newWorld()
  const process = await startInMemory(bank, world)
  await deposit(world, 100)
  const transfers = Array.from({ length: 60 }, (_, n) =>
    askInMemory(bank, world, transfer.start(`t${n}`, { from: `k${n % 5}`, to: `k${(n * 3 + 1) % 5}`, amount: 2 })),
  )
  await Promise.all(transfers)
  await process.until(() => process.engine.isIdle())
  await process.kill()
  const blocks = blocksOf(world, 0)
  const whole = essence(readBack(world, "bank", 0))
  const starts = blocks.filter(({ sequence }, n) => sequence <= baseOf(blocks) && n % 7 === 0)
  assert.ok(starts.length > 10)
  for (const { sequence } of starts) assert.deepEqual(essence(readBack(world, "bank", 0, sequence)), whole, `from ${sequence}`)
})

test("a crash between a checkpoint and the deletion behind it: the next owner knows everything, and deletes", async (t) => {
  const world = newWorld()
  const none = bankWith(noTime)
  const first = await startInMemory(none, { ...world, journal: { ...world.journal, purge: () => Effect.void } })
  await deposit(world, 300, none)
  await first.kill()
  const records = world.journal.records(0)
  const hasCheckpoint = ({ decisions }: StoredBlock) => decisions.some((entry) => entry.checkpoint !== undefined)
  const checkpoint = blocksOf(world, 0).findLastIndex(hasCheckpoint)
  records.splice(checkpoint + 1)
  const blocks = blocksOf(world, 0)
  assert.ok((blocks.at(-1)?.base ?? 0) < baseOf(blocks), "the last block knows the round before only")
  assert.deepEqual(essence(readBack(world, "bank", 0, baseOf(blocks))), essence(readBack(world, "bank", 0)))
  const { clock, pass } = await virtualClock()
  const second = await startInMemory(none, world, { clock })
  t.after(() => second.kill())
  const next = blocksOf(world, 0).find(({ number }) => number === blocks.length)
  assert.equal(next?.base, baseOf(blocks), "its first block names the new base")
  const asked = askInMemory(none, world, account.balance("k0", {}))
  await pass(limits.cautionMaxMs)
  assert.deepEqual(await asked, { type: "done", value: 60 })
  await pass(2 * limits.historyLookMs, 1_000)
  assert.ok((blocksOf(world, 0)[0]?.sequence ?? 0) >= baseOf(blocks))
})

test("a journal whose last block names no base, or a wrong one, is read whole", async (t) => {
  for (const change of [() => ({}), () => ({ base: 1_000_000 }), (last: number) => ({ base: last })]) {
    const world = newWorld()
    const first = await startInMemory(bank, world)
    await deposit(world, 205)
    await first.kill()
    const records = world.journal.records(0)
    const { decisions, sequence, bytes: _, base: __, ...head } = blocksOf(world, 0).at(-1)!
    records[records.length - 1] = {
      sequence, bytes: encodeBlock({ ...head, ...change(sequence) }, decisions.map(encodeEntry)),
    }
    const { sequences, world: watched } = counted(world)
    const second = await startInMemory(bank, watched)
    t.after(() => second.kill())
    assert.ok(sequences.includes(records[0]?.sequence ?? -1))
    assert.deepEqual(await askInMemory(bank, watched, account.balance("k0", {})), { type: "done", value: 41 })
  }
})

test("how much a journal has grown is counted from its base, over the heads of its owners", async (t) => {
  const world = newWorld()
  const shape = app("bank", { namespace: "test", partitions: 1, services: [account, audit], compactionBytesMin: 40_000 })
  for (let owner = 0; owner < 12; owner += 1) {
    const process = await startInMemory(shape, world)
    await deposit(world, 10, shape)
    await process.kill()
  }
  const blocks = blocksOf(world, 0)
  assert.ok(baseOf(blocks) > 0, "no owner wrote 40 kB, and all of them together began a round")
  const process = await startInMemory(shape, world)
  t.after(() => process.kill())
  const grown = blocksOf(world, 0).filter(({ sequence }) => sequence >= baseOf(blocks)).reduce((sum, { bytes }) => sum + bytes, 0)
  assert.equal(process.engine.metrics().gauges[0]?.journalBytes, grown)
})

test("who reads from the base knows of the blocks before it what their owner knew, in a bounded number of runs", () => {
  const [owner, reader] = [new StoredBlocks(), new StoredBlocks()]
  const begins = (number: number) => (number % 1_000 === 500 ? { begins: true as const } : {})
  const block = (number: number) => ({ number, atMs: number * 1_000, ...begins(number) })
  const note = (stored: StoredBlocks, number: number) => stored.note(block(number), number + 1, 300_000)
  const checkpoint = (since: number) => ({ since, channels: [], outboxes: [], carried: 77, runs: owner.before(since) })
  for (let number = 0; number < 5_600; number += 1) {
    note(owner, number)
    if (number % 1_000 === 550 && number < 5_000) owner.finish(checkpoint(number - 50))
  }
  assert.ok(owner.before(10_000).length <= limits.historyRunsMax)
  for (let number = 5_500; number < 5_600; number += 1) note(reader, number)
  const last = checkpoint(5_500)
  for (const stored of [owner, reader]) {
    stored.finish(last)
    assert.deepEqual([stored.base, stored.liveSize, stored.grownBytes], [5_501, 77, 100 * 300_000])
  }
  assert.deepEqual(reader.before(5_500), owner.before(5_500))
  const window = { keptMs: 1_000_000, bytesMax: 300_000_000 }
  const before = reader.expire(window, 5_600_000)
  assert.equal(before, owner.expire(window, 5_600_000))
  assert.ok(before !== undefined && before <= 5_501 && before > 4_501, "not more than the bytes of 1,000 blocks")
  assert.equal(reader.expire(window, 5_600_000), undefined, "once")
  assert.equal(reader.expire(window, 9_000_000), 5_501, "and never behind the base")
})

test("a history that is no duration, or no number of bytes, is refused where the app is declared", () => {
  for (const options of [{ history: "soon" as "1 day" }, { historyBytesMax: -1 }]) // cast: what a program without types may say
    assert.throws(() => bankWith(options), InvalidInput)
})
