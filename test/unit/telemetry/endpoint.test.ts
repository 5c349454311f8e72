import assert from "node:assert/strict"
import { test } from "node:test"
import { InvalidInput } from "../../../runtime/kernel/fault.ts"
import { findCollector, tracesUrlOf } from "../../../runtime/telemetry/endpoint.ts"
import { startCollector } from "../../support/otlp-collector.ts"

test("a configured endpoint is used as a base, whether or not anything listens there", async () => {
  assert.deepEqual(await findCollector({ endpoint: "http://collector:4318" }), {
    endpoint: "http://collector:4318",
    tracesUrl: "http://collector:4318/v1/traces",
    metricsUrl: "http://collector:4318/v1/metrics", logsUrl: "http://collector:4318/v1/logs",
  })
  assert.equal(tracesUrlOf("https://vendor.example/otlp/"), "https://vendor.example/otlp/v1/traces")
  assert.equal(tracesUrlOf("https://vendor.example/otlp"), "https://vendor.example/otlp/v1/traces")
})

test("an endpoint for traces, or for metrics, is used as it is and wins", async () => {
  const endpoint = "http://collector:4318"
  const tracesEndpoint = "https://vendor.example/v2/otlp"
  assert.deepEqual(await findCollector({ endpoint, tracesEndpoint }), {
    endpoint: tracesEndpoint,
    tracesUrl: tracesEndpoint,
    metricsUrl: "http://collector:4318/v1/metrics", logsUrl: "http://collector:4318/v1/logs",
  })
  assert.deepEqual(await findCollector({ tracesEndpoint }), { endpoint: tracesEndpoint, tracesUrl: tracesEndpoint })
  const metricsEndpoint = "https://vendor.example/metrics"
  const { metricsUrl } = (await findCollector({ endpoint, metricsEndpoint })) ?? {}
  assert.equal(metricsUrl, metricsEndpoint)
})

test("what is shown to people has no credentials, what is used has them", async () => {
  const found = await findCollector({ endpoint: "https://user:secret@vendor.example/otlp?token=secret" })
  assert.deepEqual(found, {
    endpoint: "https://vendor.example/otlp",
    tracesUrl: "https://user:secret@vendor.example/otlp/v1/traces?token=secret",
    metricsUrl: "https://user:secret@vendor.example/otlp/v1/metrics?token=secret",
    logsUrl: "https://user:secret@vendor.example/otlp/v1/logs?token=secret",
  })
})

test("an address that is no URL is refused and not repeated", async () => {
  for (const endpoint of ["collector:4318", "secret", "grpc://user:secret@collector:4317"]) {
    await assert.rejects(
      findCollector({ endpoint }),
      (error) => error instanceof InvalidInput && !error.message.includes("secret"),
      endpoint,
    )
  }
})

test("a collector on this machine is found by its open port", async (t) => {
  const collector = await startCollector()
  t.after(() => collector.close())
  const localPort = Number(new URL(collector.endpoint).port)
  assert.deepEqual(await findCollector({ endpoint: "", tracesEndpoint: "", localPort }), {
    endpoint: collector.endpoint,
    tracesUrl: `${collector.endpoint}/v1/traces`,
    metricsUrl: `${collector.endpoint}/v1/metrics`, logsUrl: `${collector.endpoint}/v1/logs`,
  })
})

test("where nothing is configured and nothing listens there is no collector", async () => {
  const collector = await startCollector()
  const localPort = Number(new URL(collector.endpoint).port)
  await collector.close()
  assert.equal(await findCollector({ localPort }), undefined)
})
