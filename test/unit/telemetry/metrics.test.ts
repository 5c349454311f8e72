// Metrics as a collector receives them: real OTLP, from the real exporter. NodeSDK's global state can be set once at a
// time, which is why these tests have a process of their own.
import assert from "node:assert/strict"
import { test } from "node:test"
import { names } from "../../../runtime/telemetry/names.ts"
import { startTracing } from "../../../runtime/telemetry/setup.ts"
import { startCollector } from "../../support/otlp-collector.ts"
import { shown } from "./shown-metrics.ts"

const service = { services: ["place-order"], namespace: "shop", instanceId: "host-1" }
const { metric } = names

test("every metric of the table reaches the collector, with its kind, its unit and what tells its points apart", async (t) => {
  const collector = await startCollector()
  t.after(() => collector.close())
  const before = { ...process.env }
  const tracing = await startTracing({ ...service, endpoint: collector.endpoint })
  assert.deepEqual({ ...process.env }, before, "the environment is as it was")
  tracing.observe(() => shown)
  const durations = tracing.durations("order-flow")
  durations?.saga({ saga: "place-order", outcome: "completed", tookMs: 1_500 })
  durations?.handler({ service: "mail", outcome: "done", tookMs: 20 })
  durations?.append(3)
  await tracing.shutdown()
  const of = (wanted: string) =>
    collector.points.flatMap(({ name, type, unit, value, attributes: of }) => (name === wanted ? [[type, unit, value, of]] : []))
  const app = { "troupe.app": "order-flow" }
  const partition = { ...app, "troupe.partition": 3 }
  assert.deepEqual(of(metric.lag), [["gauge", "{record}", 1, partition]])
  assert.deepEqual(of(metric.timerLateS), [["gauge", "s", 1.5, partition]])
  assert.deepEqual(of(metric.journalBytes), [["gauge", "By", 8, partition]])
  const mail = { ...partition, "troupe.service": "mail" }
  assert.deepEqual(of(metric.subscriptionLag), [["gauge", "{event}", 17, mail]])
  const live = { ...mail, "troupe.subscription.state": "live" }
  assert.deepEqual(of(metric.subscriptions), [["gauge", "{subscription}", 1, live]])
  assert.deepEqual(of(metric.decisions), [["counter", "{decision}", 12, partition]])
  assert.deepEqual(of(metric.fenced), [["counter", "{append}", 15, partition]])
  assert.deepEqual(of(metric.recordsResent), [["counter", "{record}", 16, app]])
  assert.deepEqual(of(metric.heartbeatAgeS), [["gauge", "s", 0.25, app]])
  const mailing = { ...app, "troupe.service": "mail" }
  assert.deepEqual(of(metric.handlersRunning), [["gauge", "{handler}", 17, mailing]])
  assert.deepEqual(of(metric.handlersWaiting), [["gauge", "{handler}", 18, mailing]])
  assert.deepEqual(of(metric.breakerOpen), [["gauge", "{breaker}", 1, mailing]])
  assert.deepEqual(of(metric.breakerOpened), [["counter", "{time}", 19, mailing]])
  const ended = { ...app, "troupe.saga.name": "place-order", "troupe.saga.outcome": "compensated" }
  assert.deepEqual(of(metric.sagasEnded), [["counter", "{saga}", 9, ended]])
  const late = { ...app, "troupe.monitor.name": "order-monitor", "troupe.monitor.alarm.kind": "late" }
  const active = (state: string) => ({ ...app, "troupe.saga.name": "place-order", "troupe.saga.state": state })
  assert.deepEqual(of(metric.sagasActive), [
    ["gauge", "{saga}", 20, active("running")],
    ["gauge", "{saga}", 21, active("compensating")],
    ["gauge", "{saga}", 22, active("parked")],
  ])
  assert.deepEqual(of(metric.commands), [["counter", "{command}", 23, { ...mailing, "troupe.outcome": "refused" }]])
  const completed = { ...app, "troupe.saga.name": "place-order", "troupe.saga.outcome": "completed" }
  assert.deepEqual(of(metric.sagaDuration), [["histogram", "s", 1.5, completed]])
  assert.deepEqual(of(metric.handlerDuration), [["histogram", "s", 0.02, { ...mailing, "troupe.outcome": "done" }]])
  assert.deepEqual(of(metric.alarmsRaised), [["counter", "{alarm}", 17, late]])
  assert.deepEqual(
    of(metric.partitions),
    Object.entries(shown.states).map(([is, count]) => ["gauge", "{partition}", count, { ...app, "troupe.partition.state": is }]),
  )
  assert.deepEqual([...new Set(collector.points.map(({ name }) => name))].toSorted(), Object.values(metric).toSorted())
  assert.deepEqual(new Set(collector.points.map(({ serviceName }) => serviceName)), new Set(["shop"]))
})

test("metrics leave by themselves, now and then; a start after a stop in the same process exports again", async (t) => {
  const collector = await startCollector()
  t.after(() => collector.close())
  for (const decisions of [100, 200]) {
    const tracing = await startTracing({ ...service, endpoint: collector.endpoint, metricsEveryMs: 50 })
    tracing.observe(() => ({ ...shown, counts: [{ ...shown.counts[0]!, decisions }] }))
    await collector.waitForPoints((points) => points.some(({ name, value }) => name === metric.decisions && value === decisions))
    await tracing.shutdown()
  }
  assert.ok(collector.requests.filter((path) => path === "/v1/metrics").length >= 2)
})

test("where only a place for traces is known, or the user has switched metrics off, none are sent", async (t) => {
  const collector = await startCollector()
  t.after(() => collector.close())
  const tracesUrl = `${collector.endpoint}/v1/traces`
  const tracesOnly = await startTracing({ ...service, endpoint: collector.endpoint, tracesUrl })
  tracesOnly.observe(() => shown)
  await tracesOnly.shutdown()
  process.env["OTEL_METRICS_EXPORTER"] = "none"
  t.after(() => delete process.env["OTEL_METRICS_EXPORTER"])
  const switchedOff = await startTracing({ ...service, endpoint: collector.endpoint })
  switchedOff.observe(() => shown)
  await switchedOff.shutdown()
  assert.deepEqual(collector.requests.filter((path) => path === "/v1/metrics"), [])
})

test("a collector that takes no metrics keeps nobody from ending", async () => {
  const gone = await startCollector()
  await gone.close()
  const tracing = await startTracing({ ...service, endpoint: gone.endpoint, shutdownMaxMs: 300, warn: () => undefined })
  tracing.observe(() => shown)
  const beganMs = performance.now()
  await tracing.shutdown()
  assert.ok(performance.now() - beganMs < 2_000)
})
