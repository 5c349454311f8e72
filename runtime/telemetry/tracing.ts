// The telemetry port in OpenTelemetry spans, on the API itself because this is the hot path:
//   process place-order.start        root of the saga's trace, short, linked to the requester's span
//     send inventory.reserve         one per outgoing record; its traceparent travels in the record
//       process inventory.reserve    by the receiver, wherever it runs
//     place-order                    added when the saga has ended: the whole saga, from start to end
// No span is held open longer than one message takes, so a killed process loses spans but no trace. Times come from the
// engine. An unsampled message costs no span: records carry on its traceparent, with the flag 00.
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } from "@opentelemetry/api"
import type { Context, HrTime, Link, Span, SpanContext, Tracer } from "@opentelemetry/api"
import { silent, type Closing, type ProcessSpan, type Sending, type Telemetry } from "../ports/telemetry.ts"
import { names } from "./names.ts"
import type { Providers } from "./providers.ts"
import { formatTraceparent, sagaTrace, type SpanRef } from "./saga-trace.ts"
import { processAttributes, processName, sendAttributes, sendName, type Traced } from "./span-contents.ts"
import { placeOf, type Place } from "./span-place.ts"

const { attribute } = names

/** Telemetry for the services that `providers` has tracers for; messages to others get no span. */
export function openTelemetry(providers: Providers): Telemetry {
  return {
    process(opening) {
      const { message } = opening
      const tracer = providers.tracers.get(message.to.service)
      if (tracer === undefined || message.type === "settled") return silent.process(opening)
      const place = placeOf(message, opening, providers.sampled)
      const passedOn = unsampledTrace(place, providers)
      if (passedOn !== undefined) return unrecorded(passedOn)
      const span = startProcess(tracer, place, providers, {
        kind: SpanKind.CONSUMER,
        startTime: hrTime(opening.nowMs),
        attributes: processAttributes(message, opening.kind),
        links: linksOf(place),
      }, processName(message))
      return span.isRecording()
        ? new RecordedProcess(tracer, span, message, opening.nowMs)
        : unrecorded(traceparentOf(span))
    },
  }
}

interface ProcessOptions {
  readonly kind: SpanKind
  readonly startTime: HrTime
  readonly attributes: ReturnType<typeof processAttributes>
  readonly links: Link[]
}

function startProcess(tracer: Tracer, place: Place, providers: Providers, options: ProcessOptions, name: string): Span {
  switch (place.type) {
    case "root":
      return providers.ids.root(place.ids, () => tracer.startSpan(name, options, ROOT_CONTEXT))
    case "child":
      return tracer.startSpan(name, options, contextOf(place.parent))
    default:
      return tracer.startSpan(name, options, ROOT_CONTEXT)
  }
}

/** The traceparent to pass on where it is known, before any span is made, that the trace is not recorded. */
function unsampledTrace(place: Place, providers: Providers): string | undefined {
  if (place.type === "child" && !place.parent.sampled) return formatTraceparent(place.parent)
  if (place.type !== "root" || providers.sampled(place.ids.traceId)) return undefined
  return formatTraceparent({ traceId: place.ids.traceId, spanId: place.ids.rootSpanId, sampled: false })
}

function unrecorded(traceparent: string): ProcessSpan {
  return { trace: traceparent, send: () => traceparent, end: () => undefined }
}

class RecordedProcess implements ProcessSpan {
  readonly trace: string
  private readonly tracer: Tracer
  private readonly span: Span
  private readonly message: Traced
  private readonly startTime: HrTime
  private readonly context: Context
  private readonly sends: Span[] = []

  constructor(tracer: Tracer, span: Span, message: Traced, openedMs: number) {
    this.tracer = tracer
    this.span = span
    this.message = message
    this.startTime = hrTime(openedMs)
    this.context = trace.setSpan(ROOT_CONTEXT, span)
    this.trace = traceparentOf(span)
  }

  send(outgoing: Sending): string {
    const options = { kind: SpanKind.PRODUCER, startTime: this.startTime, attributes: sendAttributes(outgoing) }
    const span = this.tracer.startSpan(sendName(outgoing), options, this.context)
    this.sends.push(span)
    return traceparentOf(span)
  }

  end(closing: Closing): void {
    // Where the clock was set back in between, the SDK makes the duration zero.
    const endTime = hrTime(closing.nowMs)
    for (const send of this.sends) send.end(endTime)
    describeClosing(this.span, closing)
    this.span.end(endTime)
    if (closing.ended !== undefined) this.addWholeSaga(closing.ended, endTime)
  }

  /** One span for the whole saga, added when its length is known; it hangs on the root, which other processes may have made. */
  private addWholeSaga(ended: NonNullable<Closing["ended"]>, endTime: HrTime): void {
    const { service, key } = this.message.to
    const { traceId, rootSpanId } = sagaTrace(service, key)
    const attributes = {
      [attribute.sagaName]: service,
      [attribute.sagaId]: key,
      [attribute.sagaOutcome]: ended.outcome,
      ...(ended.reason === undefined ? {} : { [attribute.sagaReason]: ended.reason }),
    }
    const options = { kind: SpanKind.INTERNAL, startTime: hrTime(ended.startedMs), attributes }
    const span = this.tracer.startSpan(service, options, contextOf({ traceId, spanId: rootSpanId, sampled: true }))
    span.end(endTime)
  }
}

/** A refusal is business and leaves the status unset; what could not be decided, and what waits for an operator, is an error. */
function describeClosing(span: Span, closing: Closing): void {
  const { outcome, ended, parked } = closing
  if (outcome !== undefined) {
    span.setAttribute(attribute.outcome, outcome.type)
    if (outcome.type !== "done") span.setAttribute(attribute.outcomeCode, outcome.code)
  }
  if (ended !== undefined) {
    span.setAttribute(attribute.sagaOutcome, ended.outcome)
    if (ended.reason !== undefined) span.setAttribute(attribute.sagaReason, ended.reason)
  }
  if (parked !== undefined) span.setAttribute(attribute.parked, true)
  const code = parked?.code ?? (outcome?.type === "faulted" ? outcome.code : undefined)
  if (code === undefined) return
  span.setAttribute(attribute.errorType, code)
  // The code again, not the fault's message: a user's data may be in that.
  span.setStatus({ code: SpanStatusCode.ERROR, message: code })
}

function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return formatTraceparent({ traceId, spanId, sampled: (traceFlags & TraceFlags.SAMPLED) !== 0 })
}

function contextOf(parent: SpanRef): Context {
  return trace.setSpanContext(ROOT_CONTEXT, spanContextOf(parent))
}

function spanContextOf(ref: SpanRef): SpanContext {
  const traceFlags = ref.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE
  return { traceId: ref.traceId, spanId: ref.spanId, traceFlags, isRemote: true }
}

function linksOf(place: Place): Link[] {
  return place.type === "new" || place.link === undefined ? [] : [{ context: spanContextOf(place.link) }]
}

/** Seconds and nanoseconds. As a plain number the SDK would take a small time, as simulations have, for one since its start. */
function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000)
  return [seconds, Math.floor((ms - seconds * 1000) * 1e6)]
}
