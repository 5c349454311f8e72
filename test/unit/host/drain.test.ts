// A process that is told to end finishes what it has begun, lets nothing new in, and hands over at once.
import assert from "node:assert/strict"
import { test } from "node:test"
import { setImmediate as turn } from "node:timers/promises"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import { Lease } from "../../../runtime/host/lease.ts"
import { newWatch, watchedPorts } from "../../../runtime/host/watched-ports.ts"
import { limits } from "../../../runtime/kernel/limits.ts"
import { decodeBlock } from "../../../runtime/message/block.ts"
import type { Journal } from "../../../runtime/ports/journal.ts"
import { silent } from "../../../runtime/ports/telemetry.ts"
import { askInMemory, newWorld, startInMemory } from "../../../runtime/testing/index.ts"
import { account, bank } from "../../support/bank.ts"
import { virtualClock } from "../../../runtime/testing/virtual-clock.ts"
import { startVirtual } from "../../support/virtual-process.ts"

/** A journal whose appends wait for as long as `gate` is closed. */
function gated<Some extends Journal>(journal: Some) {
  const gate = Latch.makeUnsafe(true)
  const append: Journal["append"] = (...args) => Effect.andThen(gate.await, journal.append(...args))
  return { journal: { ...journal, append }, gate }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn()
}

test("what was let in is decided, durable and answered before the end; what comes later is left to the next owner", async () => {
  const world = newWorld()
  const { journal, gate } = gated(world.journal)
  const first = await startInMemory(bank, { ...world, journal })
  gate.closeUnsafe()
  const early = [1, 2, 3].map((n) => askInMemory(bank, world, account.deposit("a", { amount: 1 }), `early ${n}`))
  await until(() => !first.engine.isIdle())
  const draining = Effect.runPromise(first.engine.drain())
  let answered = false
  // A reader that waits for a record gets it; nothing behind it.
  const waitedFor = askInMemory(bank, world, account.deposit("a", { amount: 1 }), "waited for")
  const late = askInMemory(bank, world, account.deposit("a", { amount: 1 }), "late").finally(() => (answered = true))
  const { ready, live, reasons } = first.engine.health()
  assert.deepEqual([ready, live, reasons], [false, true, ["it is told to end and finishes what it has begun"]])
  gate.openUnsafe()
  assert.equal(await draining, true)
  const outcomes = await Promise.all([...early, waitedFor])
  assert.deepEqual(outcomes.map((outcome) => outcome.type === "done" && outcome.value), [1, 2, 3, 4])
  assert.deepEqual([first.engine.owned(), answered], [[], false])
  await first.kill()
  const second = await startInMemory(bank, world)
  assert.deepEqual(await late, { type: "done", value: 5 })
  await second.kill()
})

test("what a drained process has left unfinished inside the app counts once with the next owner", async () => {
  const world = newWorld()
  const first = await startInMemory(bank, world)
  await Promise.all([1, 2, 3].map((n) => askInMemory(bank, world, account.deposit("a", { amount: 1 }), `d${n}`)))
  assert.equal(await Effect.runPromise(first.engine.drain()), true)
  await first.kill()
  const second = await startInMemory(bank, world)
  await second.until(() => JSON.stringify([...second.engine.rows("audit")]) === `[["of-a",{"deposits":3}]]`)
  assert.deepEqual([...second.engine.rows("audit")], [["of-a", { deposits: 3 }]], "each event counted once")
  await second.kill()
})

test("through a closed door comes no record and no frame; confirmations of what was sent still do", async () => {
  const { journal, streams, lanes } = newWorld()
  const { clock } = await virtualClock()
  const watch = newWatch({ partition: 0, lease: new Lease(clock), clock, appended: () => undefined, attached: () => undefined })
  const ports = watchedPorts({ journal, inputs: streams, egress: streams, lanes, telemetry: silent }, watch)
  const got: string[] = []
  const hear = (what: string) => () => void got.push(what)
  ports.lanes.attach(0, { frame: hear("frame"), confirmation: hear("confirmation"), peerReady: hear("ready") })
  ports.lanes.ready(0)
  const lane = { incarnation: "i", source: 0, destination: 0, lane: "commands" as const }
  const reader = await Effect.runPromise(Effect.scoped(ports.inputs.open("external", 0, { after: 0 })))
  const read = async () => {
    void Effect.runPromise(reader.next).then(hear("record"))
    await turn()
  }
  lanes.send({ ...lane, first: 1, messages: [] })
  for (let n = 0; n < 2; n += 1) streams.store("external", 0, Buffer.from("{}"))
  await read()
  assert.deepEqual(got.splice(0), ["ready", "frame", "record"])
  watch.admits = false
  lanes.send({ ...lane, first: 1, messages: [] })
  lanes.confirm({ ...lane, low: 1 })
  await read()
  assert.deepEqual(got, ["confirmation"])
})

test("a drain that cannot be finished ends after its time, and hands over all the same", async () => {
  const world = newWorld()
  const { clock, pass } = await virtualClock()
  const { journal, gate } = gated(world.journal)
  const stuck = startVirtual(world, clock, { ports: { journal } })
  const engine = await stuck.engine
  gate.closeUnsafe()
  const asked = askInMemory(bank, world, account.deposit("a", { amount: 1 }))
  await until(() => !engine.isIdle())
  let drained: boolean | undefined
  const draining = Effect.runPromise(Effect.provideService(engine.drain(), Clock.Clock, clock))
  void draining.then((finished) => (drained = finished))
  await pass(limits.drainMaxMs - 50)
  assert.equal(drained, undefined, "it still waits")
  await pass(100 + limits.lastFlushMs)
  assert.equal(drained, false)
  await stuck.stop()
  const next = await startInMemory(bank, world)
  assert.deepEqual(await asked, { type: "done", value: 1 }, "the next owner answers")
  await next.kill()
})

test("what a process hands over another member owns within a beat, without waiting for a time to live", async () => {
  const world = newWorld()
  const { clock, pass } = await virtualClock()
  const leaving = startVirtual(world, clock)
  const staying = startVirtual(world, clock)
  await pass(4 * limits.memberBeatMs)
  const [engine, heir] = [await leaving.engine, await staying.engine]
  assert.deepEqual([engine.owned().length, heir.owned().length], [4, 4])
  await Effect.runPromise(engine.drain())
  assert.deepEqual(engine.owned(), [])
  await pass(limits.memberBeatMs)
  assert.equal(heir.owned().length, 8)
  await pass(4 * limits.memberBeatMs)
  assert.deepEqual([engine.owned().length, heir.owned().length], [0, 8], "who has left does not come back")
  await leaving.stop()
  await staying.stop()
})

test("R13: a partition that was handed over in order is taken over without caution; a lost one is not", async () => {
  const notesAfter = async (end: "drain" | "kill") => {
    const world = newWorld()
    const first = await startInMemory(bank, world)
    await askInMemory(bank, world, account.deposit("a", { amount: 1 }))
    if (end === "drain") await Effect.runPromise(first.engine.drain())
    await first.kill()
    const asked = [1, 2, 3].map((n) => askInMemory(bank, world, account.deposit("a", { amount: 1 }), `d${n}`))
    const second = await startInMemory(bank, world)
    await Promise.all(asked)
    await second.kill()
    const records = Array.from({ length: 8 }, (_, index) => world.journal.records(index)).flat()
    return records.flatMap(({ bytes }) => decodeBlock(bytes, "test").decisions).filter(({ starting }) => starting).length
  }
  assert.deepEqual([await notesAfter("drain"), await notesAfter("kill")], [0, 3])
})
