// A finished span, as the ways out take it: plain data. The engine makes two for each message, so what is the same for all
// spans of a name is made once, and attributes are a flat list.
import type { SpanRef } from "./saga-trace.ts"

export type AttributeValue = string | number | boolean | readonly (string | number | boolean)[]

/** name, value, name, value. */
export type AttributeList = readonly AttributeValue[]

/** The kinds of OTLP. */
export const spanKind = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const

/** What the spans of one name have in common. */
export interface SpanForm {
  /** Its `service.name`: the actor type. */
  readonly service: string
  readonly name: string
  readonly kind: number
  readonly attributes: AttributeList
}

export interface SpanRecord {
  readonly form: SpanForm
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly startMs: number
  readonly endMs: number
  readonly attributes: AttributeList
  readonly status: SpanStatus | undefined
  readonly links: readonly SpanRef[]
  readonly events: readonly SpanEvent[]
}

export interface SpanStatus {
  /** 1 ok, 2 error. */
  readonly code: number
  readonly message: string | undefined
}

export interface SpanEvent {
  readonly name: string
  readonly timeMs: number
  readonly attributes: AttributeList
}

/** Takes finished spans. Never throws, never waits. */
export interface SpanSink {
  add(span: SpanRecord): void
}
