// Who may claim partitions (R24, R8): a process that could not say that it lives claims nothing, and one that could once
// keeps what it has. The clock is virtual, so that "never" is an hour and takes no time.
import assert from "node:assert/strict"
import { test } from "node:test"
import { setImmediate as turn } from "node:timers/promises"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { claim } from "../../../runtime/delivery/recover.ts"
import { unobserved } from "../../../runtime/delivery/observer.ts"
import { ownPartitions } from "../../../runtime/host/ownership.ts"
import { limits } from "../../../runtime/kernel/limits.ts"
import { memoryMembers } from "../../../runtime/memory/members.ts"
import { Fenced, type Journal } from "../../../runtime/ports/journal.ts"
import { type Members, MembersUnavailable } from "../../../runtime/ports/members.ts"
import { silent } from "../../../runtime/ports/telemetry.ts"
import { askInMemory, newWorld, type World } from "../../../runtime/testing/index.ts"
import { account, bank } from "../../support/bank.ts"

async function virtualClock() {
  const clock = await Effect.runPromise(Effect.scoped(TestClock.make()))
  return {
    clock,
    async pass(ms: number, stepMs = 50): Promise<void> {
      for (let passed = 0; passed <= ms; passed += stepMs) {
        for (let n = 0; n < 20; n += 1) await turn()
        if (passed < ms) await Effect.runPromise(clock.adjust(stepMs))
      }
    },
  }
}

interface Started {
  /** The partitions that are claimed here, once the start is over. */
  owned(): readonly number[] | "starting"
  /** With what the start failed. */
  failed(): unknown
  stop(): Promise<void>
}

function start(world: World, clock: Clock.Clock, members: Members, journal: Journal = world.journal): Started {
  const { streams, lanes } = world
  const ports = { journal, inputs: streams, egress: streams, lanes, telemetry: silent }
  const self = `process-${world.next()}`
  const newIncarnation = () => `journal-${world.next()}`
  const scope = Effect.runSync(Scope.make())
  const starting = ownPartitions({ app: bank.shape, ports, members, self, observer: unobserved, newIncarnation })
  let owned: ReturnType<Started["owned"]> | (() => readonly number[]) = "starting"
  let failed: unknown
  void Effect.runPromise(starting.pipe(Scope.provide(scope), Effect.provideService(Clock.Clock, clock))).then(
    ({ deliveries }) => (owned = () => [...deliveries.keys()].toSorted((a, b) => a - b)),
    (error: unknown) => (failed = error),
  )
  return {
    owned: () => (typeof owned === "function" ? owned() : owned),
    failed: () => failed,
    stop: () => Effect.runPromise(Scope.close(scope, Exit.void)),
  }
}

/** The members of a world, as seen by one process while `reachable` says so. */
function seenThrough(world: World, reachable: () => boolean): Members {
  return {
    ...world.members,
    beat: (member) =>
      Effect.suspend(() =>
        reachable() ? world.members.beat(member) : Effect.fail(new MembersUnavailable("nobody answers; tried again soon")),
      ),
  }
}

const all = [0, 1, 2, 3, 4, 5, 6, 7]
const blocksIn = (world: World) => all.map((partition) => world.journal.records(partition).length)

test("R24: a process that could not beat claims nothing and is not ready, until it can", async () => {
  const world = newWorld()
  const { clock, pass } = await virtualClock()
  let reachable = false
  const cutOff = start(world, clock, seenThrough(world, () => reachable))
  await pass(3_600_000, limits.memberBeatMs * 100)
  assert.equal(cutOff.owned(), "starting")
  assert.deepEqual(blocksIn(world), [0, 0, 0, 0, 0, 0, 0, 0], "no journal was touched")
  const other = start(world, clock, world.members)
  await pass(0)
  assert.deepEqual(other.owned(), all, "nobody counts a process that has never beaten")
  assert.deepEqual(await askInMemory(bank, world, account.deposit("a", { amount: 1 })), { type: "done", value: 1 })
  assert.equal(cutOff.owned(), "starting")
  reachable = true
  await pass(3 * limits.memberBeatMs)
  const shares = [cutOff.owned(), other.owned()]
  assert.deepEqual(shares.map(({ length }) => length), [4, 4], "and when it can, it takes its share")
  await cutOff.stop()
  await other.stop()
})

test("R24: a process that cannot beat any more keeps what it owns, and takes over nothing from one that has left", async () => {
  const world = newWorld()
  const { clock, pass } = await virtualClock()
  let reachable = true
  const cutOff = start(world, clock, seenThrough(world, () => reachable))
  await pass(0)
  const other = start(world, clock, world.members)
  await pass(3 * limits.memberBeatMs)
  const mine = cutOff.owned()
  assert.equal(mine.length, 4)
  reachable = false
  await other.stop()
  await pass(20 * limits.memberBeatMs)
  assert.deepEqual(cutOff.owned(), mine)
  reachable = true
  await pass(3 * limits.memberBeatMs)
  assert.deepEqual(cutOff.owned(), mine, "whoever is not there may be back in a moment: it was the bucket that was gone")
  await pass(limits.memberTtlMs)
  assert.deepEqual(cutOff.owned(), all)
  await cutOff.stop()
})

