// Lines of the log as OpenTelemetry's log records, with the span that they speak of where there is one.
import { logs, ROOT_CONTEXT, TraceFlags, trace } from "@opentelemetry/api"
import type { LogLine } from "./log.ts"
import { names } from "./names.ts"

/** The numbers of OpenTelemetry's severities. */
const severities = { debug: 5, info: 9, warn: 13, error: 17 } as const

export function emitLine({ atMs, level, code, message, fields }: LogLine): void {
  const { traceId, spanId, ...attributes } = fields
  const isTraced = typeof traceId === "string" && typeof spanId === "string"
  const of = isTraced ? trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: TraceFlags.NONE }) : ROOT_CONTEXT
  logs.getLogger(names.scope).emit({
    timestamp: atMs,
    severityNumber: severities[level],
    severityText: level,
    body: message,
    eventName: code,
    attributes,
    context: of,
  })
}
