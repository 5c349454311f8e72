// What a new owner makes of a journal (R14), and what it owes to others and others to it (R4, R7). The clock is virtual:
// what must not wait for a pause is tested with time standing still.
import assert from "node:assert/strict"
import { test } from "node:test"
import { setImmediate as turn } from "node:timers/promises"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import fc from "fast-check"
import { unobserved } from "../../../runtime/delivery/observer.ts"
import { channelOf, emptyPartition, foldBlock } from "../../../runtime/delivery/partition.ts"
import { startEngine } from "../../../runtime/host/engine.ts"
import type { App } from "../../../runtime/index.ts"
import { type Block, decodeBlock, encodeBlock, encodeEntry } from "../../../runtime/message/block.ts"
import { digest } from "../../../runtime/message/hash.ts"
import type { Json } from "../../../runtime/message/json.ts"
import { partitionOf } from "../../../runtime/message/key.ts"
import type { Confirmation, LaneFrame, Lanes } from "../../../runtime/ports/lanes.ts"
import { silent } from "../../../runtime/ports/telemetry.ts"
import { askInMemory, newWorld, startInMemory, type World } from "../../../runtime/testing/index.ts"
import { account, bank } from "../../support/bank.ts"
import { keys, lossyLanes, pay, payments, type Tally } from "../../support/payments.ts"
import { seeded } from "../../support/seeded.ts"

/** A world whose partition of account "a" holds a genesis block and four more. */
async function bankWithBlocks(): Promise<{ world: World; partition: number }> {
  const world = newWorld()
  const process = await startInMemory(bank, world)
  for (let n = 0; n < 4; n += 1) await askInMemory(bank, world, account.deposit("a", { amount: 1 }))
  await process.kill()
  return { world, partition: partitionOf("a", 8) }
}

/** Writes the blocks of one journal anew, each chained to the one before: only what `change` does can be found out. */
function rewrite(world: World, partition: number, change: (block: Block) => Block): void {
  const records = world.journal.records(partition)
  let previous = ""
  for (const [index, { sequence, bytes }] of records.entries()) {
    const { decisions, ...head } = change({ ...decodeBlock(bytes, "test"), previous })
    const rewritten = encodeBlock(head, decisions.map(encodeEntry))
    records[index] = { sequence, bytes: rewritten }
    previous = digest(rewritten)
  }
}

async function assertRefused(world: World): Promise<void> {
  const index = partitionOf("a", 8)
  const appended = world.journal.records(index).length
  const { clock } = await virtualClock()
  const process = await startAt(bank.shape, world, clock)
  const stopped = process.health().partitions.filter(({ state }) => state !== "running")
  assert.deepEqual(stopped.map(({ partition, state, code }) => [partition, state, code]), [[index, "broken", "CORRUPT_JOURNAL"]])
  assert.equal(world.journal.records(index).length, appended, "and nothing is written behind it")
  await process.kill()
}

test("R14: a journal that was written anew without a change is read: what follows is refused for its one change", async () => {
  const { world, partition } = await bankWithBlocks()
  rewrite(world, partition, (block) => block)
  const process = await startInMemory(bank, world)
  assert.deepEqual(await askInMemory(bank, world, account.balance("a", {})), { type: "done", value: 4 })
  await process.kill()
})

test("R14: a block that was replaced by another with the same number is refused: the chain of digests is broken", async () => {
  const { world, partition } = await bankWithBlocks()
  const records = world.journal.records(partition)
  const { decisions, ...head } = decodeBlock(records[2]!.bytes, "test")
  const other = encodeBlock({ ...head, atMs: head.atMs + 1 }, decisions.map(encodeEntry))
  records[2] = { sequence: records[2]!.sequence, bytes: other }
  await assertRefused(world)
})

test("R14: a block that is missing in the middle is refused", async () => {
  const { world, partition } = await bankWithBlocks()
  world.journal.records(partition).splice(2, 1)
  await assertRefused(world)
})

test("R14: numbers with a gap are refused, even if the digests fit", async () => {
  const { world, partition } = await bankWithBlocks()
  rewrite(world, partition, (block) => (block.number < 3 ? block : { ...block, number: block.number + 1 }))
  await assertRefused(world)
})

