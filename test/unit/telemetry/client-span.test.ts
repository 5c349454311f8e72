// The span under which a client is called. OpenTelemetry's global state can be set once: hence a process of its own.
import assert from "node:assert/strict"
import { test } from "node:test"
import { trace } from "@opentelemetry/api"
import { Client } from "../../../runtime/host/client.ts"
import { app, done, service } from "../../../runtime/index.ts"
import { memoryEdge } from "../../../runtime/memory/edge.ts"
import { startTracing } from "../../../runtime/telemetry/setup.ts"
import { newWorld, startInMemory } from "../../../runtime/testing/index.ts"
import { startCollector } from "../../support/otlp-collector.ts"
import { Name } from "../sagas/scenarios/desks.ts"

test("a client passes on the span under which it is called, and none where there is none", async (t) => {
  const collector = await startCollector()
  t.after(() => collector.close())
  const tracing = await startTracing({ services: ["note"], namespace: "passed", instanceId: "i", endpoint: collector.endpoint })
  const note = service("note", { state: () => ({}) }).command("take", Name, () => done({}))
  const shop = app("passed", { namespace: "passed", partitions: 1, services: [note] })
  const world = newWorld()
  const process = await startInMemory(shop, world, { telemetry: tracing.telemetry })
  const edge = memoryEdge(world.streams, { name: "client" })
  const client = new Client(edge, 1, { activeTrace: tracing.telemetry.active })
  await trace.getTracer("web").startActiveSpan("POST /notes", async (span) => {
    await client.ask(note.take("n-1", { name: "a" }), { effect: "take 1" })
    await client.ask(note.take("n-1", { name: "b" }), { effect: "take 2", trace: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` })
    span.end()
  })
  await client.ask(note.take("n-1", { name: "c" }), { effect: "take 3" })
  await client.close()
  await process.until(() => process.engine.isIdle())
  await process.kill()
  await tracing.shutdown()
  const web = collector.spans.find(({ name }) => name === "POST /notes")
  const taken = collector.spans.filter(({ name }) => name === "process note.take")
  assert.deepEqual(taken.map(({ parentSpanId }) => parentSpanId), [web?.spanId, "b".repeat(16), undefined])
  assert.deepEqual([web?.serviceName, taken[0]?.traceId], ["passed", web?.traceId])
})
