// The metrics as a text page that Prometheus reads (text format 0.0.4), with the names that OpenTelemetry's own rules make of
// ours: dots become underscores, units and `_total` are appended.
import { instruments, type MetricName, type Point, pointsOf, type Shown } from "./metric-points.ts"
import { names } from "./names.ts"

export const prometheusType = "text/plain; version=0.0.4; charset=utf-8"

const suffixes: Readonly<Record<string, string>> = { s: "_seconds", By: "_bytes" }

/** What a metric is called on the page; a histogram's samples have `_bucket`, `_sum` and `_count` behind it. */
export function prometheusName(name: MetricName): string {
  const { kind, unit } = instruments[name]
  const base = names.metric[name].replaceAll(".", "_")
  return `${base}${suffixes[unit] ?? ""}${kind === "counter" ? "_total" : ""}`
}

export function prometheusText(shown: Shown): string {
  const byName = new Map<MetricName, Point[]>()
  for (const point of pointsOf(shown)) {
    const known = byName.get(point.name)
    if (known === undefined) byName.set(point.name, [point])
    else known.push(point)
  }
  const lines = [...byName].flatMap(([name, points]) => {
    const { kind, description } = instruments[name]
    const called = prometheusName(name)
    const samples = points.flatMap((point) => samplesOf(called, point))
    return [`# HELP ${called} ${description}`, `# TYPE ${called} ${kind}`, ...samples]
  })
  return `${lines.join("\n")}\n`
}

function samplesOf(called: string, { value, attributes }: Point): readonly string[] {
  const labels = Object.entries(attributes).map(([name, of]) => `${labelName(name)}="${escaped(String(of))}"`)
  const sample = (suffix: string, number: number, more: readonly string[] = []) =>
    `${called}${suffix}{${[...labels, ...more].join(",")}} ${number}`
  if (typeof value === "number") return [sample("", value)]
  let below = 0
  const buckets = value.counts.map((count, range) => {
    below += count
    return sample("_bucket", below, [`le="${value.bounds[range] ?? "+Inf"}"`])
  })
  return [...buckets, sample("_sum", value.sumS), sample("_count", value.count)]
}

function labelName(name: string): string {
  return name.replaceAll(/[^a-zA-Z0-9_]/g, "_")
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")
}
