// How long an owner may act without asking anybody (R10).
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import { unobserved } from "../../../runtime/delivery/observer.ts"
import { Lease } from "../../../runtime/host/lease.ts"
import { ownPartitions } from "../../../runtime/host/ownership.ts"
import type { OwnershipState } from "../../../runtime/host/ownership-state.ts"
import { type App, app, done, effectful, event, service } from "../../../runtime/index.ts"
import { limits } from "../../../runtime/kernel/limits.ts"
import { partitionOf } from "../../../runtime/message/key.ts"
import { type Members, MembersUnavailable } from "../../../runtime/ports/members.ts"
import { silent } from "../../../runtime/ports/telemetry.ts"
import { askInMemory, newWorld, publishInMemory, type World } from "../../../runtime/testing/index.ts"
import { account, bank } from "../../support/bank.ts"
import { virtualClock } from "../../../runtime/testing/virtual-clock.ts"

const halfMs = limits.memberTtlMs / 2

test("R10: without an acknowledgement an owner may not act; with one it may for half of its lease", async () => {
  const { clock, jump } = await virtualClock()
  const lease = new Lease(clock)
  assert.equal(lease.mayAct(0), false)
  lease.beaten(lease.sent())
  assert.equal(lease.mayAct(0), false, "a heartbeat proves nothing of a partition that was never claimed")
  lease.proved(0, lease.sent())
  assert.deepEqual([lease.mayAct(0), lease.mayAct(1)], [true, false])
  await jump(halfMs)
  assert.equal(lease.mayAct(0), true)
  await jump(1)
  assert.equal(lease.mayAct(0), false)
  lease.beaten(lease.sent())
  assert.equal(lease.mayAct(0), true, "a heartbeat renews it")
  await jump(halfMs + 1)
  lease.proved(0, lease.sent())
  assert.equal(lease.mayAct(0), true, "so does an append")
})

test("R10: an acknowledgement counts from when its request was sent, not from when it came", async () => {
  const { clock, jump } = await virtualClock()
  const lease = new Lease(clock)
  const sent = lease.sent()
  await jump(halfMs + 1)
  lease.proved(0, sent)
  lease.beaten(sent)
  assert.equal(lease.mayAct(0), false)
})

test("R10: who may have been taken for gone must be shown by the journal that it still owns a partition", async () => {
  const { clock, jump } = await virtualClock()
  const lease = new Lease(clock)
  lease.beaten(lease.sent())
  lease.proved(0, lease.sent())
  const beforeTheGap = lease.sent()
  await jump(limits.memberTtlMs + 1)
  lease.beaten(lease.sent())
  assert.deepEqual([lease.mayAct(0), lease.isProved(0)], [false, false], "its heartbeat alone does not do")
  lease.proved(0, beforeTheGap)
  assert.equal(lease.mayAct(0), false, "nor what was asked before")
  lease.proved(0, lease.sent())
  assert.equal(lease.mayAct(0), true)
  lease.forget(0)
  assert.equal(lease.mayAct(0), false)
})

test("R10: a wall clock that was set forward ends the lease, as the machine may have stood still", () => {
  let wallMs = 1_000_000
  const clock = { currentTimeMillisUnsafe: () => wallMs, monotonicTimeNanosUnsafe: () => 5n } as Clock.Clock // cast: all it reads
  const lease = new Lease(clock)
  lease.beaten(lease.sent())
  lease.proved(0, lease.sent())
  wallMs += halfMs + 1
  assert.equal(lease.mayAct(0), false)
})

/** A process whose members answer while `reachable` says so. */
async function owning(world: World, clock: Clock.Clock, reachable: () => boolean, { shape }: App = bank) {
  const { journal, streams, lanes, members } = world
  const fenced: number[] = []
  const appended: number[] = []
  const watched = {
    ...journal,
    append: (...args: Parameters<typeof journal.append>) => {
      appended.push(args[0])
      return journal.append(...args)
    },
  }
  const seen: Members = {
    ...members,
    beat: (member) =>
      Effect.suspend(() => (reachable() ? members.beat(member) : Effect.fail(new MembersUnavailable("nobody answers")))),
  }
  const scope = Effect.runSync(Scope.make())
  const starting = ownPartitions({
    app: shape,
    ports: { journal: watched, inputs: streams, egress: streams, lanes, telemetry: silent },
    members: seen,
    self: `process-${world.next()}`,
    observer: { ...unobserved, fenced: (partition) => void fenced.push(partition) },
    newIncarnation: () => `journal-${world.next()}`,
  })
  const state = await Effect.runPromise(starting.pipe(Scope.provide(scope), Effect.provideService(Clock.Clock, clock)))
  return { state, fenced, appended, stop: () => Effect.runPromise(Scope.close(scope, Exit.void)) }
}

function mayAct({ deliveries }: OwnershipState): readonly boolean[] {
  return [...deliveries.values()].map(({ sharing }) => sharing.mayAct())
}

