// Scenario 54: everything is down for an hour while replies wait. The timers of their steps ran out long ago when it is back,
// and yet no saga times out that had its reply (R20).
import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import * as Schema from "effect/Schema"
import { type App, app, done, type Outcome, service } from "../../../runtime/index.ts"
import type { LaneFrame } from "../../../runtime/ports/lanes.ts"
import {
  askInMemory, connectWorlds, type MemoryProcess, newWorld, startInMemory, virtualClock, type VirtualClock, type World,
} from "../../../runtime/testing/index.ts"
import { saga } from "../../../sagas/index.ts"
import { endOf } from "../../unit/sagas/scenarios/stage.ts"
import { lossyLanes } from "../../support/payments.ts"

const hourMs = 3_600_000
const count = 24
const keys = Array.from({ length: count }, (_, n) => `s${n}`)

const At = Schema.toStandardSchemaV1(Schema.Struct({ at: Schema.String }))
const seat = service("seat", { state: () => ({ booked: 0, freed: 0 }) })
  .command("book", At, (state, { at }) => done({ ...state, booked: state.booked + 1 }, `seat for ${at}`))
  .undo("free", "book", (state) => done({ ...state, freed: state.freed + 1 }, null))

/** One try of five seconds: a reply that is not taken in time turns it back. */
const visit = saga("visit", { input: At, version: 1 })
  .step("seat", {
    run: ({ input }) => seat.book(`${input.at} seat`, input),
    undo: ({ input }) => seat.free(`${input.at} seat`),
    timeout: "5 seconds",
    retry: { times: 0 },
  })
  .returns(({ seat: booked }) => booked)

const Word = Schema.toStandardSchemaV1(Schema.Struct({ text: Schema.String }))
const patience = saga("patience", { input: At, version: 1 }).awaitSignal("word", Word, { timeout: "5 seconds" })

const house = app("house", { namespace: "test", partitions: 4, services: [seat, visit, patience] })

async function run(t: TestContext, clock: VirtualClock, shape: App, world: World): Promise<MemoryProcess> {
  const starting = { isUp: false }
  const start = startInMemory(shape, world, { clock: clock.clock }).finally(() => (starting.isUp = true))
  while (!starting.isUp) await clock.pass(50)
  const process = await start
  t.after(() => process.kill())
  return process
}

/** Lets time pass, in small steps, until all is settled, and checks that no saga noticed the hour. */
async function assertAllEnd(clock: VirtualClock, ends: Promise<readonly Outcome[]>): Promise<void> {
  const waiting = { isOver: false }
  void ends.then(() => (waiting.isOver = true))
  for (let passedMs = 0; !waiting.isOver; passedMs += 100) {
    assert.ok(passedMs < 60_000, "all sagas end")
    await clock.pass(100)
  }
  assert.deepEqual((await ends).map((end) => endOf(end).outcome), keys.map(() => "completed"))
}

async function untilBooked(clock: VirtualClock, processes: readonly MemoryProcess[]): Promise<void> {
  const seatOf = (key: string) => ({ service: "seat", key: `${key} seat` })
  const booked = (key: string) => processes.some(({ engine }) => engine.row(seatOf(key))?.state !== undefined)
  while (!keys.every(booked) || !processes.every(({ engine }) => engine.isIdle())) await clock.pass(50)
}

for (const processes of [1, 2]) {
  test(`scenario 54, R20: after an hour of ${processes} processes down, sagas whose replies waited complete`, async (t) => {
    const clock = await virtualClock()
    let isLost: (frame: LaneFrame) => boolean = ({ lane }) => lane === "replies"
    const made = newWorld()
    const world = { ...made, lanes: lossyLanes(made.lanes, (frame) => isLost(frame)) }
    const first = await run(t, clock, house, world)
    const ends = Promise.all(keys.map((key) => askInMemory(house, world, visit.start(key, { at: key }))))
    await untilBooked(clock, [first])
    await first.kill()
    await clock.jump(hourMs)
    isLost = () => false
    await Promise.all(Array.from({ length: processes }, () => run(t, clock, house, world)))
    await assertAllEnd(clock, ends)
  })
}

test("scenario 54, R20: replies of another app that were stored while this one was down for an hour are in time", async (t) => {
  const clock = await virtualClock()
  const there = app("there", { namespace: "test", partitions: 2, services: [seat] })
  const peers = [{ app: "there", partitions: 2, services: [seat] }]
  const here = app("here", { namespace: "test", partitions: 3, services: [visit], peers })
  const worlds = { here: newWorld(), there: newWorld() }
  connectWorlds(new Map([[here, worlds.here], [there, worlds.there]]))
  const asking = await run(t, clock, here, worlds.here)
  const ends = Promise.all(keys.map((key) => askInMemory(here, worlds.here, visit.start(key, { at: key }))))
  const sent = () => asking.engine.metrics().gauges.every(({ outbox }) => outbox === 0)
  const arrived = () => [0, 1].some((partition) => worlds.there.streams.kept("external", partition) > 0)
  while (!arrived() || !sent()) await clock.pass(50)
  await asking.kill()
  const answering = await run(t, clock, there, worlds.there)
  await untilBooked(clock, [answering])
  await clock.pass(500)
  await answering.kill()
  await clock.jump(hourMs)
  await run(t, clock, here, worlds.here)
  await assertAllEnd(clock, ends)
})

test("scenario 54, R20: a signal that was left while all was down counts, although its wait has run out", async (t) => {
  const clock = await virtualClock()
  const world = newWorld()
  const first = await run(t, clock, house, world)
  const ends = Promise.all(keys.map((key) => askInMemory(house, world, patience.start(key, { at: key }))))
  const waits = (key: string) => first.engine.row({ service: "patience", key })?.state !== undefined
  while (!keys.every(waits) || !first.engine.isIdle()) await clock.pass(50)
  await first.kill()
  for (const key of keys) void askInMemory(house, world, patience.signal(key, "word", { text: "go" }))
  await clock.jump(hourMs)
  await run(t, clock, house, world)
  await assertAllEnd(clock, ends)
})
