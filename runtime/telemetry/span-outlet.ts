// Spans on their way to the collector. Bounded: a full queue drops spans, a failing collector drops batches, both are
// counted, and the first failure (only the first) is worth a warning. Nothing here can slow or stop the app.
// Gotcha: dropping single spans tears holes into traces, so new traces are refused earlier, at half of the queue.
import { type Context, TraceFlags } from "@opentelemetry/api"
import {
  BatchSpanProcessor, SamplingDecision,
  type ReadableSpan, type Sampler, type SamplingResult, type Span, type SpanExporter, type SpanProcessor,
} from "@opentelemetry/sdk-trace"
import { describeError } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"

export interface SpanCounts {
  /** Spans that wait for the next batch. */
  readonly waiting: number
  readonly exported: number
  /** Spans that were lost: the queue was full, or the collector did not take them. */
  readonly dropped: number
}

export class SpanOutlet implements SpanProcessor {
  private readonly batches: BatchSpanProcessor
  private readonly tally = { waiting: 0, exported: 0, dropped: 0 }

  constructor(exporter: SpanExporter, warn: (message: string) => void) {
    this.batches = new BatchSpanProcessor({
      exporter: countedExporter(exporter, this.tally, once(warn)),
      maxQueueSize: limits.traceQueueSpansMax,
      maxExportBatchSize: limits.traceBatchSpansMax,
      scheduledDelayMillis: limits.traceFlushDelayMs,
      exportTimeoutMillis: limits.traceShutdownMaxMs,
    })
  }

  get counts(): SpanCounts {
    return { ...this.tally }
  }

  /** Too many spans wait for a new trace to be worth beginning. */
  get pressed(): boolean {
    return this.tally.waiting >= limits.traceQueueSpansMax / 2
  }

  onStart(_span: Span, _context: Context): void {}

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return
    if (this.tally.waiting >= limits.traceQueueSpansMax) {
      this.tally.dropped += 1
      return
    }
    this.tally.waiting += 1
    this.batches.onEnd(span)
  }

  forceFlush(): Promise<void> {
    return this.batches.forceFlush()
  }

  shutdown(): Promise<void> {
    return this.batches.shutdown()
  }
}

/** Decides like `decision`, but begins no trace while the outlet is pressed. */
export function whilePossible(outlet: { readonly pressed: boolean }, decision: Sampler): Sampler {
  const refused: SamplingResult = { decision: SamplingDecision.NOT_RECORD }
  return {
    shouldSample: (...asked) => (outlet.pressed ? refused : decision.shouldSample(...asked)),
    toString: () => `WhilePossible{${decision.toString()}}`,
  }
}

type Tally = { waiting: number; exported: number; dropped: number }

type ExportResult = Parameters<Parameters<SpanExporter["export"]>[1]>[0]
const success = 0 as ExportResult["code"] // cast: 0 is its SUCCESS

function countedExporter(exporter: SpanExporter, tally: Tally, warn: (message: string) => void): SpanExporter {
  return {
    export(spans, done) {
      tally.waiting -= spans.length
      exporter.export(spans, (result) => {
        if (result.code === success) {
          tally.exported += spans.length
        } else {
          tally.dropped += spans.length
          warn(
            `TRACES_LOST: the collector did not take ${spans.length} spans (${describeError(result.error)}); they are dropped, ` +
              "later ones are tried, and this is said only once",
          )
        }
        // The loss is accounted for: passed on, it would be logged with every batch and turn a shutdown into a failure.
        done({ code: success })
      })
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  }
}

function once(warn: (message: string) => void): (message: string) => void {
  let said = false
  return (message) => {
    if (said) return
    said = true
    warn(message)
  }
}
