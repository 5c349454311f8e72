// The standard variables of OpenTelemetry, and that they do what they say.
import assert from "node:assert/strict"
import { createServer, type IncomingHttpHeaders } from "node:http"
import type { AddressInfo } from "node:net"
import { test, type TestContext } from "node:test"
import { gunzipSync } from "node:zlib"
import { InvalidInput } from "../../../runtime/kernel/fault.ts"
import { readEnvironment } from "../../../runtime/host/config.ts"
import { startTracing } from "../../../runtime/telemetry/setup.ts"
import { readOtelVariables } from "../../../runtime/telemetry/variables.ts"
import { startCollector } from "../../support/otlp-collector.ts"
import { playCompensatedSaga, sagaServices } from "./compensated-saga.ts"

const service = { services: sagaServices, namespace: "shop", instanceId: "host-1" }
const play = { key: "o-1", startedMs: 1_000 }

test("what is not set, or empty, changes nothing", () => {
  assert.deepEqual(readOtelVariables({ OTEL_SDK_DISABLED: "", OTEL_TRACES_SAMPLER: "" }), {})
})

test("the sampler's names are known, its argument is checked, and what is not known is said", () => {
  const ratioOf = (OTEL_TRACES_SAMPLER: string, OTEL_TRACES_SAMPLER_ARG?: string) =>
    readOtelVariables({ OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG }).ratio
  assert.equal(ratioOf("always_on"), 1)
  assert.equal(ratioOf("parentbased_always_off"), 0)
  assert.equal(ratioOf("parentbased_traceidratio", "0.25"), 0.25)
  assert.equal(ratioOf("traceidratio"), 1)
  assert.throws(() => ratioOf("traceidratio", "7"), InvalidInput)
  assert.match(readOtelVariables({ OTEL_TRACES_SAMPLER: "jaeger_remote" }).unheeded?.[0] ?? "", /jaeger_remote/)
  assert.match(readOtelVariables({ OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }).unheeded?.[0] ?? "", /http\/protobuf/)
})

test("headers, compression and bounds are read, those for traces before the general ones", () => {
  const read = readOtelVariables({
    OTEL_EXPORTER_OTLP_HEADERS: "a=1", OTEL_EXPORTER_OTLP_TRACES_HEADERS: "api-key=b%20c,odd, d = e ",
    OTEL_EXPORTER_OTLP_COMPRESSION: "gzip", OTEL_EXPORTER_OTLP_TIMEOUT: "1500", OTEL_BSP_MAX_QUEUE_SIZE: "99999999",
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "10", OTEL_BSP_SCHEDULE_DELAY: "20", OTEL_TRACES_EXPORTER: "none",
  })
  assert.deepEqual(read, {
    tracesOff: true, headers: { "api-key": "b c", d: "e" }, timeoutMs: 1_500, compression: "gzip", delayMs: 20,
    spansMax: 16_384, batchSpansMax: 10,
  })
})

test("a process without traces still sends its metrics, and its records carry no trace", async (t) => {
  const collector = await startCollector()
  t.after(() => collector.close())
  const tracing = await startTracing({ ...service, endpoint: collector.endpoint, variables: { tracesOff: true } })
  tracing.durations("shop")?.append(5)
  assert.deepEqual(playCompensatedSaga(tracing.telemetry, play).traces.filter((trace) => trace !== undefined), [])
  await tracing.shutdown()
  assert.deepEqual([...new Set(collector.requests)], ["/v1/metrics"])
})

test("resource attributes and the name of the process stand on the spans", async (t) => {
  const collector = await startCollector()
  t.after(() => collector.close())
  const variables = readOtelVariables({
    OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=prod,service.version=1.2%2C3", OTEL_SERVICE_NAME: "front",
  })
  const tracing = await startTracing({ ...service, endpoint: collector.endpoint, variables })
  playCompensatedSaga(tracing.telemetry, play)
  await tracing.shutdown()
  for (const { resource } of collector.spans) {
    assert.equal(resource["deployment.environment.name"], "prod")
    assert.equal(resource["service.version"], "1.2,3")
    assert.ok(sagaServices.includes(String(resource["service.name"])), "actor types keep their names")
  }
})

async function receiver(t: TestContext, answers: readonly number[]) {
  const got: { headers: IncomingHttpHeaders; body: Buffer }[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.once("end", () => {
      got.push({ headers: request.headers, body: Buffer.concat(chunks) })
      response.writeHead(answers[got.length - 1] ?? 200).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  // cast: a TCP server's address is an AddressInfo
  return { got, tracesUrl: `http://user:pass@127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces?tenant=a` }
}

test("a batch is sent with its headers, zipped, and once more when the collector is busy", async (t) => {
  const { got, tracesUrl } = await receiver(t, [503, 200])
  const variables = readOtelVariables({ OTEL_EXPORTER_OTLP_HEADERS: "x-tenant=shop", OTEL_EXPORTER_OTLP_COMPRESSION: "gzip" })
  const tracing = await startTracing({ ...service, tracesUrl, variables })
  playCompensatedSaga(tracing.telemetry, play)
  await tracing.shutdown()
  assert.equal(got.length, 2)
  assert.deepEqual(got[0]?.body, got[1]?.body)
  const { headers, body } = got[0] ?? { headers: {}, body: Buffer.of() }
  assert.deepEqual([headers["x-tenant"], headers["content-type"]], ["shop", "application/x-protobuf"])
  assert.equal(headers["authorization"], `Basic ${Buffer.from("user:pass").toString("base64")}`)
  assert.ok(gunzipSync(body).includes("place-order/o-1"))
  assert.deepEqual(tracing.counts(), { waiting: 0, exported: 14, dropped: 0 })
})

test("Troupe's own variables are read, and what cannot be is refused", () => {
  const read = readEnvironment({ TROUPE_TRACE_FILE: "t.jsonl", TROUPE_TRACE_SLOW_SECONDS: "2.5", TROUPE_LOG: "INFO" })
  assert.deepEqual([read.traceFile, read.traceSlowMs, read.logLevel, read.logFormat], ["t.jsonl", 2_500, "info", undefined])
  assert.throws(() => readEnvironment({ TROUPE_LOG: "loud" }), InvalidInput)
  assert.throws(() => readEnvironment({ TROUPE_LOG_FORMAT: "xml" }), InvalidInput)
  assert.throws(() => readEnvironment({ TROUPE_TRACE_SLOW_SECONDS: "soon" }), InvalidInput)
})
