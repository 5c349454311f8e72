// The page that Prometheus reads, and the files in docs/monitoring that speak of it.
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { startHealthServer } from "../../../runtime/host/health-server.ts"
import { unready } from "../../../runtime/host/health.ts"
import { instruments, type MetricName } from "../../../runtime/telemetry/metric-points.ts"
import { names } from "../../../runtime/telemetry/names.ts"
import { prometheusName, prometheusText } from "../../../runtime/telemetry/prometheus.ts"
import { shown } from "./shown-metrics.ts"

const text = prometheusText(shown)
const every = Object.keys(instruments) as MetricName[] // cast: its keys

function page(path: string): string {
  return readFileSync(new URL(`../../../docs/${path}`, import.meta.url), "utf8")
}

/** Sample names on the page -> the names of their labels. */
function samples(): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>()
  for (const line of text.trimEnd().split("\n")) {
    if (line.startsWith("#")) continue
    const [, name = "", labels = ""] = /^([a-z_]+)\{([^}]*)\} -?[0-9.e+-]+$/.exec(line) ?? assert.fail(`no sample: ${line}`)
    const known = found.get(name) ?? new Set()
    for (const [, label = ""] of labels.matchAll(/(\w+)="/g)) known.add(label)
    found.set(name, known)
  }
  return found
}

test("every metric is on the page, with its type, its unit in its name and its labels", () => {
  for (const name of every) {
    const called = prometheusName(name)
    assert.ok(text.includes(`# TYPE ${called} ${instruments[name].kind}\n`), called)
    assert.ok(text.includes(`# HELP ${called} ${instruments[name].description}\n`), called)
  }
  const of = (start: string) => text.split("\n").filter((line) => line.startsWith(`${start}{`))
  assert.deepEqual(of("troupe_partition_timer_lateness_seconds"), [
    'troupe_partition_timer_lateness_seconds{troupe_app="order-flow",troupe_partition="3"} 1.5',
  ])
  assert.deepEqual(of("troupe_commands_total"), [
    'troupe_commands_total{troupe_app="order-flow",troupe_service="mail",troupe_outcome="refused"} 23',
  ])
})

test("a histogram's buckets add up, and end with all", () => {
  const labels = 'troupe_app="order-flow",troupe_service="mail",troupe_outcome="done"'
  const lines = text.split("\n").filter((line) => line.startsWith("troupe_handler_duration_seconds"))
  assert.deepEqual(lines, [
    `troupe_handler_duration_seconds_bucket{${labels},le="0.1"} 1`,
    `troupe_handler_duration_seconds_bucket{${labels},le="1"} 2`,
    `troupe_handler_duration_seconds_bucket{${labels},le="+Inf"} 3`,
    `troupe_handler_duration_seconds_sum{${labels}} 5.55`,
    `troupe_handler_duration_seconds_count{${labels}} 3`,
  ])
})

test("what stands in a label cannot break out of it", () => {
  const odd = { ...shown, app: 'a"b\\c\nd' }
  assert.match(prometheusText(odd), /troupe_records_resent_total\{troupe_app="a\\"b\\\\c\\nd"\} 16/)
})

for (const path of ["monitoring/grafana-dashboard.json", "monitoring/alerts.yaml"]) {
  test(`every metric and every label in ${path} is on the page`, () => {
    const there = samples()
    const labels = new Set([...there.values()].flatMap((of) => [...of]))
    const file = page(path)
    const expressions = [...file.matchAll(/"?(?:expr|query|definition)"?: *(?:\|\n((?: {10,}.*\n)+)|(.*))/g)].map(
      ([, block, line]) => block ?? line ?? "",
    )
    assert.ok(expressions.length > 10)
    const words = new Set(expressions.flatMap((expression) => expression.match(/\btroupe_[a-z_]+/g) ?? []))
    for (const word of words) assert.ok(there.has(word) || labels.has(word), word)
    assert.ok([...words].filter((word) => there.has(word)).length > 10)
  })
}

test("the dashboard is JSON, its panels do not overlap, and every panel has something to show", () => {
  interface Panel {
    readonly id: number
    readonly type: string
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
    readonly targets?: readonly { readonly expr: string }[]
  }
  // cast: Grafana's format
  const { panels } = JSON.parse(page("monitoring/grafana-dashboard.json")) as { readonly panels: readonly Panel[] }
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
  for (const { type, targets = [], gridPos } of panels) {
    assert.ok(type === "row" || targets.length > 0)
    assert.ok(gridPos.x + gridPos.w <= 24)
  }
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`),
  )
  assert.equal(new Set(cells).size, cells.length)
})

test("docs/metrics.md explains every metric by both its names, and no other", () => {
  const rows = [...page("metrics.md").matchAll(/^\| `(troupe\.[a-z_.]+)` \| `(troupe_[a-z_]+)` \|/gm)]
  assert.deepEqual(
    rows.map(([, name, called]) => `${name} ${called}`).toSorted(),
    every.map((name) => `${names.metric[name]} ${prometheusName(name)}`).toSorted(),
  )
})

test("the page is served beside the health, where there is one", async (t) => {
  const health = () => unready("it is a test")
  const server = await startHealthServer({ port: 0, health, metrics: () => text })
  t.after(() => server.close())
  const response = await fetch(`${server.url}/metrics`)
  assert.deepEqual([response.status, response.headers.get("content-type")], [200, "text/plain; version=0.0.4; charset=utf-8"])
  assert.equal(await response.text(), text)
  assert.equal((await fetch(`${server.url}/metrics`, { method: "POST" })).status, 405)
  const without = await startHealthServer({ port: 0, health })
  t.after(() => without.close())
  assert.equal((await fetch(`${without.url}/metrics`)).status, 404)
})
