// What NodeSDK does for the process: the OpenTelemetry API that the user's own instrumentation uses. Its global state can
// be set once, so this file has one test per process.
import assert from "node:assert/strict"
import { test } from "node:test"
import { ROOT_CONTEXT, context, propagation, trace } from "@opentelemetry/api"
import { startTracing } from "../../../runtime/telemetry/setup.ts"
import { startCollector } from "../../support/otlp-collector.ts"

test("spans of the user's own instrumentation go the same way, and follow a W3C traceparent", async (t) => {
  const collector = await startCollector()
  t.after(() => collector.close())
  const tracing = await startTracing({ services: [], namespace: "shop", instanceId: "host-1", endpoint: collector.endpoint })
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
  const parent = propagation.extract(ROOT_CONTEXT, { traceparent })
  const tracer = trace.getTracer("user")
  await context.with(parent, async () => {
    await Promise.resolve()
    tracer.startSpan("query").end()
  })
  await tracing.shutdown()
  assert.deepEqual(collector.spans.map((span) => [span.name, span.serviceName, span.traceId, span.parentSpanId]), [
    ["query", "shop", "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"],
  ])
})
