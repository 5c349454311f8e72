// The pictures of the scaling curves: points lie where their values belong, nothing is left out, and any text is only text.
import assert from "node:assert/strict"
import { test } from "node:test"
import { type Chart, chartSvg } from "../../../bench/chart.ts"
import type { Scaling } from "../../../bench/curves.ts"
import type { Result } from "../../../bench/result.ts"
import { chartOf } from "../../../bench/scaling-charts.ts"
import { bytesText, logTicks, niceTicks, numberText } from "../../../bench/ticks.ts"

const three = [{ x: 1, label: "1" }, { x: 10, label: "10" }, { x: 1_000, label: "1,000" }]

function chart(values: readonly (number | undefined)[], scale: "linear" | "log" = "linear", title = "sagas/s"): Chart {
  return { title: "A curve", notes: ["a machine"], axis: "things", points: three, panels: [{ title, scale, values }] }
}

interface Drawn {
  readonly dots: readonly { readonly x: number; readonly y: number; readonly value: string }[]
  readonly crosses: number
  /** By what is written at it. */
  readonly lines: ReadonlyMap<string, number>
}

function drawn(svg: string): Drawn {
  const dots = [...svg.matchAll(/<circle class="dot" cx="([\d.]+)" cy="([\d.]+)" r="4"><title>[^:]*: ([^<]*)</g)]
  const ticks = [...svg.matchAll(/<text class="tick y" x="[\d.]+" y="([\d.]+)">([^<]*)</g)]
  return {
    dots: dots.map(([, x, y, value = ""]) => ({ x: Number(x), y: Number(y), value })),
    crosses: svg.match(/<path class="broken"/g)?.length ?? 0,
    lines: new Map(ticks.map(([, y, text = ""]) => [text, Number(y) - 4])),
  }
}

function assertSound(svg: string): void {
  const open: string[] = []
  const tag = /<(\/?)([a-z]+)((?: [a-zA-Z0-9:-]+="[^"<]*")*) ?(\/?)>/g
  for (const [, closing, name = "", , empty] of svg.matchAll(tag)) {
    if (closing === "/") assert.equal(open.pop(), name)
    else if (empty !== "/") open.push(name)
  }
  assert.deepEqual(open, [])
  assert.doesNotMatch(svg.replaceAll(tag, ""), /[<>]|&(?!(amp|lt|gt|quot);)/)
  assert.doesNotMatch(svg, /NaN|Infinity|undefined|null/)
}

test("on a linear axis a point lies between the lines as its value lies between theirs, from 0 on", () => {
  const { dots, lines } = drawn(chartSvg(chart([250, 500, 1000])))
  const [zero, thousand] = [lines.get("0") ?? 0, lines.get("1,000") ?? 0]
  assert.ok(zero > thousand && thousand > 0, "more is higher")
  assert.deepEqual(dots.map(({ value }) => value), ["250", "500", "1,000"])
  for (const [index, value] of [250, 500, 1000].entries())
    assert.ok(Math.abs((dots[index]?.y ?? 0) - (zero + ((thousand - zero) * value) / 1000)) < 0.2)
})

test("on a logarithmic axis the same factor is the same distance, up and across", () => {
  const { dots, lines } = drawn(chartSvg(chart([100, 1_000, 100_000], "log")))
  assert.deepEqual(dots.map(({ y }) => y), [lines.get("100"), lines.get("1,000"), lines.get("100k")])
  const [a, b, c] = dots.map(({ x }) => x)
  assert.ok(Math.abs((c! - b!) / (b! - a!) - 2) < 0.01, "from 10 to 1,000 is twice as far as from 1 to 10")
})

test("a point that broke is a cross and no dot, and the others are still there", () => {
  const svg = chartSvg(chart([250, undefined, 1000]))
  assertSound(svg)
  assert.equal(drawn(svg).crosses, 1)
  assert.deepEqual(drawn(svg).dots.map(({ value }) => value), ["250", "1,000"])
})

test("whatever was measured, no coordinate is without a number, and the picture is well formed", () => {
  const odd = [
    chart([]), chart([undefined, undefined, undefined], "log"), chart([0, 0, 0]), chart([0, 0, 0], "log"),
    chart([7, 7, 7], "log"), chart([-5, Number.NaN, Number.POSITIVE_INFINITY]), chart([1e-9, 1, 1e12], "log"),
    { ...chart([3]), points: three.slice(0, 1) },
  ]
  for (const one of odd) assertSound(chartSvg(one))
  assert.equal(drawn(chartSvg(chart([0, 5, 0], "log"))).crosses, 2, "0 has no place on a logarithmic axis")
})

test("names are texts, whatever they hold", () => {
  const evil = '</text><script>&"'
  const svg = chartSvg({ ...chart([1, 2, 3], "linear", evil), title: evil, notes: [evil], axis: evil })
  assertSound(svg)
  assert.doesNotMatch(svg, /<script/)
  assert.match(svg, /&lt;script&gt;&amp;&quot;/)
})

test("panels stand beside and below each other, all of them inside the picture", () => {
  for (const count of [1, 2, 3, 4, 5, 6]) {
    const panels = Array.from({ length: count }, () => chart([1, 2, 3]).panels[0]!)
    const svg = chartSvg({ ...chart([]), panels })
    assertSound(svg)
    const [, width = 0, height = 0] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg)?.map(Number) ?? []
    const places = [...svg.matchAll(/translate\((\d+) (\d+)\)/g)].map(([, x, y]) => [Number(x), Number(y)] as const)
    assert.equal(new Set(places.map(String)).size, count)
    for (const [x, y] of places) assert.ok(x + 300 < width && y + 264 < height, `${x}, ${y} in ${width} x ${height}`)
  }
})

