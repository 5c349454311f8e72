// What the engine shows of itself, as OpenTelemetry metrics: observable instruments, read when the SDK exports. They are
// made on the API: where the user has set up metrics before, that set-up gets them.
import { type Attributes, type BatchObservableResult, metrics as api, type Observable } from "@opentelemetry/api"
import type { Metrics, PartitionCounts, PartitionGauges } from "../delivery/stats.ts"
import { names } from "./names.ts"

const { metric, dimension } = names

type Kind = "gauge" | "counter"

interface Instrument {
  readonly kind: Kind
  readonly unit: string
  readonly description: string
}

const instruments: Readonly<Record<keyof typeof metric, Instrument>> = {
  lag: gauge("{record}", "Input that is not decided yet: messages stored and not read, and records read"),
  inFlight: gauge("{record}", "Records admitted, and decisions made, that no block holds yet"),
  mailbox: gauge("{record}", "Records that wait for their actor"),
  parked: gauge("{record}", "Actors and records that wait for an operator"),
  outbox: gauge("{record}", "Outgoing records that their destination has not confirmed"),
  rows: gauge("{actor}", "Actors held in memory"),
  timers: gauge("{timer}", "Timers that are set"),
  timerLateS: gauge("s", "How long the next timer is overdue"),
  journalBytes: gauge("By", "Journal written since the last round of compaction began"),
  subscriptionLag: gauge("{event}", "Events that are stored, or on their way to a service's actors, and not decided"),
  subscriptions: gauge("{subscription}", "Services that read a partition's events, by state"),
  blocks: counter("{block}", "Journal blocks committed"),
  blockBytes: counter("By", "Bytes of committed journal blocks"),
  decisions: counter("{decision}", "Decisions committed"),
  recordsParked: counter("{record}", "Records and actors parked"),
  recordsDropped: counter("{record}", "Records given up: of reactions handled at most once, or for sagas that have ended"),
  fenced: counter("{append}", "Appends refused because another process had written"),
  recordsResent: counter("{record}", "Records sent again"),
  sagasEnded: counter("{saga}", "Sagas that ended"),
  alarmsRaised: counter("{alarm}", "Alarms that monitors raised"),
  partitions: gauge("{partition}", "Partitions of this process by state"),
  heartbeatAgeS: gauge("s", "Time since the last acknowledged heartbeat was sent"),
  handlersRunning: gauge("{handler}", "Handlers that do I/O and are under way"),
  handlersWaiting: gauge("{handler}", "Handlers that do I/O and wait for a slot, a rate or a breaker"),
  breakerOpen: gauge("{breaker}", "1 while a breaker is open or half open"),
  breakerOpened: counter("{time}", "How often a breaker has opened"),
}

function gauge(unit: string, description: string): Instrument {
  return { kind: "gauge", unit, description }
}

function counter(unit: string, description: string): Instrument {
  return { kind: "counter", unit, description }
}

/** Exports what `read` gives whenever the SDK collects. */
export function observeMetrics(read: () => Metrics): void {
  const meter = api.getMeter(names.scope)
  const made = Object.entries(instruments).map(([name, { kind, unit, description }]) => {
    const called = metric[name as keyof typeof metric] // cast: the table has these keys only
    const described = { unit, description }
    const instrument =
      kind === "gauge" ? meter.createObservableGauge(called, described) : meter.createObservableCounter(called, described)
    return [name, instrument] as const
  })
  const byName = new Map<string, Observable>(made)
  meter.addBatchObservableCallback((result) => report(result, byName, read()), [...byName.values()])
}

type Numbers<Of> = { readonly [Name in keyof Of]: Of[Name] extends number ? Name : never }[keyof Of]

const gaugeFields: Readonly<Partial<Record<keyof typeof metric, Numbers<PartitionGauges>>>> = {
  lag: "lag", inFlight: "inFlight", mailbox: "mailbox", parked: "parked", outbox: "outbox", rows: "rows", timers: "timers",
  journalBytes: "journalBytes",
}

