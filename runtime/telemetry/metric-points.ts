// Every metric there is, with its unit and meaning, and its points at one moment: for the exporter and for the text page.
import type { Metrics, PartitionCounts, PartitionGauges } from "../delivery/stats.ts"
import type { HistogramCounts } from "../kernel/histogram.ts"
import { names } from "./names.ts"
import type { SpanCounts } from "./span-queue.ts"

const { metric, dimension } = names

export type MetricName = keyof typeof metric

export interface Instrument {
  readonly kind: "gauge" | "counter" | "histogram"
  readonly unit: string
  readonly description: string
}

export const instruments: Readonly<Record<MetricName, Instrument>> = {
  lag: gauge("{record}", "Input that is not decided yet: messages stored and not read, and records read"),
  inFlight: gauge("{record}", "Records admitted, and decisions made, that no block holds yet"),
  mailbox: gauge("{record}", "Records that wait for their actor"),
  parked: gauge("{record}", "Actors and records that wait for an operator"),
  outbox: gauge("{record}", "Outgoing records that their destination has not confirmed"),
  rows: gauge("{actor}", "Actors held in memory"),
  timers: gauge("{timer}", "Timers that are set"),
  timersDue: gauge("{timer}", "Timers whose time has come"),
  timerLateS: gauge("s", "How long the next timer is overdue"),
  journalBytes: gauge("By", "Journal written since the last round of compaction began"),
  storedBytes: gauge("By", "Journal stored: what is alive, and history"),
  sagasActive: gauge("{saga}", "Sagas that have not ended, by state"),
  subscriptionLag: gauge("{event}", "Events that are stored, or on their way to a service's actors, and not decided"),
  subscriptions: gauge("{subscription}", "Services that read a partition's events, by state"),
  blocks: counter("{block}", "Journal blocks committed"),
  blockBytes: counter("By", "Bytes of committed journal blocks"),
  decisions: counter("{decision}", "Decisions committed"),
  commands: counter("{command}", "Commands decided, by service and what became of them"),
  recordsParked: counter("{record}", "Records and actors parked"),
  recordsDropped: counter("{record}", "Records given up: of reactions handled at most once, or for sagas that have ended"),
  fenced: counter("{append}", "Appends refused because another process had written"),
  recordsResent: counter("{record}", "Records sent again"),
  sagasEnded: counter("{saga}", "Sagas that ended"),
  sagaDuration: histogram("How long sagas took, from start to end"),
  handlerDuration: histogram("How long calls of handlers that do I/O took"),
  appendDuration: histogram("How long blocks were on their way to the journal"),
  alarmsRaised: counter("{alarm}", "Alarms that monitors raised"),
  partitions: gauge("{partition}", "Partitions of this process by state"),
  heartbeatAgeS: gauge("s", "Time since the last acknowledged heartbeat was sent"),
  handlersRunning: gauge("{handler}", "Handlers that do I/O and are under way"),
  handlersWaiting: gauge("{handler}", "Handlers that do I/O and wait for a slot, a rate or a breaker"),
  breakerOpen: gauge("{breaker}", "1 while a breaker is open or half open"),
  breakerOpened: counter("{time}", "How often a breaker has opened"),
  inputRefused: counter("{record}", "Records that the client of this process turned away because the app is overloaded"),
  spansExported: counter("{span}", "Spans that the collector, or the file, took"),
  spansDropped: counter("{span}", "Spans that were lost because of pressure, or because nobody took them"),
}

function gauge(unit: string, description: string): Instrument {
  return { kind: "gauge", unit, description }
}

function counter(unit: string, description: string): Instrument {
  return { kind: "counter", unit, description }
}

function histogram(description: string): Instrument {
  return { kind: "histogram", unit: "s", description }
}

/** What one process shows. */
export interface Shown extends Metrics {
  /** Absent: nothing is traced. */
  readonly spans?: SpanCounts | undefined
  /** Records that its client turned away. */
  readonly overloaded?: number | undefined
}

type Dimensions = Readonly<Record<string, string | number>>