test("a picture is drawn for light and dark readers", () => {
  assert.match(chartSvg(chart([1, 2, 3])), /@media \(prefers-color-scheme: dark\)/)
})

test("a curve's file becomes a chart: a panel for each of its measures, the machine and how busy it was below", () => {
  // cast: only these are drawn
  const result = { perSecond: 900, cpuMsPerSaga: 2, bytesPerOpenSaga: 850, rssMiB: 200, othersCores: 1.2 } as Result
  const scaling: Scaling = {
    // cast: only these are told
    machine: { cores: 2, cpu: "EPYC", node: "v24", natsServer: "nats-server: v2", date: "2026-01-02" } as Scaling["machine"],
    runs: 1, measuredS: 5, inFlight: 256,
    curves: [{
      name: "open", title: "Open", axis: "open sagas",
      points: [{ x: 1_000, result, broken: [] }, { x: 10_000, broken: ["no saga ended"] }],
    }],
  }
  const { points, panels, notes } = chartOf(scaling.curves[0]!, scaling)
  assert.deepEqual(points, [{ x: 1_000, label: "1,000" }, { x: 10_000, label: "10k" }])
  assert.deepEqual(panels.map(({ values }) => values), [[900, undefined], [2, undefined], [850, undefined], [200, undefined]])
  assert.match(notes.join("\n"), /2 x EPYC.*\n.*one run of 5 s a point; others used 1\.20 to 1\.20 of the cores; 2026-01-02/)
})

test("axes go from 0 or a power of ten to above the largest value, in round steps", () => {
  assert.deepEqual(niceTicks([592, 179]), [0, 200, 400, 600, 800])
  assert.deepEqual(niceTicks([0.31]), [0, 0.1, 0.2, 0.3, 0.4])
  assert.deepEqual(logTicks([9_855, 40_257]), [1_000, 10_000, 100_000])
  assert.deepEqual(logTicks([7]), [1, 10])
})

test("numbers are written short", () => {
  const written = [0.583, 3.314, 194.4, 1519, 46_583, 1_000_000].map(numberText)
  assert.deepEqual(written, ["0.583", "3.31", "194", "1,519", "46.6k", "1M"])
  assert.deepEqual([256, 4096, 65_536].map(bytesText), ["256 B", "4 KiB", "64 KiB"])
})