const countFields: Readonly<Partial<Record<keyof typeof metric, Numbers<PartitionCounts>>>> = {
  blocks: "blocks", blockBytes: "bytes", decisions: "decisions", recordsParked: "parked",
  recordsDropped: "dropped", fenced: "fenced",
}

function report(result: BatchObservableResult, byName: ReadonlyMap<string, Observable>, now: Metrics): void {
  const of = { [dimension.app]: now.app }
  const observe = (name: keyof typeof metric, value: number, attributes: Attributes = {}) => {
    const instrument = byName.get(name)
    if (instrument !== undefined) result.observe(instrument, value, { ...of, ...attributes })
  }
  for (const gauges of now.gauges) {
    const partition = { [dimension.partition]: gauges.partition }
    for (const [name, field] of fieldsOf(gaugeFields)) observe(name, gauges[field], partition)
    observe("timerLateS", gauges.timerLateMs / 1000, partition)
    for (const { service, state, lag } of gauges.subscriptions) {
      const subscription = { ...partition, [dimension.service]: service }
      observe("subscriptionLag", lag, subscription)
      observe("subscriptions", 1, { ...subscription, [dimension.subscriptionState]: state })
    }
  }
  for (const counts of now.counts) {
    const partition = { [dimension.partition]: counts.partition }
    for (const [name, field] of fieldsOf(countFields)) observe(name, counts[field], partition)
  }
  for (const { saga, outcome, ended } of now.sagas) {
    observe("sagasEnded", ended, { [dimension.saga]: saga, [dimension.sagaOutcome]: outcome })
  }
  for (const { monitor, kind, raised } of now.alarms) {
    observe("alarmsRaised", raised, { [dimension.monitor]: monitor, [dimension.alarmKind]: kind })
  }
  for (const [state, count] of Object.entries(now.states)) observe("partitions", count, { [dimension.partitionState]: state })
  for (const { service, running, waiting, breaker, breakerOpened } of now.flows) {
    const called = { [dimension.service]: service }
    observe("handlersRunning", running, called)
    observe("handlersWaiting", waiting, called)
    if (breaker === undefined) continue
    observe("breakerOpen", breaker === "closed" ? 0 : 1, called)
    observe("breakerOpened", breakerOpened, called)
  }
  observe("recordsResent", now.resent)
  if (now.heartbeatAgeMs !== undefined) observe("heartbeatAgeS", now.heartbeatAgeMs / 1000)
}

function fieldsOf<Field>(fields: Readonly<Partial<Record<keyof typeof metric, Field>>>): [keyof typeof metric, Field][] {
  // cast: entries of a record with these keys only
  return Object.entries(fields) as [keyof typeof metric, Field][]
}

export interface MetricVariables {
  readonly metricsUrl: string
  readonly metricsEveryMs: number
  readonly exportTimeoutMs: number
}

/**
 * Runs `make` with the standard variables of the metric exporter set, where the user has not set them: NodeSDK makes its
 * exporter from the environment, and there is no other way to it but a package of its own. The environment is as before
 * when this returns.
 */
export function withMetricVariables<Made>(of: MetricVariables, make: () => Made): Made {
  const wanted = {
    OTEL_METRICS_EXPORTER: "otlp",
    OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: "http/protobuf",
    OTEL_METRIC_EXPORT_INTERVAL: String(of.metricsEveryMs),
    OTEL_METRIC_EXPORT_TIMEOUT: String(Math.min(of.exportTimeoutMs, of.metricsEveryMs)),
    OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: String(of.exportTimeoutMs),
  }
  const before = { ...process.env }
  for (const [name, value] of Object.entries(wanted)) if (!before[name]) process.env[name] = value
  // What the host was told wins: it may not come from this environment at all.
  process.env["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"] = of.metricsUrl
  try {
    return make()
  } finally {
    for (const name of [...Object.keys(wanted), "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"]) restore(name, before[name])
  }
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
}

/** Runs `start`, and gives what makes room for the next start in this process: the API takes one provider at a time. */
export function whileProvided(start: () => void): () => void {
  const before = api.getMeterProvider()
  start()
  const provided = api.getMeterProvider()
  return () => {
    if (provided !== before && api.getMeterProvider() === provided) api.disable()
  }
}
