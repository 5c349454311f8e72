// When schedules tick: time zones, clocks that are put forward and back, intervals, and what is no time.
import assert from "node:assert/strict"
import { test } from "node:test"
import { ticksBetween, ticksOf } from "../../../runtime/actor/schedule-times.ts"
import { done, InvalidInput, schedule, type ScheduleTimes, service } from "../../../runtime/index.ts"

const at = (text: string) => Date.parse(text)
const iso = (times: readonly number[]) => times.map((ms) => new Date(ms).toISOString().slice(0, 16))

function next(times: ScheduleTimes, after: string, count: number): readonly string[] {
  const target = service("target", { state: () => 0 }).command(
    "go",
    { "~standard": { version: 1, vendor: "test", validate: (value: unknown) => ({ value }) } },
    (state) => done(state),
  )
  return iso(schedule("s", times, {}, () => target.go("a", null)).nextTicks(count, at(after)))
}

test("a time of day is that of its zone, in summer and in winter", () => {
  const berlin = { cron: "0 3 * * *", timezone: "Europe/Berlin" }
  assert.deepEqual(next(berlin, "2025-01-10T12:00Z", 1), ["2025-01-11T02:00"])
  assert.deepEqual(next(berlin, "2025-07-10T12:00Z", 1), ["2025-07-11T01:00"])
  assert.deepEqual(next({ cron: "0 3 * * *" }, "2025-07-10T12:00Z", 1), ["2025-07-11T03:00"])
})

test("a time that is left out when clocks are put forward comes an hour later on the clock, once", () => {
  const berlin = { cron: "30 2 * * *", timezone: "Europe/Berlin" }
  assert.deepEqual(next(berlin, "2025-03-29T12:00Z", 2), ["2025-03-30T01:30", "2025-03-31T00:30"])
})

test("a time that comes twice when clocks are put back counts once, or twice where that is asked for", () => {
  const daily = { cron: "30 2 * * *", timezone: "Europe/Berlin" }
  assert.deepEqual(next(daily, "2025-10-25T12:00Z", 2), ["2025-10-26T00:30", "2025-10-27T01:30"])
  assert.deepEqual(next({ ...daily, repeated: "both" }, "2025-10-25T12:00Z", 2), ["2025-10-26T00:30", "2025-10-26T01:30"])
  const hourly = { cron: "0 * * * *", timezone: "Europe/Berlin", repeated: "both" } as const
  assert.deepEqual(next(hourly, "2025-10-25T23:30Z", 3), ["2025-10-26T00:00", "2025-10-26T01:00", "2025-10-26T02:00"])
})

test("an interval is counted from 1970 and knows no zones", () => {
  const ticks = next({ every: "6 hours" }, "2025-03-29T20:00Z", 3)
  assert.deepEqual(ticks, ["2025-03-30T00:00", "2025-03-30T06:00", "2025-03-30T12:00"])
})

test("ticks between two times are the last of them, oldest first, with the end and without the start", () => {
  for (const times of [{ every: "1 minute" }, { cron: "* * * * *" }] as const) {
    const ticks = ticksOf(times, "test")
    const from = at("2025-01-01T00:00Z")
    assert.deepEqual(ticksBetween(ticks, from, from + 120_000, 10), { ticks: [from + 60_000, from + 120_000], more: false })
    assert.deepEqual(ticksBetween(ticks, from, from + 119_999, 10).ticks, [from + 60_000])
    assert.deepEqual(ticksBetween(ticks, from, from + 300_000, 2), { ticks: [from + 240_000, from + 300_000], more: true })
    assert.deepEqual(ticksBetween(ticks, from, from, 2), { ticks: [], more: false })
  }
})

test("what is no time, or never comes, is refused", () => {
  const never = [{ cron: "61 * * * *" }, { cron: "0 0 31 2 *" }]
  for (const times of [...never, { cron: "* * * * *", timezone: "Mars/Base" }, { every: 999 }])
    assert.throws(() => ticksOf(times, "schedule s"), InvalidInput, JSON.stringify(times))
})
