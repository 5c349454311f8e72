// Schedules on a virtual clock: ticks, runs that overlap, ticks that nobody was there for, and what operators may do.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import {
  app, type App, done, effectful, type Json, schedule, type ScheduleOptions, type ScheduleRow, type ScheduleTimes, service,
} from "../../../runtime/index.ts"
import { askInMemory, newWorld, startInMemory, type World } from "../../../runtime/testing/index.ts"
import { saga } from "../../../sagas/index.ts"
import { virtualClock, type VirtualClock } from "../../../runtime/testing/virtual-clock.ts"

/** Virtual time is not free: 5 units are an interval of 10 seconds. */
const unit = 2_000
const At = Schema.toStandardSchemaV1(Schema.Struct({ atMs: Schema.Int, cause: Schema.String }))

const report = service("report", { state: () => "" }).command("write", At, (text, { atMs, cause }) =>
  done(`${text}${cause === "time" ? "" : cause[0]}${Math.floor(atMs / unit)} `),
)

function nightly(times: ScheduleTimes, options: ScheduleOptions = {}) {
  const clerk = schedule("nightly", times, options, (tick) => report.write("all", { ...tick }))
  return { clerk, shape: app("reports", { namespace: "test", partitions: 1, services: [report, clerk] }) }
}

interface Place {
  readonly world: World
  readonly time: VirtualClock
}

async function place(): Promise<Place> {
  return { world: newWorld(), time: await virtualClock() }
}

/** Runs the app for a while, and tells what the report says and what the schedule knows. */
async function run({ world, time }: Place, shape: App, passMs: number, meanwhile?: () => Promise<unknown>) {
  const process = await startInMemory(shape, world, { clock: time.clock })
  const over = meanwhile?.()
  await time.pass(passMs, 1_000)
  await over
  const stateOf = (service: string, key: string): Json | undefined => process.engine.row({ service, key })?.state
  // cast: the rows of a schedule
  const row = stateOf("nightly", "nightly") as unknown as ScheduleRow
  const remembered = process.engine.row({ service: "report", key: "all" })?.effects.size ?? 0
  const result = { text: stateOf("report", "all") ?? "", row, remembered, parked: process.engine.parked() }
  await process.kill()
  return result
}

test("an interval ticks at its multiples, each tick is one command, and a crash changes nothing", async () => {
  const here = await place()
  const { shape } = nightly({ every: "10 seconds" })
  const first = await run(here, shape, 11 * unit)
  assert.equal(first.text, "5 10 ")
  const second = await run(here, shape, 5 * unit)
  assert.deepEqual([second.text, second.row.counts.done, second.row.running, second.parked], ["5 10 15 ", 3, [], []])
  assert.equal(second.remembered, 0, "what was answered need not be remembered")
})

test("a tick has a command with its schedule and its time as effect key", async () => {
  const here = await place()
  const seen: string[] = []
  const key = service("report", { state: () => "" }).command("write", At, (state, _, { idempotencyKey }) => {
    seen.push(idempotencyKey)
    return done(state)
  })
  const clerk = schedule("nightly", { cron: "*/20 * * * * *" }, {}, (tick) => key.write("all", { ...tick }))
  await run(here, app("reports", { namespace: "test", partitions: 1, services: [key, clerk] }), 21 * unit)
  assert.deepEqual(seen, ["nightly/1970-01-01T00:00:20.000Z", "nightly/1970-01-01T00:00:40.000Z"])
})

for (const [catchUp, text, missed] of [
  ["none", "5 30 35 ", 4],
  ["last", "5 30 35 ", 4],
  ["all", "5 10 15 20 25 30 35 ", 0],
] as const) {
  test(`ticks that were due while nobody ran the app are caught up as the schedule says: ${catchUp}`, async () => {
    const here = await place()
    const { shape } = nightly({ every: "10 seconds" }, { catchUp })
    await run(here, shape, 6 * unit)
    await here.time.pass(27 * unit, 27 * unit)
    const { text: told, row } = await run(here, shape, 3 * unit)
    assert.deepEqual([told, row.counts.missed], [text, missed])
  })
}

test("a tick that is later than a take-over takes is missed where nothing is caught up", async () => {
  const here = await place()
  const { shape } = nightly({ every: "2 minutes" }, { catchUp: "none" })
  await run(here, shape, 62 * unit)
  await here.time.pass(160 * unit, 160 * unit)
  const { text, row } = await run(here, shape, 20 * unit)
  assert.deepEqual([text, row.counts.missed], ["60 240 ", 2])
})

