// R14: a journal that was put back to an older copy gives its numbers out again, or has forgotten what it had confirmed. Its
// partition stops and says so, the others go on, and nothing that is sent meanwhile is skipped when an operator has spoken.
import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import * as Effect from "effect/Effect"
import { newDelivery } from "../../../runtime/delivery/delivery.ts"
import { unobserved } from "../../../runtime/delivery/observer.ts"
import { claim } from "../../../runtime/delivery/recover.ts"
import { confirmSuspicion, suspect } from "../../../runtime/delivery/suspicion.ts"
import type { App } from "../../../runtime/index.ts"
import type { LaneFrame } from "../../../runtime/ports/lanes.ts"
import { silent } from "../../../runtime/ports/telemetry.ts"
import { type MemoryProcess, newWorld, startInMemory, type World } from "../../../runtime/testing/index.ts"
import { keys, lossyLanes, pay, payments } from "../../support/payments.ts"

const [here, there, elsewhere] = keys
const [source, destination] = [0, 1]

function received(process: MemoryProcess, key = there): readonly string[] {
  // cast: payee keeps pairs of an effect and a count
  const pairs = (process.engine.row({ service: "payee", key })?.state ?? []) as readonly (readonly [string, number])[]
  return pairs.map(([effect]) => effect.slice(effect.indexOf(":") + 1))
}

const names = (letter: string, from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => `${letter}${from + n}`)

async function payAll(world: World, process: MemoryProcess, effects: readonly string[]): Promise<void> {
  for (const effect of effects) await pay(world, here, there, effect)
  await process.until(() => process.engine.isIdle() && received(process).includes(effects.at(-1) ?? ""))
}

/**
 * A world in which five payments were made, whose journal of one partition is as it was after two, and whose input was made
 * anew, so that the other three do not come again.
 */
async function restoredWorld(t: TestContext, restored: number, shape: App = payments) {
  let isLost: (frame: LaneFrame) => boolean = () => false
  const made = newWorld()
  const world = { ...made, lanes: lossyLanes(made.lanes, (frame) => isLost(frame)) }
  const first = await startInMemory(shape, world)
  await payAll(world, first, names("p", 1, 2))
  const copy = world.journal.records(restored).slice()
  await payAll(world, first, names("p", 3, 5))
  await first.kill()
  world.journal.records(restored).splice(0, Number.POSITIVE_INFINITY, ...copy)
  world.streams.recreate("external")
  const run = async () => {
    const process = await startInMemory(shape, world)
    t.after(() => process.kill())
    return process
  }
  return { world, run, lose: (what: typeof isLost) => void (isLost = what) }
}

function broken({ engine }: MemoryProcess) {
  const stopped = engine.health().partitions.filter(({ state }) => state === "broken")
  return stopped.map(({ partition, code }) => [partition, code])
}

const stopped = (process: MemoryProcess) => process.until(() => broken(process).length > 0)

test("scenario 55, R14: a restored journal whose numbers others decided stops its partition; the rest goes on", async (t) => {
  const { world, run, lose } = await restoredWorld(t, source)
  // Replies that are sent again would tell the same.
  lose(({ lane }) => lane === "replies")
  const process = await run()
  void pay(world, here, there, "q1")
  await stopped(process)
  assert.deepEqual(broken(process), [[source, "JOURNAL_BEHIND"]])
  const { reasons, ready } = process.engine.health()
  assert.match(reasons.join("\n"), /partition 1 has decided record 5 of it \(commands\), which it never made/)
  assert.deepEqual([ready, process.engine.metrics().states.broken], [true, 1])
  assert.deepEqual(received(process), names("p", 1, 5))
  await pay(world, elsewhere, there, "r1")
  await process.until(() => received(process).includes("r1"))
})

test("R14: what a restored journal sends under numbers that were used is not skipped: an operator lets it go on", async (t) => {
  const { world, run } = await restoredWorld(t, source)
  const process = await run()
  void pay(world, here, there, "q1")
  await stopped(process)
  assert.equal(process.engine.claimAgain(source, { resync: true }), true)
  await payAll(world, process, ["q2"])
  assert.deepEqual([received(process).slice(5), broken(process)], [["q1", "q2"], []])
  const before = received(process)
  await process.kill()
  const next = await run()
  await payAll(world, next, ["q3"])
  assert.deepEqual(received(next), [...before, "q3"], "the next owner goes on from there")
})

test("R14: an operator's word that a journal is to be taken as it is holds for one owner, not for the next", async (t) => {
  const { world, run } = await restoredWorld(t, source)
  const process = await run()
  void pay(world, here, there, "q1")
  await stopped(process)
  process.engine.claimAgain(source, { resync: true })
  await payAll(world, process, ["q2"])
  await process.kill()
  const older = newWorld().streams
  older.recreate("external")
  const next = await startInMemory(payments, { ...world, streams: older })
  t.after(() => next.kill())
  assert.deepEqual(broken(next), [[source, "INPUT_BEHIND"]])
})

test("R14: a restored journal that grew past what was decided is found out too, and nothing of it is skipped", async (t) => {
  const { world, run, lose } = await restoredWorld(t, source)
  lose(() => true)
  const process = await run()
  for (const effect of names("q", 1, 6)) await pay(world, here, there, effect)
  lose(() => false)
  await stopped(process)
  assert.deepEqual([broken(process), received(process)], [[[source, "JOURNAL_BEHIND"]], names("p", 1, 5)])
  process.engine.claimAgain(source, { resync: true })
  await process.until(() => received(process).length > 10)
  assert.deepEqual(received(process), [...names("p", 1, 5), ...names("q", 1, 6)])
})

test("scenario 55, R14: a restored journal that forgot what it had confirmed stops; its sources wait for it", async (t) => {
  const { world, run, lose } = await restoredWorld(t, destination)
  // Its replies would tell the same.
  lose(({ lane }) => lane === "replies")
  const process = await run()
  void pay(world, here, there, "q1")
  await stopped(process)
  assert.deepEqual(broken(process), [[destination, "JOURNAL_BEHIND"]])
  const { reasons } = process.engine.health()
  assert.match(reasons.join("\n"), /it had confirmed records of partition 0 \(commands\) up to 5/)
  await pay(world, here, elsewhere, "r1")
  await process.until(() => received(process, elsewhere).includes("r1"))
  lose(() => false)
  assert.equal(process.engine.claimAgain(destination, { resync: true }), true)
  await payAll(world, process, ["q2"])
  assert.deepEqual(received(process), ["p1", "p2", "q1", "q2"], "lost is only what the copy does not hold")
})

test("R14: a process that has lost the partition and hears of records that it never made is fenced, not stopped", async () => {
  const { journal, streams, lanes } = newWorld()
  const ports = { journal, inputs: streams, egress: streams, lanes, telemetry: silent }
  const claimed = (incarnation: string) => Effect.runPromise(claim(ports, { app: "payments", index: 0, incarnation, nowMs: 1 }))
  const paused = newDelivery(payments.shape, ports, await claimed("a"), unobserved)
  suspect(paused, "somebody has decided more")
  await claimed("b")
  assert.equal((await Effect.runPromise(Effect.flip(confirmSuspicion(paused))))._tag, "Fenced")
  const owner = newDelivery(payments.shape, ports, await claimed("c"), unobserved)
  suspect(owner, "somebody has decided more")
  assert.equal((await Effect.runPromise(Effect.flip(confirmSuspicion(owner))))._tag, "JournalBehind")
})
