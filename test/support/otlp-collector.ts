// A collector for tests: a real OTLP/HTTP receiver on a free loopback port. It decodes the protobuf of the exporter by
// hand (ExportTraceServiceRequest and ExportMetricsServiceRequest of opentelemetry-proto 1.x, the fields that tests look
// at) and keeps all spans and all points of metrics.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

export interface CollectedSpan {
  readonly traceId: string
  readonly spanId: string
  /** Absent for a root. */
  readonly parentSpanId: string | undefined
  readonly name: string
  readonly kind: "internal" | "server" | "client" | "producer" | "consumer" | "unspecified"
  readonly serviceName: string
  readonly resource: Attributes
  readonly attributes: Attributes
  readonly status: { readonly code: "unset" | "ok" | "error"; readonly message: string }
  readonly startMs: number
  readonly endMs: number
  readonly events: readonly { readonly name: string; readonly attributes: Attributes }[]
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
}

/** One number of one export. */
export interface CollectedPoint {
  readonly name: string
  readonly unit: string
  /** Of a histogram the value is the sum. */
  readonly type: "gauge" | "counter" | "sum" | "histogram"
  readonly serviceName: string
  readonly attributes: Attributes
  readonly value: number
}

export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>

export interface SpanTree {
  readonly spans: readonly CollectedSpan[]
  readonly roots: readonly CollectedSpan[]
  /** Spans whose parent was not received. */
  readonly orphans: readonly CollectedSpan[]
  /** Exactly one root, each id once, and all spans hang on the root. */
  readonly whole: boolean
}

export interface OtlpCollector {
  /** What to give as OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly endpoint: string
  readonly spans: readonly CollectedSpan[]
  /** Of every export so far, in the order in which they came. */
  readonly points: readonly CollectedPoint[]
  /** The paths of the requests received so far, answered or not. */
  readonly requests: readonly string[]
  /** Whether the text occurs in any byte that was received, decoded or not. */
  received(text: string | Buffer): boolean
  /** Resolves as soon as the spans received so far satisfy the predicate; rejects with their names after `timeoutMs`. */
  waitFor(predicate: (spans: readonly CollectedSpan[]) => boolean, timeoutMs?: number): Promise<void>
  /** The same for points of metrics. */
  waitForPoints(predicate: (points: readonly CollectedPoint[]) => boolean, timeoutMs?: number): Promise<void>
  /** Resolves when a request has come in, even one that is never answered. */
  nextRequest(): Promise<void>
  tree(traceId: string): SpanTree
  close(): Promise<void>
}

export interface CollectorBehaviour {
  /** Status of each answer; "never" leaves requests hanging, "drip" answers byte by byte for ever. Default 200. */
  readonly answer?: number | "never" | "drip"
}

