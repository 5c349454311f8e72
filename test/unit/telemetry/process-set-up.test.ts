// What NodeSDK does for the process: the OpenTelemetry API that the user's own instrumentation uses. NodeSDK reads the
// environment, and its global state can be set once: both are why these tests have a process of their own.
import assert from "node:assert/strict"
import { test } from "node:test"
import { ROOT_CONTEXT, context, logs, metrics, propagation, trace } from "@opentelemetry/api"
import { silent } from "../../../runtime/ports/telemetry.ts"
import { startTracing } from "../../../runtime/telemetry/setup.ts"
import { readOtelVariables } from "../../../runtime/telemetry/variables.ts"
import { startCollector } from "../../support/otlp-collector.ts"
import { playCompensatedSaga, sagaServices } from "./compensated-saga.ts"

const service = { services: sagaServices, namespace: "shop", instanceId: "host-1" }

test("spans and metrics of the user's own instrumentation go the same way, and logs go nowhere", async (t) => {
  const collector = await startCollector()
  t.after(() => collector.close())
  process.env["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.endpoint
  t.after(() => delete process.env["OTEL_EXPORTER_OTLP_ENDPOINT"])
  const tracing = await startTracing({ ...service, endpoint: collector.endpoint })
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
  const tracer = trace.getTracer("user")
  await context.with(propagation.extract(ROOT_CONTEXT, { traceparent }), async () => {
    await Promise.resolve()
    tracer.startSpan("query").end()
  })
  metrics.getMeter("user").createCounter("queries").add(1)
  logs.getLogger("user").emit({ body: "queried" })
  await tracing.shutdown()
  assert.deepEqual(collector.spans.map((span) => [span.name, span.serviceName, span.traceId, span.parentSpanId]), [
    ["query", "shop", "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"],
  ])
  assert.deepEqual(collector.points.map(({ name, serviceName, value }) => [name, serviceName, value]), [["queries", "shop", 1]])
  assert.deepEqual(collector.requests.toSorted(), ["/v1/metrics", "/v1/traces"])
})

test("OTEL_SDK_DISABLED switches all of it off", async (t) => {
  const collector = await startCollector()
  t.after(() => collector.close())
  const variables = readOtelVariables({ OTEL_SDK_DISABLED: "true" })
  const tracing = await startTracing({ ...service, endpoint: collector.endpoint, variables })
  assert.equal(tracing.telemetry, silent)
  trace.getTracer("user").startSpan("query").end()
  await tracing.shutdown()
  assert.deepEqual(collector.requests, [])
})

test("lines of the log, and the user's own, leave where the user has asked for it, each with its span", async (t) => {
  const collector = await startCollector()
  t.after(() => collector.close())
  const before = { ...process.env }
  const variables = readOtelVariables({ OTEL_LOGS_EXPORTER: "otlp" })
  const tracing = await startTracing({ ...service, endpoint: collector.endpoint, variables })
  assert.deepEqual({ ...process.env }, before)
  const [traceId, spanId] = ["0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"]
  const fields = { actor: "mail/m-1", traceId, spanId }
  tracing.log?.({ atMs: 1_000, level: "warn", code: "PARKED", message: "it waits", fields })
  logs.getLogger("user").emit({ body: "queried" })
  await tracing.shutdown()
  assert.deepEqual(collector.requests, ["/v1/logs"])
  for (const text of ["PARKED", "it waits", "mail/m-1", "queried"]) assert.ok(collector.received(text), text)
  assert.ok(collector.received(Buffer.from(traceId, "hex")), "the trace id, as the record's own")
  assert.equal((await startTracing({ ...service, endpoint: collector.endpoint })).log, undefined)
})

test("after a shutdown no timer keeps the process up", async (t) => {
  const collector = await startCollector()
  t.after(() => collector.close())
  const tracing = await startTracing({ ...service, endpoint: collector.endpoint })
  playCompensatedSaga(tracing.telemetry, { key: "o-1", startedMs: 1_000 })
  const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length
  const before = timers()
  await tracing.shutdown()
  assert.ok(timers() <= before, `${timers()} timers, ${before} before`)
})
