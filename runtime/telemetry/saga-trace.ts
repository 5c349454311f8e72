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

/**
 * One life of a saga. When it began is part of it: another run of the same order, on an empty journal or long after the
 * first was forgotten, is another trace.
 */
export interface SagaLife {
  readonly namespace: string
  readonly saga: string
  readonly key: string
  /** Its time of start, in ms since 1970, as its outcome and its row have it. */
  readonly startedMs: number
}

export interface SagaTrace {
  readonly traceId: string
  /** The span of the whole saga, which is made when it has ended. */
  readonly rootSpanId: string
  /** The span of its start: child of the root, and parent of what carries no trace of its own. */
  readonly startSpanId: string
}

/** The trace of a saga and its first two spans. One SHA-256 gives them all. */
export function sagaTrace({ namespace, saga, key, startedMs }: SagaLife): SagaTrace {
  const digest = hash("sha256", `saga:${namespace}:${saga}:${key}:${startedMs}`, "hex")
  return {
    traceId: notZero(digest.slice(0, 32)),
    rootSpanId: notZero(digest.slice(32, 48)),
    startSpanId: notZero(digest.slice(48, 64)),
  }
}

/** The first 128 bits of SHA-256 of `saga:<namespace>:<saga>:<key>:<startedMs>`, as 32 hex digits. */
export function sagaTraceId(life: SagaLife): string {
  return sagaTrace(life).traceId
}

/** An id of zeros only means "no id" (W3C trace context), so it becomes the id one. */
export function notZero(id: string): string {
  return /[^0]/.test(id) ? id : `${id.slice(0, -1)}1`
}

export function formatTraceparent(span: SpanRef): string {
  return `00-${span.traceId}-${span.spanId}-0${span.sampled ? "1" : "0"}`
}

const traceparent = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const zeroTrace = "0".repeat(32)
const zeroSpan = "0".repeat(16)

/** The span that a traceparent names; `undefined` for none and for what the W3C says to ignore. */
export function parseTraceparent(text: string | undefined): SpanRef | undefined {
  if (text === undefined) return undefined
  if (isPlain(text)) return { traceId: text.slice(3, 35), spanId: text.slice(36, 52), sampled: isOdd(text.charCodeAt(54)) }
  const [, version, traceId, spanId, flags, more] = traceparent.exec(text) ?? []
  if (version === undefined || traceId === undefined || spanId === undefined || flags === undefined) return undefined
  const known = version === "00" ? more === undefined : version !== "ff"
  if (!known || notZero(traceId) !== traceId || notZero(spanId) !== spanId) return undefined
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

/** A traceparent in its usual form that says "not sampled". */
export function isPlainUnsampled(text: string | undefined): text is string {
  return text !== undefined && isPlain(text) && !isOdd(text.charCodeAt(54))
}

/** The usual form, version 00: looked at character by character, as this is on the way of every message. */
function isPlain(text: string): boolean {
  if (text.length !== 55 || !text.startsWith("00-")) return false
  for (let n = 3; n < 55; n += 1) {
    const code = text.charCodeAt(n)
    const isDash = n === 35 || n === 52
    const isHex = (code >= 48 && code <= 57) || (code >= 97 && code <= 102)
    if (isDash ? code !== 45 : !isHex) return false
  }
  return !text.startsWith(zeroTrace, 3) && !text.startsWith(zeroSpan, 36)
}

/** Of a hex digit: "1" has an odd code, and so has "a", which stands for ten. */
function isOdd(code: number): boolean {
  return (code <= 57 ? code : code + 1) % 2 === 1
}
