// What the engine shows of itself, as OpenTelemetry metrics: observable instruments, read when the SDK exports, and
// histograms, told one by one. They are made on the API: where the user has set up metrics before, that set-up gets them.
import { type BatchObservableResult, metrics as api, type Observable } from "@opentelemetry/api"
import { limits } from "../kernel/limits.ts"
import type { Timed } from "../delivery/stats.ts"
import { instruments, type MetricName, type Point, pointsOf, type Shown } from "./metric-points.ts"
import { names } from "./names.ts"

const { metric, dimension } = names

/** Exports what `read` gives whenever the SDK collects. */
export function observeMetrics(read: () => Shown): void {
  const meter = api.getMeter(names.scope)
  const made = Object.entries(instruments).flatMap(([name, { kind, unit, description }]): [string, Observable][] => {
    if (kind === "histogram") return []
    const called = metric[name as MetricName] // cast: the table has these keys only
    const described = { unit, description }
    const isGauge = kind === "gauge"
    return [[name, isGauge ? meter.createObservableGauge(called, described) : meter.createObservableCounter(called, described)]]
  })
  const byName = new Map(made)
  meter.addBatchObservableCallback((result) => report(result, byName, pointsOf(read())), [...byName.values()])
}

function report(result: BatchObservableResult, byName: ReadonlyMap<string, Observable>, points: readonly Point[]): void {
  for (const { name, value, attributes } of points) {
    const instrument = byName.get(name)
    if (instrument !== undefined && typeof value === "number") result.observe(instrument, value, attributes)
  }
}

/** What is to be told of durations, so that they are exported as histograms. */
export function durationMetrics(app: string): Timed {
  const meter = api.getMeter(names.scope)
  const of = { [dimension.app]: app }
  const make = (name: MetricName, bounds: readonly number[]) => {
    const { unit, description } = instruments[name]
    return meter.createHistogram(metric[name], { unit, description, advice: { explicitBucketBoundaries: [...bounds] } })
  }
  const sagas = make("sagaDuration", limits.sagaDurationBoundsS)
  const handlers = make("handlerDuration", limits.durationBoundsS)
  const appends = make("appendDuration", limits.durationBoundsS)
  return {
    saga: ({ saga, outcome, tookMs }) =>
      sagas.record(tookMs / 1000, { ...of, [dimension.saga]: saga, [dimension.sagaOutcome]: outcome }),
    handler: ({ service, outcome, tookMs }) =>
      handlers.record(tookMs / 1000, { ...of, [dimension.service]: service, [dimension.outcome]: outcome }),
    append: (tookMs) => appends.record(tookMs / 1000, of),
  }
}
