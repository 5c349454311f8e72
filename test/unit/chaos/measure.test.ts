// What is reported of a fault: how long nothing was answered, and when answers came as fast as before.
import assert from "node:assert/strict"
import { test } from "node:test"
import { figuresByKind, notice, percentiles } from "../../chaos/measure.ts"

/** Answers every 100 ms in these ranges. */
const every100 = (...ranges: readonly (readonly [number, number])[]) =>
  ranges.flatMap(([fromMs, untilMs]) => Array.from({ length: (untilMs - fromMs) / 100 }, (_, n) => fromMs + n * 100))

const span = { kind: "kill-server", target: "n1", beganMs: 10_000, mendedMs: 12_000, untilMs: 20_000 }

test("the stall is the longest time without an answer, counted from the beginning of the fault", () => {
  const answers = every100([0, 10_000], [13_500, 20_000])
  assert.equal(notice(span, answers).stallMs, 3_500)
})

test("no answer at all until the next fault is a stall of all the time, without recovery", () => {
  const noticed = notice(span, every100([0, 10_000]))
  assert.equal(noticed.stallMs, 10_000)
  assert.equal(noticed.recoveredMs, undefined)
})

test("it has recovered when a second has nine tenths of the answers that a second had before", () => {
  const slow = every100([0, 10_000]).concat([13_000, 13_500, 14_000, 14_500], every100([15_000, 20_000]))
  const { recoveredMs = 0 } = notice(span, slow)
  assert.ok(recoveredMs >= 5_800 && recoveredMs <= 6_100, `${recoveredMs} ms`)
})

test("a fault that nobody notices has recovered as soon as a second has passed after it", () => {
  const { stallMs, recoveredMs } = notice(span, every100([0, 20_000]))
  assert.equal(stallMs, 100)
  assert.equal(recoveredMs, 3_000)
})

test("figures are by kind, and say how many did not recover", () => {
  const figures = figuresByKind([
    { kind: "b", stallMs: 10, recoveredMs: undefined },
    { kind: "a", stallMs: 1, recoveredMs: 5 },
    { kind: "b", stallMs: 30, recoveredMs: 40 },
  ])
  assert.deepEqual(figures.map(({ kind, count, unrecovered }) => [kind, count, unrecovered]), [["a", 1, 0], ["b", 2, 1]])
  assert.deepEqual(figures[1]?.stallMs, { p50: 10, p99: 30, max: 30 })
})

test("percentiles of nothing are nothing", () => {
  assert.deepEqual(percentiles([]), { p50: 0, p99: 0, max: 0 })
  assert.deepEqual(percentiles([3, 1, 2]), { p50: 2, p99: 3, max: 3 })
})
