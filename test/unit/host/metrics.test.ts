// What an engine shows of itself in numbers.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import { unobserved } from "../../../runtime/delivery/observer.ts"
import { Tally } from "../../../runtime/delivery/stats.ts"
import type { Engine } from "../../../runtime/host/engine.ts"
import { limits } from "../../../runtime/kernel/limits.ts"
import { partitionOf } from "../../../runtime/message/key.ts"
import type { Journal } from "../../../runtime/ports/journal.ts"
import { askInMemory, newWorld, startInMemory } from "../../../runtime/testing/index.ts"
import { account, bank, transfer } from "../../support/bank.ts"
import { virtualClock } from "../../../runtime/testing/virtual-clock.ts"
import { startVirtual } from "../../support/virtual-process.ts"

test("refused appends, records sent again and parked ones are counted, and the observer behind is told as well", () => {
  const told: string[] = []
  const tally = new Tally()
  const observer = tally.observing({
    ...unobserved,
    fenced: (partition) => void told.push(`fenced ${partition}`),
    resent: (records) => void told.push(`resent ${records}`),
    committed: ({ number }) => void told.push(`block ${number}`),
  })
  observer.fenced(2)
  observer.resent(40)
  observer.resent(2)
  observer.committed({
    partition: 2, number: 7, decisions: 3, bytes: 500, ended: [], alarms: [], parked: 1, dropped: [],
    setAside: [{ row: "mail/m-1", code: "POISON" }], outcomes: [{ service: "mail", outcome: "refused", count: 2 }],
  })
  const { durations: _, ...counts } = tally.counts
  assert.deepEqual(counts, {
    counts: [{ partition: 2, blocks: 1, decisions: 3, bytes: 500, parked: 1, dropped: 0, fenced: 1 }],
    sagas: [],
    alarms: [],
    outcomes: [{ service: "mail", outcome: "refused", count: 2 }],
    resent: 42,
  })
  assert.deepEqual(told, ["fenced 2", "resent 40", "resent 2", "block 7"])
})

const ofA = partitionOf("a", 8)

test("gauges show what is there, as rows and open records; counters what happened: blocks, decisions, ended sagas", async () => {
  const world = newWorld()
  const process = await startInMemory(bank, world)
  await askInMemory(bank, world, account.deposit("a", { amount: 100 }))
  const moves = [1, 2].map((n) => askInMemory(bank, world, transfer.start(`t${n}`, { from: "a", to: "b", amount: 10 })))
  await Promise.all([...moves, askInMemory(bank, world, transfer.start("t3", { from: "a", to: "b", amount: 1_000 }))])
  await process.until(() => process.engine.metrics().gauges.every(({ outbox }) => outbox === 0))
  const { app, gauges, counts, sagas, states, resent, heartbeatAgeMs = -1 } = process.engine.metrics()
  assert.deepEqual([app, resent], ["bank", 0])
  assert.deepEqual(states, { claiming: 0, running: 8, stalled: 0, broken: 0, refused: 0 })
  assert.ok(heartbeatAgeMs >= 0 && heartbeatAgeMs < limits.memberTtlMs)
  assert.deepEqual(sagas.toSorted((a, b) => a.ended - b.ended), [
    { saga: "transfer", outcome: "compensated", ended: 1 },
    { saga: "transfer", outcome: "completed", ended: 2 },
  ])
  assert.deepEqual(new Set(gauges.map(({ partition }) => partition)), new Set([0, 1, 2, 3, 4, 5, 6, 7]))
  const rows = gauges.reduce((sum, gauge) => sum + gauge.rows, 0)
  assert.ok(rows >= 3, `${rows} rows: two accounts and what was said of them`)
  const counted = (name: "blocks" | "decisions" | "bytes") => counts.reduce((sum, count) => sum + count[name], 0)
  assert.equal(counted("blocks"), process.blocks.length)
  assert.equal(counted("decisions"), process.blocks.reduce((sum, { decisions }) => sum + decisions, 0))
  assert.equal(counted("bytes"), process.blocks.reduce((sum, { bytes }) => sum + bytes, 0))
  await process.kill()
})

