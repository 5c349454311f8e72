// Spans as OTLP's JSON, one request a line: what the OpenTelemetry file exporter writes, and what its collector, Jaeger and
// the console read. Ids are hex, times are nanoseconds as text, enums are numbers.
import { names } from "./names.ts"
import type { SpanRef } from "./saga-trace.ts"
import { cut } from "./span-protobuf.ts"
import type { AttributeList, AttributeValue, SpanRecord } from "./span-record.ts"
import type { ResourceOf, SpanEncoder } from "./span-queue.ts"

export class JsonSpans implements SpanEncoder {
  readonly #resourceOf: ResourceOf
  /** Finished spans by `service.name`. */
  readonly #services = new Map<string, string[]>()

  constructor(resourceOf: ResourceOf) {
    this.#resourceOf = resourceOf
  }

  add(span: SpanRecord): void {
    const { service } = span.form
    const known = this.#services.get(service)
    const text = JSON.stringify(jsonSpan(span))
    if (known === undefined) this.#services.set(service, [text])
    else known.push(text)
  }

  take(): Uint8Array {
    const parts = [...this.#services].map(([service, spans]) => {
      const resource = JSON.stringify({ attributes: jsonAttributes(this.#resourceOf(service)) })
      return `{"resource":${resource},"scopeSpans":[{"scope":{"name":"${names.scope}"},"spans":[${spans.join(",")}]}]}`
    })
    this.#services.clear()
    return Buffer.from(`{"resourceSpans":[${parts.join(",")}]}\n`)
  }
}

function jsonSpan(span: SpanRecord): object {
  const { form, parentSpanId, status, events, links } = span
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    flags: 1,
    name: form.name,
    kind: form.kind,
    startTimeUnixNano: nanoText(span.startMs),
    endTimeUnixNano: nanoText(Math.max(span.startMs, span.endMs)),
    attributes: [...jsonAttributes(form.attributes), ...jsonAttributes(span.attributes)],
    ...(events.length === 0
      ? {}
      : {
          events: events.map(({ name, timeMs, attributes }) => ({
            name, timeUnixNano: nanoText(timeMs), attributes: jsonAttributes(attributes),
          })),
        }),
    ...(links.length === 0 ? {} : { links: links.map(jsonLink) }),
    status: { ...(status?.message === undefined ? {} : { message: status.message }), ...(status && { code: status.code }) },
  }
}

function jsonLink({ traceId, spanId, sampled }: SpanRef): object {
  return { traceId, spanId, flags: sampled ? 1 : 0 }
}

/** In exact digits: a double cannot hold that many. */
export function nanoText(timeMs: number): string {
  const wholeMs = Math.floor(timeMs)
  return String(BigInt(wholeMs) * 1_000_000n + BigInt(Math.round((timeMs - wholeMs) * 1e6)))
}

export function jsonAttributes(attributes: AttributeList): readonly object[] {
  const list: object[] = []
  for (let n = 0; n < attributes.length; n += 2) {
    const value = attributes[n + 1]
    if (value !== undefined) list.push({ key: String(attributes[n]), value: jsonValue(value) })
  }
  return list
}

function jsonValue(value: AttributeValue): object {
  if (typeof value === "string") return { stringValue: cut(value) }
  if (typeof value === "boolean") return { boolValue: value }
  if (typeof value === "number") return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  return { arrayValue: { values: value.map(jsonValue) } }
}