export interface Point {
  readonly name: MetricName
  readonly value: number | HistogramCounts
  readonly attributes: Dimensions
}

type Numbers<Of> = { readonly [Name in keyof Of]: Of[Name] extends number ? Name : never }[keyof Of]

const gaugeFields: Readonly<Partial<Record<MetricName, Numbers<PartitionGauges>>>> = {
  lag: "lag", inFlight: "inFlight", mailbox: "mailbox", parked: "parked", outbox: "outbox", rows: "rows", timers: "timers",
  timersDue: "timersDue", journalBytes: "journalBytes", storedBytes: "storedBytes",
}

const countFields: Readonly<Partial<Record<MetricName, Numbers<PartitionCounts>>>> = {
  blocks: "blocks", blockBytes: "bytes", decisions: "decisions", recordsParked: "parked",
  recordsDropped: "dropped", fenced: "fenced",
}

type Observe = (name: MetricName, value: Point["value"], attributes?: Dimensions) => void

export function pointsOf(now: Shown): readonly Point[] {
  const points: Point[] = []
  const observe: Observe = (name, value, attributes = {}) => {
    points.push({ name, value, attributes: { [dimension.app]: now.app, ...attributes } })
  }
  addPartitions(now, observe)
  addSagas(now, observe)
  addHandlers(now, observe)
  observe("recordsResent", now.resent)
  for (const [state, count] of Object.entries(now.states)) observe("partitions", count, { [dimension.partitionState]: state })
  if (now.heartbeatAgeMs !== undefined) observe("heartbeatAgeS", now.heartbeatAgeMs / 1000)
  if (now.overloaded !== undefined) observe("inputRefused", now.overloaded)
  if (now.spans === undefined) return points
  observe("spansExported", now.spans.exported)
  observe("spansDropped", now.spans.dropped)
  return points
}

function addPartitions(now: Shown, observe: Observe): void {
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
}

function addSagas(now: Shown, observe: Observe): void {
  const active = new Map<string, number>()
  const states = ["running", "compensating", "parked"] as const
  for (const counts of now.gauges.flatMap(({ sagas }) => sagas)) {
    for (const state of states) {
      const id = `${state} ${counts.saga}`
      active.set(id, (active.get(id) ?? 0) + counts[state])
    }
  }
  for (const [id, count] of active) {
    const [state = ""] = id.split(" ", 1)
    observe("sagasActive", count, { [dimension.saga]: id.slice(state.length + 1), [dimension.sagaState]: state })
  }
  for (const { saga, outcome, ended } of now.sagas)
    observe("sagasEnded", ended, { [dimension.saga]: saga, [dimension.sagaOutcome]: outcome })
  for (const times of now.durations.sagas)
    observe("sagaDuration", times, { [dimension.saga]: times.saga, [dimension.sagaOutcome]: times.outcome })
  for (const { monitor, kind, raised } of now.alarms)
    observe("alarmsRaised", raised, { [dimension.monitor]: monitor, [dimension.alarmKind]: kind })
}

function addHandlers(now: Shown, observe: Observe): void {
  for (const { service, outcome, count } of now.outcomes)
    observe("commands", count, { [dimension.service]: service, [dimension.outcome]: outcome })
  for (const times of now.durations.handlers)
    observe("handlerDuration", times, { [dimension.service]: times.service, [dimension.outcome]: times.outcome })
  observe("appendDuration", now.durations.appends)
  for (const { service, running, waiting, breaker, breakerOpened } of now.flows) {
    const called = { [dimension.service]: service }
    observe("handlersRunning", running, called)
    observe("handlersWaiting", waiting, called)
    if (breaker === undefined) continue
    observe("breakerOpen", breaker === "closed" ? 0 : 1, called)
    observe("breakerOpened", breakerOpened, called)
  }
}

function fieldsOf<Field>(fields: Readonly<Partial<Record<MetricName, Field>>>): [MetricName, Field][] {
  // cast: entries of a record with these keys only
  return Object.entries(fields) as [MetricName, Field][]
}
