// Reads spans from a file of traces: OTLP requests as JSON, one in each line, as TROUPE_TRACE_FILE makes them.
import { createReadStream, existsSync } from "node:fs"
import { createInterface } from "node:readline"
import { describeError } from "../kernel/fault.ts"
import { WrongUse } from "./wrong-use.ts"

export interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly service: string
  readonly name: string
  readonly startMs: number
  readonly endMs: number
  readonly isError: boolean
  readonly attributes: ReadonlyMap<string, string>
}

/** The older file first. Spans that `isWanted` refuses are not kept. Rejects with WrongUse. */
export async function readSpans(file: string, isWanted: (span: Span) => boolean): Promise<readonly Span[]> {
  const files = [`${file}.1`, file].filter((path) => existsSync(path))
  if (files.length === 0)
    throw new WrongUse(`there is no file of traces ${file}: TROUPE_TRACE_FILE names the one that an app writes`)
  const spans: Span[] = []
  for (const path of files) {
    const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity })
    for await (const line of lines) spans.push(...spansOf(line, path).filter(isWanted))
  }
  return spans
}

interface RawAttribute {
  readonly key: string
  readonly value?: Readonly<Record<string, unknown>>
}

interface RawSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes?: readonly RawAttribute[]
  readonly status?: { readonly code?: number }
}

interface RawRequest {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: readonly RawAttribute[] }
    readonly scopeSpans?: readonly { readonly spans?: readonly RawSpan[] }[]
  }[]
}

const failed = 2

function spansOf(line: string, file: string): readonly Span[] {
  if (line.trim() === "") return []
  return (readLine(line, file).resourceSpans ?? []).flatMap(({ resource, scopeSpans = [] }) => {
    const service = attributesOf(resource?.attributes).get("service.name") ?? ""
    return scopeSpans.flatMap(({ spans = [] }) => spans).map((span): Span => ({
      traceId: span.traceId,
      spanId: span.spanId,
      parentSpanId: span.parentSpanId,
      service,
      name: span.name,
      startMs: msOf(span.startTimeUnixNano),
      endMs: msOf(span.endTimeUnixNano),
      isError: span.status?.code === failed,
      attributes: attributesOf(span.attributes),
    }))
  })
}

function readLine(line: string, file: string): RawRequest {
  try {
    return JSON.parse(line) as RawRequest // cast: OTLP's JSON; what is missing of it is left out
  } catch (error) {
    throw new WrongUse(`${file} is no file of traces: ${describeError(error)}`, { cause: error })
  }
}

function attributesOf(attributes: readonly RawAttribute[] = []): ReadonlyMap<string, string> {
  return new Map(attributes.map(({ key, value = {} }) => [key, String(Object.values(value)[0])]))
}

function msOf(nanos: string): number {
  return Number(BigInt(nanos) / 1_000n) / 1_000
}