test("R10: partitions may act while their process is heard, not half a lease later, and again when it is heard", async () => {
  const world = newWorld()
  const { clock, pass } = await virtualClock()
  let reachable = true
  const process = await owning(world, clock, () => reachable)
  await pass(10 * limits.memberBeatMs)
  assert.deepEqual(mayAct(process.state), Array(8).fill(true))
  reachable = false
  await pass(halfMs + 50)
  assert.deepEqual(mayAct(process.state), Array(8).fill(false))
  const appends = process.appended.length
  await pass(10_000)
  reachable = true
  await pass(2 * limits.memberBeatMs)
  assert.deepEqual(mayAct(process.state), Array(8).fill(true))
  assert.equal(process.appended.length, appends, "the journal was only read")
  await process.stop()
})

test("R10: who stood still while it was stored that a handler begins lets it begin when its lease is good again", async () => {
  const { clock, pass, jump } = await virtualClock()
  const { journal, ...rest } = newWorld()
  let isHeard = true
  let stood = 0
  const standStill = async () => {
    stood += 1
    if (stood > 1) return
    isHeard = false
    await jump(2 * limits.memberTtlMs)
  }
  const append: typeof journal.append = (partition, bytes, expected) => {
    const appended = journal.append(partition, bytes, expected)
    const isHold = Buffer.from(bytes).includes('"hold":[')
    return isHold ? Effect.tap(appended, () => Effect.promise(standStill)) : appended
  }
  const world = { ...rest, journal: { ...journal, append } }
  const allowed: boolean[] = []
  const Nothing = Schema.toStandardSchemaV1(Schema.Struct({}))
  const Rung = event("Rung", Nothing)
  const rung = Promise.withResolvers<boolean>()
  const page = effectful((state: object) => {
    allowed.push(process.state.deliveries.get(partitionOf("c", 8))?.sharing.mayAct() === true)
    rung.resolve(true)
    return done(state)
  })
  const pager = service("pager", { state: () => ({}) }).on(Rung, () => "c", page, { delivery: "at most once" })
  const shop = app("shop", { namespace: "test", partitions: 8, services: [pager] })
  const process = await owning(world, clock, () => isHeard, shop)
  await publishInMemory(shop, world, Rung({}), { id: "r", key: "c" })
  await pass(1_000)
  assert.deepEqual([isHeard, allowed], [false, []])
  for (let second = 0; second < 30; second += 1) {
    isHeard = true
    await pass(1_000)
  }
  await rung.promise
  assert.deepEqual(allowed, [true])
  await process.stop()
})

test("R10: no handler that does I/O is started by a process that nobody hears, and it is when somebody does again", async () => {
  const called: string[] = []
  const Nothing = Schema.toStandardSchemaV1(Schema.Struct({}))
  const mail = service("mail", { state: () => ({}) }).command(
    "send",
    Nothing,
    effectful((_state, _payload, { key }) => {
      called.push(key)
      return done({}, null)
    }),
  )
  const mails = app("mails", { namespace: "mails", partitions: 1, services: [mail] })
  const world = newWorld()
  const { clock, pass } = await virtualClock()
  let reachable = true
  const process = await owning(world, clock, () => reachable, mails)
  await pass(limits.memberBeatMs)
  reachable = false
  await pass(halfMs + 50)
  const sent = askInMemory(mails, world, mail.send("a", {}))
  await pass(10_000)
  assert.deepEqual(called, [])
  reachable = true
  await pass(2 * limits.memberBeatMs)
  assert.deepEqual([called, await sent], [["a"], { type: "done", value: null }])
  await process.stop()
})

test("R10: an idle process that was taken for gone is told by the journal what it has lost, without writing", async () => {
  const world = newWorld()
  const { clock, pass } = await virtualClock()
  let reachable = true
  const paused = await owning(world, clock, () => reachable)
  reachable = false
  const heir = await owning(world, clock, () => true)
  await pass(limits.memberTtlMs + 2 * limits.memberBeatMs)
  assert.equal(heir.state.deliveries.size, 8, "the heir has taken everything")
  const appends = paused.appended.length
  assert.deepEqual([paused.state.deliveries.size, paused.fenced.length], [8, 0], "and the other does not know")
  assert.deepEqual(mayAct(paused.state), Array(8).fill(false))
  reachable = true
  await pass(limits.memberBeatMs)
  assert.equal(paused.fenced.length, 8, "it asked for all that it thought it had still")
  assert.equal(paused.appended.length, appends, "and wrote nothing")
  await pass(limits.memberTtlMs + 3 * limits.memberBeatMs)
  assert.deepEqual([paused.state.deliveries.size, heir.state.deliveries.size], [4, 4])
  assert.deepEqual(await askInMemory(bank, world, account.deposit("a", { amount: 1 })), { type: "done", value: 1 })
  await paused.stop()
  await heir.stop()
})