export async function startCollector(behaviour: CollectorBehaviour = {}): Promise<OtlpCollector> {
  const decoded: CollectedSpan[] = []
  const undecoded: Buffer[] = []
  const points: CollectedPoint[] = []
  const bodies: Buffer[] = []
  const requests: string[] = []
  const changed = new Set<() => void>()
  const { answer = 200 } = behaviour
  // Not before somebody looks: decoding takes longer than an exporter under test may have to wait for its answer.
  const decode = () => {
    for (const body of undecoded.splice(0)) decoded.push(...decodeRequest(body))
    return decoded
  }
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      bodies.push(body)
      requests.push(request.url ?? "")
      if (answer === 200 && request.url === "/v1/traces") undecoded.push(body)
      if (answer === 200 && request.url === "/v1/metrics") points.push(...decodeMetrics(body))
      respond(response, answer)
      for (const wake of changed) wake()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  // cast: a TCP server's address is an AddressInfo
  const { port } = server.address() as AddressInfo
  return {
    endpoint: `http://127.0.0.1:${port}`,
    get spans() {
      return decode()
    },
    points,
    requests,
    received: (text) => bodies.some((body) => body.includes(text)),
    waitFor: (predicate, timeoutMs = 10_000) =>
      waitUntil(changed, () => predicate(decode()), timeoutMs, () => `so far: ${decoded.map((span) => span.name).join(", ")}`),
    waitForPoints: (predicate, timeoutMs = 10_000) =>
      waitUntil(changed, () => predicate(points), timeoutMs, () => `so far: ${points.map(({ name }) => name).join(", ")}`),
    nextRequest: () => {
      const before = bodies.length
      return waitUntil(changed, () => bodies.length > before, 10_000, () => `${before} requests so far`)
    },
    tree: (traceId) => treeOf(decode().filter((span) => span.traceId === traceId)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  // cast: a request without an encoding yields buffers
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function respond(response: ServerResponse, answer: number | "never" | "drip"): void {
  if (answer === "never") return
  response.writeHead(answer === "drip" ? 200 : answer, { "content-type": "application/x-protobuf" })
  if (answer !== "drip") {
    response.end()
    return
  }
  const drip = setInterval(() => response.write("."), 20)
  response.once("close", () => clearInterval(drip))
}

function waitUntil(changed: Set<() => void>, holds: () => boolean, timeoutMs: number, state: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (then: () => void) => {
      clearTimeout(timer)
      changed.delete(check)
      then()
    }
    const check = () => {
      if (holds()) settle(resolve)
    }
    const fail = () => reject(new Error(`nothing such came in ${timeoutMs} ms; ${state()}`))
    const timer = setTimeout(() => settle(fail), timeoutMs)
    changed.add(check)
    check()
  })
}

function treeOf(spans: readonly CollectedSpan[]): SpanTree {
  const byId = new Map(spans.map((span) => [span.spanId, span]))
  const roots = spans.filter((span) => span.parentSpanId === undefined)
  const orphans = spans.filter((span) => span.parentSpanId !== undefined && !byId.has(span.parentSpanId))
  const hangsOnRoot = (span: CollectedSpan) => {
    let at: CollectedSpan | undefined = span
    for (let steps = 0; at?.parentSpanId !== undefined && steps < spans.length; steps += 1) at = byId.get(at.parentSpanId)
    return at !== undefined && at === roots[0]
  }
  return { spans, roots, orphans, whole: roots.length === 1 && byId.size === spans.length && spans.every(hangsOnRoot) }
}

// Protobuf, as much as there is in a trace request: see opentelemetry/proto/trace/v1/trace.proto for the field numbers.

function decodeRequest(bytes: Buffer): CollectedSpan[] {
  return messages(fields(bytes), 1).flatMap((resourceSpans) => {
    const resource = messages(resourceSpans, 1).map((found) => attributesOf(found, 1))[0] ?? {}
    const scopes = messages(resourceSpans, 2)
    return scopes.flatMap((scopeSpans) => messages(scopeSpans, 2).map((span) => decodeSpan(span, resource)))
  })
}

const kinds = ["unspecified", "internal", "server", "client", "producer", "consumer"] as const
const statusCodes = ["unset", "ok", "error"] as const

function decodeSpan(span: Fields, resource: Attributes): CollectedSpan {
  const status = messages(span, 15)[0] ?? []
  const parentSpanId = hex(span, 4)
  return {
    traceId: hex(span, 1),
    spanId: hex(span, 2),
    parentSpanId: parentSpanId === "" ? undefined : parentSpanId,
    name: text(span, 5),
    kind: kinds[Number(integer(span, 6))] ?? "unspecified",
    serviceName: String(resource["service.name"] ?? ""),
    resource,
    attributes: attributesOf(span, 9),
    status: { code: statusCodes[Number(integer(status, 3))] ?? "unset", message: text(status, 2) },
    startMs: millis(integer(span, 7)),
    endMs: millis(integer(span, 8)),
    events: messages(span, 11).map((event) => ({ name: text(event, 2), attributes: attributesOf(event, 3) })),
    links: messages(span, 13).map((link) => ({ traceId: hex(link, 1), spanId: hex(link, 2) })),
  }
}

// The same for metrics: see opentelemetry/proto/metrics/v1/metrics.proto. Gauges, sums and histograms.

function decodeMetrics(bytes: Buffer): CollectedPoint[] {
  return messages(fields(bytes), 1).flatMap((resourceMetrics) => {
    const resource = messages(resourceMetrics, 1).map((found) => attributesOf(found, 1))[0] ?? {}
    const serviceName = String(resource["service.name"] ?? "")
    const metrics = messages(resourceMetrics, 2).flatMap((scopeMetrics) => messages(scopeMetrics, 2))
    return metrics.flatMap((metric) => {
      const described = { name: text(metric, 1), unit: text(metric, 3), serviceName }
      const gauges = messages(metric, 5).flatMap((gauge) => decodePoints(gauge, { ...described, type: "gauge" }))
      const sums = messages(metric, 7).flatMap((sum) =>
        decodePoints(sum, { ...described, type: integer(sum, 3) === 1n ? "counter" : "sum" }),
      )
      const histograms = messages(metric, 9).flatMap((histogram) =>
        messages(histogram, 1).map((point) => ({
          ...described, type: "histogram" as const, attributes: attributesOf(point, 9), value: decodeDouble(point, 5),
        })),
      )
      return [...gauges, ...sums, ...histograms]
    })
  })
}

function decodePoints(data: Fields, of: Omit<CollectedPoint, "attributes" | "value">): CollectedPoint[] {
  return messages(data, 1).map((point) => ({ ...of, attributes: attributesOf(point, 7), value: decodeNumber(point) }))
}

/** A NumberDataPoint: double 4, or int 6. */
function decodeNumber(point: Fields): number {
  const double = point.find(({ field }) => field === 4)?.value
  return typeof double === "bigint" ? decodeDouble(point, 4) : Number(BigInt.asIntN(64, integer(point, 6)))
}

function decodeDouble(point: Fields, field: number): number {
  return new Float64Array(BigUint64Array.of(integer(point, field)).buffer)[0] ?? Number.NaN
}

function attributesOf(message: Fields, field: number): Attributes {
  const pairs = messages(message, field)
  return Object.fromEntries(pairs.map((pair) => [text(pair, 1), decodeValue(messages(pair, 2)[0] ?? [])]))
}

/** An AnyValue: string 1, bool 2, int 3, double 4. Lists are left out. */
function decodeValue([found]: Fields): string | number | boolean | undefined {
  if (found?.field === 1) return text([found], 1)
  if (found?.field === 2) return found.value === 1n
  if (found?.field === 3) return Number(found.value)
  if (found?.field === 4 && typeof found.value === "bigint") return new Float64Array(BigUint64Array.of(found.value).buffer)[0]
  return undefined
}

function messages(message: Fields, field: number): Fields[] {
  return chunks(message, field).map(fields)
}

function text(message: Fields, field: number): string {
  return chunks(message, field)[0]?.toString("utf8") ?? ""
}

function hex(message: Fields, field: number): string {
  return chunks(message, field)[0]?.toString("hex") ?? ""
}

function chunks(message: Fields, field: number): Buffer[] {
  return message.flatMap((found) => (found.field === field && Buffer.isBuffer(found.value) ? [found.value] : []))
}

function integer(message: Fields, field: number): bigint {
  const value = message.find((found) => found.field === field)?.value
  return typeof value === "bigint" ? value : 0n
}

/** From nanoseconds since the epoch, which are too many for a double: exact to the microsecond. */
function millis(nanos: bigint): number {
  return Number(nanos / 1000n) / 1000
}

type Fields = readonly Field[]

interface Field {
  readonly field: number
  readonly value: bigint | Buffer
}

function fields(bytes: Buffer): Fields {
  const found: Field[] = []
  let at = 0
  const varint = () => {
    for (let value = 0, unit = 1; ; unit *= 128) {
      const byte = bytes.readUInt8(at)
      at += 1
      value += (byte & 0x7f) * unit
      if (byte < 0x80) return value
    }
  }
  const take = (length: number) => bytes.subarray(at, (at += length))
  while (at < bytes.length) {
    const tag = varint()
    const field = tag >>> 3
    switch (tag & 7) {
      case 0:
        found.push({ field, value: BigInt(varint()) })
        break
      case 1:
        found.push({ field, value: take(8).readBigUInt64LE() })
        break
      case 2:
        found.push({ field, value: take(varint()) })
        break
      case 5:
        found.push({ field, value: BigInt(take(4).readUInt32LE()) })
        break
      default:
        throw new Error(`wire type ${tag & 7} is not in a trace request`)
    }
  }
  return found
}
