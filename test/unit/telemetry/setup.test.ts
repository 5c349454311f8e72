import assert from "node:assert/strict"
import { test } from "node:test"
import { InvalidInput } from "../../../runtime/kernel/fault.ts"
import { limits } from "../../../runtime/kernel/limits.ts"
import { silent, type Telemetry } from "../../../runtime/ports/telemetry.ts"
import { formatTraceparent, parseTraceparent, sagaTraceId } from "../../../runtime/telemetry/saga-trace.ts"
import { startTracing } from "../../../runtime/telemetry/setup.ts"
import { startCollector } from "../../support/otlp-collector.ts"
import { command, lifeOf, playCompensatedSaga, sagaServices } from "./compensated-saga.ts"

const service = { services: sagaServices, namespace: "shop", instanceId: "host-1" }

function playSagas(telemetry: Telemetry, count: number): (string | undefined)[] {
  const keys = Array.from({ length: count }, (_, index) => `o-${index}`)
  return keys.map((key) => playCompensatedSaga(telemetry, { key, startedMs: 1_000 }).traces[0])
}

test("without a collector there is silence", async () => {
  const warnings: string[] = []
  const tracing = await startTracing({ ...service, warn: (message) => warnings.push(message) })
  assert.equal(tracing.telemetry, silent)
  assert.equal(tracing.endpoint, undefined)
  playSagas(tracing.telemetry, 10)
  await tracing.shutdown()
  assert.deepEqual(warnings, [])
})

test("what cannot be right is refused at the start", async () => {
  await assert.rejects(startTracing({ ...service, endpoint: "collector" }), InvalidInput)
  await assert.rejects(startTracing({ ...service, ratio: 7 }), InvalidInput)
})

test("a collector that cannot be reached costs one warning", async () => {
  const gone = await startCollector()
  await gone.close()
  const warnings: string[] = []
  const tracing = await startTracing({
    ...service, endpoint: gone.endpoint, shutdownMaxMs: 2_000, warn: (message) => warnings.push(message),
  })
  playSagas(tracing.telemetry, 400)
  await tracing.shutdown()
  assert.equal(warnings.length, 1)
  assert.match(warnings[0] ?? "", /TRACES_LOST.*ECONNREFUSED/)
  assert.deepEqual(tracing.counts(), { waiting: 0, exported: 0, dropped: 400 * 14 })
})

test("a collector that refuses batches costs one warning", async (t) => {
  const collector = await startCollector({ answer: 400 })
  t.after(() => collector.close())
  const warnings: string[] = []
  const tracing = await startTracing({ ...service, endpoint: collector.endpoint, warn: (message) => warnings.push(message) })
  playSagas(tracing.telemetry, 400)
  await tracing.shutdown()
  assert.ok(collector.requests.length > 1)
  assert.equal(warnings.length, 1)
})

for (const answer of ["never", "drip"] as const) {
  test(`a shutdown is bounded when the collector hangs (${answer})`, async (t) => {
    const collector = await startCollector({ answer })
    t.after(() => collector.close())
    const tracing = await startTracing({ ...service, endpoint: collector.endpoint, shutdownMaxMs: 1_500, warn: () => undefined })
    playSagas(tracing.telemetry, 400)
    const startedMs = performance.now()
    await tracing.shutdown()
    const tookMs = performance.now() - startedMs
    assert.ok(collector.requests.length > 0, "the collector was asked")
    // The exporter alone would give up after four seconds, and never while bytes still come.
    assert.ok(tookMs < 3_500, `took ${tookMs} ms`)
  })
}

test("a second shutdown is the first one", async () => {
  const tracing = await startTracing({ ...service, endpoint: "http://127.0.0.1:1", shutdownMaxMs: 100, warn: () => undefined })
  assert.equal(tracing.shutdown(), tracing.shutdown())
  await tracing.shutdown()
  assert.equal(typeof playSagas(tracing.telemetry, 1)[0], "string", "telemetry can still be called")
})

test("under pressure whole traces are left out and no trace gets holes", async (t) => {
  const collector = await startCollector()
  t.after(() => collector.close())
  const tracing = await startTracing({ ...service, endpoint: collector.endpoint })
  const count = limits.traceQueueSpansMax / 8
  const sampled = playSagas(tracing.telemetry, count).map((trace) => parseTraceparent(trace)?.sampled)
  const { waiting, dropped } = tracing.counts()
  assert.ok(waiting <= limits.traceQueueSpansMax)
  assert.equal(dropped, 0)
  await tracing.shutdown()
  assert.ok(sampled.includes(true) && sampled.includes(false), "there was pressure")
  for (const [index, recorded] of sampled.entries()) {
    const tree = collector.tree(sagaTraceId(lifeOf(`o-${index}`, 1_000)))
    assert.equal(tree.whole && tree.spans.length === 14, recorded, `saga ${index}`)
  }
})

test("spans of traces that others began are dropped, and counted, when the queue is full", async (t) => {
  const collector = await startCollector()
  t.after(() => collector.close())
  const tracing = await startTracing({ ...service, endpoint: collector.endpoint })
  const parent = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", sampled: true }
  const reserve = { to: { service: "inventory", key: "sku-1" }, name: "reserve", effect: "e" }
  const message = { ...command(reserve, "do"), trace: formatTraceparent(parent) }
  const count = 2 * limits.traceQueueSpansMax
  for (let index = 0; index < count; index += 1) {
    tracing.telemetry.process({ message, kind: "service", begins: false, nowMs: 1_000 }).end({ nowMs: 1_000 })
    assert.ok(tracing.counts().waiting <= limits.traceQueueSpansMax)
  }
  await tracing.shutdown()
  const { waiting, exported, dropped } = tracing.counts()
  assert.ok(dropped > 0)
  assert.deepEqual([waiting, exported + dropped, collector.spans.length], [0, count, exported])
})

test("spans leave by themselves, without a shutdown", async (t) => {
  const collector = await startCollector()
  t.after(() => collector.close())
  const tracing = await startTracing({ ...service, endpoint: collector.endpoint })
  playSagas(tracing.telemetry, 1)
  await collector.waitFor((spans) => spans.length === 14)
  await tracing.shutdown()
  assert.equal(collector.tree(sagaTraceId(lifeOf("o-0", 1_000))).whole, true)
})

test("a saga that another process carries on after a crash stays one tree", async (t) => {
  const collector = await startCollector()
  t.after(() => collector.close())
  const processes = await Promise.all(["host-1", "host-2"].map((instanceId) =>
    startTracing({ ...service, instanceId, endpoint: collector.endpoint })))
  let calls = 0
  const telemetry: Telemetry = {
    process: (opening) => (processes[calls++ < 3 ? 0 : 1]?.telemetry ?? silent).process(opening),
  }
  playSagas(telemetry, 1)
  for (const tracing of processes) await tracing.shutdown()
  const tree = collector.tree(sagaTraceId(lifeOf("o-0", 1_000)))
  assert.equal(tree.whole, true)
  assert.deepEqual(new Set(tree.spans.map((span) => span.resource["service.instance.id"])), new Set(["host-1", "host-2"]))
})