test("sagas are counted by how they stand, also by the owner that reads them from the journal", async () => {
  const world = newWorld()
  const { clock, pass } = await virtualClock()
  const active = (engine: Engine) => {
    const all = engine.metrics().gauges.flatMap(({ sagas }) => sagas)
    const sum = (of: "running" | "compensating" | "parked") => all.reduce((total, counts) => total + counts[of], 0)
    return [sum("running"), sum("compensating"), sum("parked")]
  }
  // So that the pause is decided before the answer to the first step, which leaves with its block.
  const append: Journal["append"] = (...args) => Effect.delay(world.journal.append(...args), "40 millis")
  const first = startVirtual(world, clock, { ports: { journal: { ...world.journal, append } } })
  const starting = first.engine
  await pass(200)
  const engine = await starting
  for (const key of ["t1", "t2"]) void askInMemory(bank, world, transfer.start(key, { from: "a", to: "b", amount: 10 }))
  void askInMemory(bank, world, transfer.pause("t2", { by: "ann", why: "she asks" }))
  await pass(20, 5)
  assert.deepEqual(active(engine), [1, 0, 1])
  await pass(1_000)
  assert.deepEqual(active(engine), [0, 0, 1], "one has ended, the other still stands")
  await first.stop()
  const second = startVirtual(world, clock)
  await pass(200)
  assert.deepEqual(active(await second.engine), [0, 0, 1])
  await second.stop()
})

test("durations are counted: of sagas by outcome, of blocks on their way; and what became of commands", async () => {
  const world = newWorld()
  const process = await startInMemory(bank, world)
  const told: string[] = []
  process.engine.tellDurations({
    saga: ({ saga, outcome }) => void told.push(`${saga} ${outcome}`), handler: () => undefined, append: () => undefined,
  })
  await askInMemory(bank, world, account.deposit("a", { amount: 100 }))
  await askInMemory(bank, world, transfer.start("t1", { from: "a", to: "b", amount: 1_000 }))
  const { durations, outcomes, gauges } = process.engine.metrics()
  assert.deepEqual(durations.sagas.map(({ saga, outcome, count }) => [saga, outcome, count]), [["transfer", "compensated", 1]])
  assert.deepEqual(told, ["transfer compensated"])
  assert.ok(durations.appends.count > 0)
  const refused = outcomes.find(({ service, outcome }) => service === "account" && outcome === "refused")
  assert.equal(refused?.count, 1)
  const stored = [...Array(8).keys()].map((n) => world.journal.records(n).reduce((sum, { bytes }) => sum + bytes.length, 0))
  await process.until(() => process.engine.isIdle())
  assert.deepEqual(gauges.map(({ storedBytes }) => storedBytes > 0), stored.map((bytes) => bytes > 0))
  await process.kill()
})

test("what is under way shows as in flight, open or set, and is gone when it is over", async () => {
  const world = newWorld()
  const { clock, pass } = await virtualClock()
  let holds = false
  const append: Journal["append"] = (...args) =>
    Effect.suspend(() => (holds ? Effect.never : world.journal.append(...args)))
  const process = startVirtual(world, clock, { ports: { journal: { ...world.journal, append } } })
  const engine = await process.engine
  const gauge = () => engine.metrics().gauges.find(({ partition }) => partition === ofA)
  holds = true
  for (let n = 0; n < 3; n += 1) {
    void askInMemory(bank, world, account.deposit("a", { amount: 1 }), `d${n}`)
    await pass(100)
  }
  assert.equal(gauge()?.inFlight, 2, "two wait for the first block, which is on its way")
  assert.equal(gauge()?.outbox, 3, "an event each is not confirmed")
  await process.stop()
  assert.deepEqual(engine.metrics().gauges, [])
})

test("a timer that is set shows, and so does a parked record", async () => {
  const world = newWorld({ append: (partition) => (frozen && partition === ofA ? "lost" : "none") })
  let frozen = false
  const { clock, pass } = await virtualClock()
  const process = startVirtual(world, clock)
  const engine = await process.engine
  const sum = (name: "timers" | "parked" | "timerLateMs") =>
    engine.metrics().gauges.reduce((total, gauge) => total + gauge[name], 0)
  assert.deepEqual([sum("timers"), sum("parked")], [0, 0])
  frozen = true
  void askInMemory(bank, world, transfer.start("t1", { from: "a", to: "b", amount: 1 }))
  world.streams.store("external", ofA === 0 ? 1 : 0, Buffer.from("not json"))
  await pass(1_000)
  assert.deepEqual([sum("timers"), sum("parked"), sum("timerLateMs")], [1, 1, 0])
  await process.stop()
})
