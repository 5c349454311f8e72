// One partition that cannot be run stops alone: a broken journal, one of a newer format, code that crashes. The clock is
// virtual.
import assert from "node:assert/strict"
import { test } from "node:test"
import { assignPartitions } from "../../../runtime/delivery/assignment.ts"
import type { Ports } from "../../../runtime/delivery/delivery.ts"
import { limits } from "../../../runtime/kernel/limits.ts"
import { type Block, decodeBlock, encodeBlock, encodeEntry } from "../../../runtime/message/block.ts"
import { partitionOf } from "../../../runtime/message/key.ts"
import { askInMemory, newWorld, startInMemory, type World } from "../../../runtime/testing/index.ts"
import { account, bank } from "../../support/bank.ts"
import { virtualClock } from "../../../runtime/testing/virtual-clock.ts"
import { startVirtual } from "../../support/virtual-process.ts"

const broken = partitionOf("a", 8)
const others = [0, 1, 2, 3, 4, 5, 6, 7].filter((partition) => partition !== broken)
/** An account of another partition. */
const healthy = ["b", "c", "d"].find((key) => partitionOf(key, 8) !== broken) ?? ""

async function bankWithBlocks(): Promise<World> {
  const world = newWorld()
  const process = await startInMemory(bank, world)
  for (let n = 0; n < 3; n += 1) await askInMemory(bank, world, account.deposit("a", { amount: 1 }))
  await process.kill()
  return world
}

/** Changes the last block of the journal of account "a", so that it still follows the one before. */
function changeLast(world: World, change: (block: Block) => Block): () => void {
  const records = world.journal.records(broken)
  const last = records.at(-1)!
  const { decisions, ...head } = change(decodeBlock(last.bytes, "test"))
  records[records.length - 1] = { ...last, bytes: encodeBlock(head, decisions.map(encodeEntry)) }
  return () => void (records[records.length - 1] = last)
}

/** How often the journal of each partition was read. */
function readCounts(world: World) {
  const counts = new Map<number, number>()
  const read: Ports["journal"]["read"] = (partition, visit) => {
    counts.set(partition, (counts.get(partition) ?? 0) + 1)
    return world.journal.read(partition, visit)
  }
  return { journal: { ...world.journal, read }, of: (partition: number) => counts.get(partition) ?? 0 }
}

const damages: readonly (readonly [what: string, change: (block: Block) => Block])[] = [
  ["a block of another incarnation", (block) => ({ ...block, incarnation: "another" })],
  ["a block that cannot be applied", (block) => ({ ...block, confirmed: { "lane:0:commands": 99 } })],
]
for (const [what, change] of damages) {
  test(`${what} stops its partition and nothing else, until an operator says that it may be tried again`, async () => {
    const world = await bankWithBlocks()
    const repair = changeLast(world, change)
    const { clock, pass } = await virtualClock()
    const reads = readCounts(world)
    const process = startVirtual(world, clock, { ports: { journal: reads.journal } })
    const engine = await process.engine
    assert.deepEqual([engine.owned(), process.told], [others, [`broken ${broken} CORRUPT_JOURNAL`]])
    assert.deepEqual(await askInMemory(bank, world, account.deposit(healthy, { amount: 1 })), { type: "done", value: 1 })
    await pass(20 * limits.memberBeatMs)
    assert.equal(reads.of(broken), 1, "it is not claimed again")
    const health = engine.health()
    assert.deepEqual([health.ready, health.live], [true, true], "the others are run")
    assert.deepEqual(health.partitions.map(({ state }) => state === "broken"), [0, 1, 2, 3, 4, 5, 6, 7].map((n) => n === broken))
    assert.match(health.reasons.join(), new RegExp(`partition ${broken} is broken: journal of bank partition ${broken}`))
    repair()
    assert.deepEqual([engine.claimAgain(broken), engine.claimAgain(others[0] ?? 0)], [true, false])
    await pass(2 * limits.memberBeatMs)
    assert.deepEqual(engine.owned().length, 8)
    assert.deepEqual(await askInMemory(bank, world, account.balance("a", {})), { type: "done", value: 3 })
    await process.stop()
  })
}