test("R24: after an outage of the members' bucket, who is back first takes nothing from those who are not back yet", async () => {
  const world = newWorld()
  const { clock, pass } = await virtualClock()
  const reachable = { first: true, second: true }
  let bucket = memoryMembers()
  const through = (name: keyof typeof reachable): Members => ({
    beat: (member) =>
      Effect.suspend(() => {
        return reachable[name] ? bucket.beat(member) : Effect.fail(new MembersUnavailable("nobody answers; tried again soon"))
      }),
    leave: (member) => Effect.suspend(() => bucket.leave(member)),
  })
  const first = start(world, clock, through("first"))
  await pass(0)
  const second = start(world, clock, through("second"))
  await pass(3 * limits.memberBeatMs)
  const shares = [first.owned(), second.owned()]
  assert.deepEqual(shares.map(({ length }) => length), [4, 4])
  Object.assign(reachable, { first: false, second: false })
  await pass(2 * limits.memberTtlMs)
  bucket = memoryMembers()
  reachable.first = true
  await pass(2 * limits.memberBeatMs)
  assert.deepEqual([first.owned(), second.owned()], shares)
  reachable.second = true
  await pass(2 * limits.memberTtlMs)
  assert.deepEqual([first.owned(), second.owned()], shares)
  await Promise.all([first.stop(), second.stop()])
})

test("R24: a process whose heartbeats are slow takes over what another has left, as it hears that it lives", async () => {
  const world = newWorld()
  const { clock, pass } = await virtualClock()
  let tookMs = 0
  const slow = start(world, clock, {
    ...world.members,
    beat: (member) => Effect.delay(Effect.suspend(() => world.members.beat(member)), tookMs),
  })
  await pass(0)
  const other = start(world, clock, world.members)
  await pass(3 * limits.memberBeatMs)
  assert.equal(slow.owned().length, 4)
  tookMs = limits.memberTtlMs
  // Each of its heartbeats comes later than its time to live: others may always have taken it for gone.
  await pass(3 * tookMs)
  await other.stop()
  await pass(4 * tookMs)
  assert.deepEqual(slow.owned(), all)
  await slow.stop()
})

test("R24: a process that is late, and whose heartbeats have failed since, waits as long again before it claims", async () => {
  const world = newWorld()
  const { clock, pass } = await virtualClock()
  let reachable = true
  const cutOff = start(world, clock, seenThrough(world, () => reachable))
  await pass(0)
  const other = start(world, clock, world.members)
  await pass(3 * limits.memberBeatMs)
  const mine = cutOff.owned()
  reachable = false
  await other.stop()
  await pass(2 * limits.memberTtlMs)
  // Heard once, and then not for longer than the first doubt.
  reachable = true
  await pass(limits.memberBeatMs)
  reachable = false
  await pass(2 * limits.memberTtlMs)
  reachable = true
  await pass(3 * limits.memberBeatMs)
  assert.deepEqual(cutOff.owned(), mine, "who else lives has had no time to say so")
  await pass(limits.memberTtlMs)
  assert.deepEqual(cutOff.owned(), all)
  await cutOff.stop()
})

/** A journal in which another process is quicker: it has written just before each of the first `times` appends to 0. */
function overtaken(journal: Journal, times: number): { journal: Journal; tries: () => number } {
  let tries = 0
  const append: Journal["append"] = (partition, bytes, expected) =>
    Effect.suspend(() => {
      if (partition !== 0) return journal.append(partition, bytes, expected)
      tries += 1
      return tries > times ? journal.append(partition, bytes, expected) : Effect.fail(new Fenced("somebody was quicker"))
    })
  return { journal: { ...journal, append }, tries: () => tries }
}

test("R8: a claim that was refused reads again and is tried again, up to five times; the next beat begins anew", async () => {
  const world = newWorld()
  const { clock, pass } = await virtualClock()
  const four = overtaken(world.journal, 4)
  const lucky = start(world, clock, world.members, four.journal)
  await pass(0)
  assert.deepEqual([lucky.owned(), four.tries()], [all, 6], "and one block says who reads events")
  await lucky.stop()
  const five = overtaken(world.journal, 5)
  const unlucky = start(world, clock, world.members, five.journal)
  await pass(0)
  assert.equal(five.tries(), 5, "it does not fight for ever")
  await pass(2 * limits.memberBeatMs)
  assert.deepEqual([unlucky.owned(), unlucky.failed(), five.tries()], [all, undefined, 6])
  await unlucky.stop()
})

test("R9: of two that claim alike, in the same millisecond, one has the partition", async () => {
  const { journal } = newWorld()
  const claimant = (incarnation: string) => ({ app: "bank", index: 0, incarnation, nowMs: 5 })
  await Effect.runPromise(claim({ journal }, claimant("before")))
  const isFirst = { try: true }
  const others: number[] = []
  // Another process has read as far, and is quicker.
  const append: Journal["append"] = (partition, bytes, expected) =>
    Effect.suspend(() => {
      if (!isFirst.try) return journal.append(partition, bytes, expected)
      isFirst.try = false
      const quicker = Effect.tap(claim({ journal }, claimant("one")), ({ epoch }) => Effect.sync(() => others.push(epoch)))
      return Effect.andThen(Effect.orDie(quicker), journal.append(partition, bytes, expected))
    })
  const { epoch } = await Effect.runPromise(claim({ journal: { ...journal, append } }, claimant("two")))
  assert.deepEqual([...others, epoch], [2, 3])
})
