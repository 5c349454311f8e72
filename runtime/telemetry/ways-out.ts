// Where finished spans go: to a collector, into a file, or both. Each way has a queue of its own.
import { JsonSpans } from "./span-json.ts"
import { otlpPost } from "./otlp-http.ts"
import { ProtobufSpans } from "./span-protobuf.ts"
import { type ResourceOf, type SpanCounts, SpanQueue } from "./span-queue.ts"
import type { SpanRecord, SpanSink } from "./span-record.ts"
import { traceFile } from "./trace-file.ts"
import type { OtelVariables } from "./variables.ts"

export interface WaysOutOptions {
  /** Absent: no collector. */
  readonly tracesUrl: string | undefined
  /** Absent: no file. */
  readonly file: string | undefined
  readonly exportTimeoutMs: number
  readonly resourceOf: ResourceOf
  readonly variables: OtelVariables
  readonly warn: (message: string) => void
}

export class WaysOut implements SpanSink {
  readonly #queues: readonly SpanQueue[]

  constructor(options: WaysOutOptions) {
    const { tracesUrl, file, resourceOf, variables, warn } = options
    const { headers, timeoutMs, compression, tls, delayMs, spansMax, batchSpansMax } = variables
    const bounds = {
      ...(delayMs && { delayMs }), ...(spansMax && { spansMax }), ...(batchSpansMax && { batchSpansMax }), warn,
    }
    const queues: SpanQueue[] = []
    if (tracesUrl !== undefined) {
      const deliver = otlpPost({
        url: tracesUrl,
        timeoutMs: Math.min(options.exportTimeoutMs, timeoutMs ?? options.exportTimeoutMs),
        ...(headers && { headers }), ...(compression && { compression }), ...(tls && { tls }),
      })
      queues.push(new SpanQueue({ ...bounds, encoder: new ProtobufSpans(resourceOf), deliver, whom: "the collector" }))
    }
    if (file !== undefined) {
      queues.push(new SpanQueue({ ...bounds, encoder: new JsonSpans(resourceOf), deliver: traceFile(file), whom: "the file" }))
    }
    this.#queues = queues
  }

  get isNowhere(): boolean {
    return this.#queues.length === 0
  }

  get pressed(): boolean {
    return this.#queues.some((queue) => queue.pressed)
  }

  /** Of the collector's queue, or of the file's where there is no collector. */
  get counts(): SpanCounts {
    return this.#queues[0]?.counts ?? { waiting: 0, exported: 0, dropped: 0 }
  }

  add(span: SpanRecord): void {
    for (const queue of this.#queues) queue.add(span)
  }

  /** Sends what waits. Never rejects; may take as long as the collector does. */
  async stop(): Promise<void> {
    await Promise.all(this.#queues.map((queue) => queue.stop()))
  }
}