test("where every partition of the app is broken, the process is lost", async () => {
  const world = newWorld()
  await (await startInMemory(bank, world)).kill()
  for (const partition of [broken, ...others]) world.journal.records(partition).push({ sequence: 99, bytes: Buffer.from("no") })
  const { clock } = await virtualClock()
  const process = startVirtual(world, clock)
  await assert.rejects(process.engine, (error) => error instanceof Error && "code" in error && error.code === "CORRUPT_JOURNAL")
  await process.stop()
})

/** What a process of the next release would see: its format is one above, and it reads both. */
function ofNextRelease(world: World): Ports["journal"] {
  const older = (bytes: Uint8Array) => Buffer.from(Buffer.from(bytes).toString("utf8").replace(/^\{"v":3/, `{"v":2`))
  const newer = (bytes: Uint8Array) => Buffer.from(Buffer.from(bytes).toString("utf8").replace(/^\{"v":2/, `{"v":3`))
  return {
    ...world.journal,
    append: (partition, bytes, expected) => world.journal.append(partition, newer(bytes), expected),
    read: (partition, visit) => world.journal.read(partition, ({ sequence, bytes }) => visit({ sequence, bytes: older(bytes) })),
  }
}

test("R17: journals of a newer format are left to a member that reads them, and the rest of the share is run", async () => {
  const world = await bankWithBlocks()
  const { clock, pass } = await virtualClock()
  // Those that the old member would get if it took everything.
  const byName = assignPartitions(8, ["old", "new"].map((name) => ({ name, refuses: [] })))
  const newer = byName.flatMap((owner, partition) => (owner === "old" ? [partition] : []))
  for (const partition of newer) {
    const records = world.journal.records(partition)
    for (const [index, { sequence, bytes }] of records.entries()) {
      records[index] = { sequence, bytes: Buffer.from(Buffer.from(bytes).toString("utf8").replace(/^\{"v":2/, `{"v":3`)) }
    }
  }
  const reads = readCounts(world)
  const old = startVirtual(world, clock, { ports: { journal: reads.journal }, self: "old" })
  const engine = await old.engine
  const readable = [broken, ...others].filter((partition) => !newer.includes(partition)).toSorted((a, b) => a - b)
  assert.deepEqual(engine.owned(), readable)
  assert.deepEqual(old.told.toSorted(), newer.map((partition) => `refused ${partition} NEWER_FORMAT`))
  await pass(20 * limits.memberBeatMs)
  assert.deepEqual(newer.map(reads.of), newer.map(() => 1), "they are not read again")
  assert.match(engine.health().reasons.join(), /is refused: .* has format 3, and this process reads 2/)
  const next = startVirtual(world, clock, { ports: { journal: ofNextRelease(world) }, self: "new" })
  await pass(4 * limits.memberBeatMs)
  assert.deepEqual([engine.owned(), (await next.engine).owned()], [readable, newer])
  assert.deepEqual(await askInMemory(bank, world, account.balance("a", {})), { type: "done", value: 3 })
  await old.stop()
  await next.stop()
})

test("a partition whose code crashes is claimed again, and after three times in a minute it waits for an operator", async () => {
  const world = newWorld()
  const { clock, pass } = await virtualClock()
  let crashing = true
  const answer: Ports["egress"]["answer"] = (...answered) => {
    if (crashing) throw new TypeError("undefined is not a function")
    world.streams.answer(...answered)
  }
  const process = startVirtual(world, clock, { ports: { egress: { ...world.streams, answer } } })
  const engine = await process.engine
  for (let n = 0; n < limits.partitionCrashesMax; n += 1) {
    void askInMemory(bank, world, account.deposit("a", { amount: 1 }), `d${n}`)
    await pass(3 * limits.memberBeatMs)
  }
  assert.deepEqual(process.told, [
    `interrupted ${broken} PARTITION_CRASHED`,
    `interrupted ${broken} PARTITION_CRASHED`,
    `broken ${broken} PARTITION_CRASHED`,
  ])
  assert.deepEqual(engine.owned(), others)
  crashing = false
  assert.deepEqual(await askInMemory(bank, world, account.deposit(healthy, { amount: 1 })), { type: "done", value: 1 })
  assert.equal(engine.claimAgain(broken), true)
  await pass(2 * limits.memberBeatMs)
  assert.deepEqual(await askInMemory(bank, world, account.balance("a", {})), { type: "done", value: 3 }, "each counted once")
  await process.stop()
})