test("R14: a block of another incarnation is refused, even if its number and digest fit", async () => {
  const { world, partition } = await bankWithBlocks()
  rewrite(world, partition, (block) => (block.number < 3 ? block : { ...block, incarnation: "another" }))
  await assertRefused(world)
})

test("R5: what a journal says is decided above the low mark is not decided again, and the mark moves over it", () => {
  const partition = emptyPartition("bank", 0)
  const id = "lane:journal-b:1:commands"
  const head = { v: 1, app: "bank", partition: 0, incarnation: "journal-a", number: 0, previous: "", epoch: 1, atMs: 0 }
  const decisions = [1, 3, 4].map((number) => ({ from: [[id, number]] as const }))
  foldBlock(partition, { ...head, kind: "decisions", low: { [id]: 1 }, confirmed: {}, decisions }, 1, "digest")
  const channel = channelOf(partition, id)
  assert.deepEqual([1, 2, 3, 4, 5].map((n) => channel.admit(n)), ["duplicate", "new", "duplicate", "duplicate", "new"])
  channel.decide(2)
  assert.equal(channel.low, 4)
})

const [here, there] = keys

async function virtualClock() {
  const clock = await Effect.runPromise(Effect.scoped(TestClock.make()))
  return {
    clock,
    /** Lets everything run that needs no time, then time pass in small steps, as it does for a process that is not stalled. */
    async pass(ms: number): Promise<void> {
      for (let passed = 0; passed <= ms; passed += 50) {
        for (let n = 0; n < 20; n += 1) await turn()
        if (passed < ms) await Effect.runPromise(clock.adjust(50))
      }
    },
  }
}

async function startAt(shape: App["shape"], world: World, clock: Clock.Clock) {
  const { journal, streams, lanes, members } = world
  const ports = { journal, inputs: streams, egress: streams, lanes, telemetry: silent }
  const self = `process-${world.next()}`
  const newIncarnation = () => `journal-${world.next()}`
  const scope = Effect.runSync(Scope.make())
  const starting = startEngine({ app: shape, ports, members, self, observer: unobserved, newIncarnation })
  const kill = () => Effect.runPromise(Scope.close(scope, Exit.void))
  try {
    const engine = await Effect.runPromise(starting.pipe(Scope.provide(scope), Effect.provideService(Clock.Clock, clock)))
    return { state: (service: string, key: string) => engine.row({ service, key })?.state, health: engine.health, kill }
  } catch (error) {
    await kill()
    throw error
  }
}

test("R7: what a killed owner had committed and nobody received is resent by the next, at once, and counts once", async () => {
  let lossy = true
  const made = newWorld()
  const world = { ...made, lanes: lossyLanes(made.lanes, () => lossy) }
  const { clock, pass } = await virtualClock()
  const first = await startAt(payments.shape, world, clock)
  // To itself and to another partition, twice each, so that order shows too.
  await Promise.all([here, there, here, there].map((to, n) => pay(world, here, to, `p${n}`)))
  await pass(0)
  await first.kill()
  assert.deepEqual([here, there].map((key) => first.state("payee", key)), [undefined, undefined])
  lossy = false
  const second = await startAt(payments.shape, world, clock)
  await pass(100)
  assert.deepEqual(second.state("payee", here), [[`${here}:p0`, 1], [`${here}:p2`, 3]])
  assert.deepEqual(second.state("payee", there), [[`${here}:p1`, 2], [`${here}:p3`, 4]])
  assert.deepEqual(second.state("payer", here), { paid: 4, confirmed: 4 })
  await second.kill()
})

test("R7: what a destination has confirmed in the journal is not sent again by the next owner", async () => {
  const carried: LaneFrame[] = []
  const made = newWorld()
  const world = { ...made, lanes: lossyLanes(made.lanes, () => false, (frame) => carried.push(frame)) }
  const { clock, pass } = await virtualClock()
  const first = await startAt(payments.shape, world, clock)
  for (let n = 0; n < 3; n += 1) {
    await pay(world, here, there, `p${n}`)
    await pass(0)
  }
  await first.kill()
  carried.length = 0
  const second = await startAt(payments.shape, world, clock)
  await pass(0)
  const again = carried.flatMap(({ messages }) => messages.map(({ type }) => type))
  assert.ok(again.length <= 2, `only the last command and reply may be unconfirmed in the journal, not ${again.join(", ")}`)
  assert.deepEqual(second.state("payee", there), [0, 1, 2].map((n) => [`${here}:p${n}`, n + 1]))
  await second.kill()
})