/** A report that takes 12 units. */
function slowly(overlap: "skip" | "queue" | "allow", timeout: ScheduleOptions["timeout"] = "1 hour") {
  const slow = service("report", { state: () => 0 }).command(
    "write",
    At,
    effectful(
      (count) => Effect.as(Effect.sleep(12 * unit), done(count + 1)),
      { timeout: "1 hour" },
    ),
  )
  const clerk = schedule("nightly", { every: "10 seconds" }, { overlap, timeout }, ({ atMs, cause }) =>
    slow.write(String(atMs / unit), { atMs, cause }),
  )
  return app("reports", { namespace: "test", partitions: 1, services: [slow, clerk] })
}

test("a tick that comes while a run is under way is left out, waits, or runs beside it", async () => {
  const counts = async (overlap: "skip" | "queue" | "allow") => {
    const here = await place()
    const { row } = await run(here, slowly(overlap), 31 * unit)
    const { counts: count, running, waiting } = row
    return [count.done, count.skipped, ...[running, waiting].map((ticks) => ticks.map(({ atMs }) => atMs / unit))]
  }
  assert.deepEqual(await counts("skip"), [1, 4, [20], []])
  assert.deepEqual(await counts("queue"), [2, 0, [15], [20, 25, 30]])
  assert.deepEqual(await counts("allow"), [3, 0, [20, 25, 30], []])
})

test("a run that does not answer in time is over, and the next tick runs", async () => {
  const here = await place()
  const { row } = await run(here, slowly("skip", 6 * unit), 16 * unit)
  assert.deepEqual([row.counts.unanswered, row.counts.skipped, row.running.map(({ atMs }) => atMs / unit)], [1, 1, [15]])
})

test("an operator pauses, resumes, triggers and backfills; the answer says what was done", async () => {
  const here = await place()
  const { clerk, shape } = nightly({ every: "10 seconds" })
  const ask = (command: ReturnType<typeof clerk.pause>) => askInMemory(shape, here.world, command)
  await run(here, shape, 6 * unit, () => ask(clerk.pause()))
  const paused = await run(here, shape, 10 * unit, () => ask(clerk.trigger()))
  assert.deepEqual([paused.text, paused.row.isPaused], ["t6 ", true])
  const resumed = await run(here, shape, 5 * unit, () => ask(clerk.resume()))
  assert.deepEqual([resumed.text, resumed.row.counts.missed], ["t6 20 ", 0], "what it did not do is not caught up")
  const asked: unknown[] = []
  const filled = await run(here, shape, unit, async () => {
    asked.push(await askInMemory(shape, here.world, clerk.backfill(5 * unit, 15 * unit)))
    asked.push(await askInMemory(shape, here.world, clerk.backfill(0, 5_000 * unit)))
  })
  assert.equal(filled.text, "t6 20 b5 b10 b15 ")
  const tooMany = { type: "refused", code: "too-many", detail: { max: 100 } }
  assert.deepEqual(asked, [{ type: "done", value: { ticks: 3 } }, tooMany])
})

test("changed times hold from the next start on, and the same ones need no record", async () => {
  const here = await place()
  await run(here, nightly({ every: "100 seconds" }).shape, 6 * unit)
  const { shape } = nightly({ cron: "*/6 * * * * *" })
  assert.equal((await run(here, shape, 7 * unit)).text, "9 12 ")
  const { length } = here.world.journal.records(0)
  const again = await startInMemory(shape, here.world, { clock: here.time.clock })
  await here.time.pass(1_000)
  const blocks = here.world.journal.records(0).length - length
  await again.kill()
  assert.ok(blocks <= 1, "nothing but the claim")
})

test("a run that starts a saga is over when the saga has ended", async () => {
  const here = await place()
  const slow = saga("report", { input: At, version: 1 }).sleep("think", "12 seconds")
  const clerk = schedule("nightly", { every: "10 seconds" }, {}, (tick) => slow.start(String(tick.atMs), { ...tick }))
  const shape = app("reports", { namespace: "test", partitions: 1, services: [slow, clerk] })
  const { row } = await run(here, shape, 18 * unit)
  assert.deepEqual([row.counts.done, row.counts.skipped, row.running.map(({ atMs }) => atMs / unit)], [1, 1, [15]])
})

test("a function that throws ends its run and not the schedule", async () => {
  const here = await place()
  const clerk = schedule("nightly", { every: "10 seconds" }, {}, ({ atMs, cause }) => {
    if (atMs === 5 * unit) throw new RangeError("no")
    return report.write("all", { atMs, cause })
  })
  const shape = app("reports", { namespace: "test", partitions: 1, services: [report, clerk] })
  const { text, row, parked } = await run(here, shape, 11 * unit)
  assert.deepEqual([text, row.counts.faulted, row.counts.done, parked], ["10 ", 1, 1, []])
})
