// Spans that user code makes through the OpenTelemetry API, on their way to the same ways out as those of the engine.
import { type Context, type HrTime, SpanStatusCode, TraceFlags } from "@opentelemetry/api"
import {
  type ReadableSpan, type Sampler, SamplingDecision, type SamplingResult, type Span, type SpanProcessor,
} from "@opentelemetry/sdk-trace"
import { serviceIn } from "./active-span.ts"
import type { AttributeValue, SpanSink } from "./span-record.ts"

/** `service`: of spans that are made outside of handlers. */
export function userSpans(sink: SpanSink, service: string): SpanProcessor {
  const services = new WeakMap<object, string>()
  return {
    onStart(span: Span, parent: Context) {
      const within = serviceIn(parent)
      if (within !== undefined) services.set(span, within)
    },
    onEnd(span: ReadableSpan) {
      const { traceId, spanId, traceFlags } = span.spanContext()
      if ((traceFlags & TraceFlags.SAMPLED) === 0) return
      const { code, message } = span.status
      sink.add({
        form: { service: services.get(span) ?? service, name: span.name, kind: span.kind + 1, attributes: [] },
        traceId,
        spanId,
        parentSpanId: span.parentSpanContext?.spanId,
        startMs: millis(span.startTime),
        endMs: millis(span.endTime),
        attributes: listOf(span.attributes),
        status: code === SpanStatusCode.UNSET ? undefined : { code, message },
        links: span.links.map(({ context: link }) => ({ ...link, sampled: (link.traceFlags & TraceFlags.SAMPLED) !== 0 })),
        events: span.events.map(({ name, time, attributes }) => ({
          name, timeMs: millis(time), attributes: listOf(attributes ?? {}),
        })),
      })
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
}

/** Decides like `decision`, but begins no trace while the ways out are pressed. */
export function whilePossible(sink: { readonly pressed: boolean }, decision: Sampler): Sampler {
  const refused: SamplingResult = { decision: SamplingDecision.NOT_RECORD }
  return {
    shouldSample: (...asked) => (sink.pressed ? refused : decision.shouldSample(...asked)),
    toString: () => `WhilePossible{${decision.toString()}}`,
  }
}

function millis([seconds, nanos]: HrTime): number {
  return seconds * 1000 + nanos / 1e6
}

function listOf(attributes: Readonly<Record<string, unknown>>): AttributeValue[] {
  return Object.entries(attributes).flatMap(([name, value]) => {
    const known = valueOf(value)
    return known === undefined ? [] : [name, known]
  })
}

function valueOf(value: unknown): AttributeValue | undefined {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value
  if (!Array.isArray(value)) return undefined
  return value.filter((each) => typeof each === "string" || typeof each === "number" || typeof each === "boolean")
}
