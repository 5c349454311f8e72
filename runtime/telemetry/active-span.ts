// The span under which user code runs, as OpenTelemetry's context knows it: what that code makes with the API, or with an
// instrumentation of its database, becomes a child of the handler's span and belongs to the handler's service.
import { type Context, context, createContextKey, isSpanContextValid, TraceFlags, trace } from "@opentelemetry/api"
import { formatTraceparent, type SpanRef } from "./saga-trace.ts"

const serviceKey = createContextKey("troupe.service")

export function callWithin<Value>({ traceId, spanId, sampled }: SpanRef, service: string, call: () => Value): Value {
  const traceFlags = sampled ? TraceFlags.SAMPLED : TraceFlags.NONE
  const inside = trace.setSpanContext(context.active(), { traceId, spanId, traceFlags })
  return context.with(inside.setValue(serviceKey, service), call)
}

/** The service whose handler made a span in this context; undefined outside of handlers. */
export function serviceIn(inside: Context): string | undefined {
  const service = inside.getValue(serviceKey)
  return typeof service === "string" ? service : undefined
}

/** The traceparent of the span that is active, if one is: of a user's own, or of the handler that runs. */
export function activeTrace(): string | undefined {
  const active = trace.getSpanContext(context.active())
  if (active === undefined || !isSpanContextValid(active)) return undefined
  return formatTraceparent({ ...active, sampled: (active.traceFlags & TraceFlags.SAMPLED) !== 0 })
}
