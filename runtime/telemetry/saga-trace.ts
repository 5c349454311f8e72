// The identity of a saga's trace, computed and never stored: each process that meets the saga, before or after a crash,
// comes to the same ids. And the W3C traceparent, the only form in which ids of spans travel in records.
import { hash } from "node:crypto"

/** A span as others can refer to it. */
export interface SpanRef {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string
  /** 16 lower-case hex digits, not all zero. */
  readonly spanId: string
  readonly sampled: boolean
}

/** The trace of a saga and the span at its root. One SHA-256 gives both. */
export function sagaTrace(name: string, key: string): { readonly traceId: string; readonly rootSpanId: string } {
  const digest = hash("sha256", `saga:${name}:${key}`, "hex")
  return { traceId: notZero(digest.slice(0, 32)), rootSpanId: notZero(digest.slice(32, 48)) }
}

/** The first 128 bits of SHA-256 of `saga:<name>:<key>`, as 32 hex digits. */
export function sagaTraceId(name: string, key: string): string {
  return sagaTrace(name, key).traceId
}

/** The next 64 bits, as 16 hex digits. */
export function sagaRootSpanId(name: string, key: string): string {
  return sagaTrace(name, key).rootSpanId
}

/** An id of zeros only means "no id" (W3C trace context), so it becomes the id one. */
export function notZero(id: string): string {
  return /[^0]/.test(id) ? id : `${id.slice(0, -1)}1`
}

export function formatTraceparent(span: SpanRef): string {
  return `00-${span.traceId}-${span.spanId}-0${span.sampled ? "1" : "0"}`
}

const traceparent = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** The span that a traceparent names; `undefined` for none and for what the W3C says to ignore. */
export function parseTraceparent(text: string | undefined): SpanRef | undefined {
  if (text === undefined) return undefined
  const [, version, traceId, spanId, flags, more] = traceparent.exec(text) ?? []
  if (version === undefined || traceId === undefined || spanId === undefined || flags === undefined) return undefined
  const known = version === "00" ? more === undefined : version !== "ff"
  if (!known || notZero(traceId) !== traceId || notZero(spanId) !== spanId) return undefined
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 }
}
