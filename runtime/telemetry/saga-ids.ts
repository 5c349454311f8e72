// Where span and trace ids come from: random, except for the root of a saga's trace, whose ids are computed.
// The SDK asks for the span id first and, for a span without a parent, for the trace id after it; both within `startSpan`,
// which is synchronous. So the ids are laid ready immediately before it and taken by it.
import { RandomIdGenerator, type IdGenerator } from "@opentelemetry/sdk-trace"

export class SagaIds implements IdGenerator {
  private readonly random = new RandomIdGenerator()
  private spanId: string | undefined
  private traceId: string | undefined

  /** Runs `start`, whose one new span without a parent gets these ids. */
  root<Span>(ids: { readonly traceId: string; readonly rootSpanId: string }, start: () => Span): Span {
    this.traceId = ids.traceId
    this.spanId = ids.rootSpanId
    try {
      return start()
    } finally {
      this.traceId = undefined
      this.spanId = undefined
    }
  }

  generateSpanId(): string {
    return this.spanId ?? this.random.generateSpanId()
  }

  generateTraceId(): string {
    return this.traceId ?? this.random.generateTraceId()
  }
}