test("R4: a frame that was lost while nobody died is sent again after a pause, in order with what follows it", async () => {
  let lossy = true
  const made = newWorld()
  const world = { ...made, lanes: lossyLanes(made.lanes, () => lossy) }
  const { clock, pass } = await virtualClock()
  const process = await startAt(payments.shape, world, clock)
  await pay(world, here, there, "p0")
  await pass(0)
  assert.equal(process.state("payee", there), undefined)
  lossy = false
  await pass(5000)
  assert.deepEqual(process.state("payer", here), { paid: 1, confirmed: 1 })
  lossy = true
  await pay(world, here, there, "p1")
  await pass(0)
  lossy = false
  await pay(world, here, there, "p2")
  await pass(0)
  const inOrder = [0, 1, 2].map((n) => [`${here}:p${n}`, n + 1])
  assert.deepEqual(process.state("payee", there), inOrder, "the gap is noticed by what comes behind it, and takes no time")
  await process.kill()
})

/** Loses, repeats and delays frames and confirmations; what is delayed arrives later, in any order, or never. */
function wildLanes(inner: Lanes, chance: () => number): Lanes {
  const late: (() => void)[] = []
  const carry = (deliver: () => void) => {
    const luck = chance()
    if (luck < 0.2) return
    if (luck < 0.4) return void late.push(deliver)
    deliver()
    if (luck < 0.6) deliver()
    while (late.length > 0 && chance() < 0.5) late.splice(Math.floor(chance() * late.length), 1)[0]?.()
  }
  return {
    ...inner,
    send: (frame: LaneFrame) => carry(() => inner.send(frame)),
    confirm: (confirmation: Confirmation) => carry(() => inner.confirm(confirmation)),
  }
}

const paymentsMade = 30

async function payThroughWildLanes(seed: number) {
  const chance = seeded(seed)
  const made = newWorld()
  const world = { ...made, lanes: wildLanes(made.lanes, chance) }
  const { clock, pass } = await virtualClock()
  let process = await startAt(payments.shape, world, clock)
  const anyKey = () => keys[Math.floor(chance() * keys.length)]!
  for (let n = 0; n < paymentsMade; n += 1) {
    void pay(world, anyKey(), anyKey(), `p${n}`)
    if (chance() < 0.5) await pass(0)
    if (chance() < 0.1) {
      await process.kill()
      process = await startAt(payments.shape, world, clock)
    }
  }
  const tallyOf = (key: string) =>
    (process.state("payer", key) ?? { paid: 0, confirmed: 0 }) as Tally & Json // cast: own
  const tallies = () => keys.map(tallyOf)
  const isOver = () => tallies().reduce((sum, { confirmed }) => sum + confirmed, 0) >= paymentsMade
  for (let waited = 0; !isOver() && waited < 120; waited += 1) await pass(1000)
  await pass(5000)
  const received = keys.map((key) => (process.state("payee", key) ?? []) as readonly [string, number][]) // cast: own
  const ended = { tallies: tallies(), received }
  await process.kill()
  return ended
}

test("R3, R4, R7: lanes that lose, repeat and reorder, and owners that die, still give each payment once, in order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const { tallies, received } = await payThroughWildLanes(seed)
      assert.equal(tallies.reduce((sum, { paid }) => sum + paid, 0), paymentsMade)
      for (const { paid, confirmed } of tallies) assert.equal(confirmed, paid, "each reply came once")
      const all = received.flat().map(([effect]) => effect)
      assert.deepEqual([all.length, new Set(all).size], [paymentsMade, paymentsMade], "each payment came once")
      for (const [from, list] of keys.flatMap((from) => received.map((list) => [from, list] as const))) {
        const numbers = list.filter(([effect]) => effect.startsWith(`${from}:`)).map(([, number]) => number)
        assert.deepEqual(numbers, numbers.toSorted((a, b) => a - b), "what one actor sends another stays in order")
      }
    }),
    { numRuns: 8 },
  )
})
