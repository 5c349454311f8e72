// Traces in a file: OTLP JSON, a request a line, as the collector's file receiver and Jaeger read it.
import assert from "node:assert/strict"
import { mkdtemp, readFile, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import { sagaTrace } from "../../../runtime/telemetry/saga-trace.ts"
import { startTracing } from "../../../runtime/telemetry/setup.ts"
import { traceFile } from "../../../runtime/telemetry/trace-file.ts"
import { startCollector } from "../../support/otlp-collector.ts"
import { canary, lifeOf, playCompensatedSaga, sagaServices } from "./compensated-saga.ts"

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "troupe-traces-"))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

interface Named {
  readonly key: string
  readonly value: { readonly stringValue: string }
}

interface Line {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Named[] }
    readonly scopeSpans: readonly { readonly spans: readonly FileSpan[] }[]
  }[]
}

interface FileSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
}

test("the file holds the same spans as the collector gets, with exact times, and no payload", async (t) => {
  const file = join(await folderFor(t), "sub", "traces.jsonl")
  const collector = await startCollector()
  t.after(() => collector.close())
  const where = { services: sagaServices, namespace: "shop", instanceId: "host-1", endpoint: collector.endpoint }
  const tracing = await startTracing({ ...where, file })
  playCompensatedSaga(tracing.telemetry, { key: "o-1", startedMs: 1_790_000_000_250 })
  await tracing.shutdown()
  const text = await readFile(file, "utf8")
  const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line) as Line) // cast: what the file's format says
  const scopes = lines.flatMap(({ resourceSpans }) => resourceSpans.flatMap(({ scopeSpans }) => scopeSpans))
  const spans = scopes.flatMap((scope) => scope.spans)
  const seen = (span: { traceId: string; spanId: string; parentSpanId?: string | undefined; name: string }) =>
    `${span.traceId} ${span.spanId} ${span.parentSpanId ?? "root"} ${span.name}`
  assert.deepEqual(spans.map(seen).toSorted(), collector.spans.map(seen).toSorted())
  const root = spans.find(({ spanId }) => spanId === sagaTrace(lifeOf("o-1", 1_790_000_000_250)).rootSpanId)
  assert.deepEqual([root?.startTimeUnixNano, root?.endTimeUnixNano], ["1790000000250000000", "1790000000345000000"])
  const named = lines.flatMap(({ resourceSpans }) => resourceSpans.flatMap(({ resource }) => resource.attributes))
  const services = named.flatMap(({ key, value }) => (key === "service.name" ? [value.stringValue] : []))
  assert.deepEqual(new Set(services), new Set(sagaServices))
  assert.equal(text.includes(canary), false)
})

test("traces go into a file alone, where there is no collector", async (t) => {
  const file = join(await folderFor(t), "traces.jsonl")
  const tracing = await startTracing({ services: sagaServices, namespace: "shop", instanceId: "host-1", file })
  playCompensatedSaga(tracing.telemetry, { key: "o-1", startedMs: 1_000 })
  await tracing.shutdown()
  assert.deepEqual(tracing.counts(), { waiting: 0, exported: 14, dropped: 0 })
  assert.equal(tracing.endpoint, file)
  assert.equal((await stat(file)).mode & 0o777, 0o600, "ids and keys are for its owner")
})

test("a full file is kept beside the new one, and the one before that is gone", async (t) => {
  const file = join(await folderFor(t), "traces.jsonl")
  const append = traceFile(file, 20)
  for (const line of ["1 aaaaaaaaaaaa\n", "2 bbbbbbbbbbbb\n", "3 cccccccccccc\n"]) await append(Buffer.from(line))
  assert.equal(await readFile(file, "utf8"), "3 cccccccccccc\n")
  assert.equal(await readFile(`${file}.1`, "utf8"), "2 bbbbbbbbbbbb\n")
  const resumed = traceFile(file, 20)
  await resumed(Buffer.from("4 dddddddddddd\n"))
  assert.equal(await readFile(`${file}.1`, "utf8"), "3 cccccccccccc\n", "what is there already counts")
})

test("a file that cannot be written costs one warning and the spans", async (t) => {
  const folder = await folderFor(t)
  const warnings: string[] = []
  const tracing = await startTracing({
    services: sagaServices, namespace: "shop", instanceId: "host-1", file: folder, warn: (message) => warnings.push(message),
  })
  playCompensatedSaga(tracing.telemetry, { key: "o-1", startedMs: 1_000 })
  await tracing.shutdown()
  assert.equal(warnings.length, 1)
  assert.match(warnings[0] ?? "", /TRACES_LOST: the file/)
  assert.equal(tracing.counts().dropped, 14)
})
