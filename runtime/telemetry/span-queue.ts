// Spans on one way out: encoded when they end, sent in batches. Bounded: a full queue drops spans, a way out that fails
// drops batches, both are counted, and the first failure (only the first) is worth a warning. Nothing here can slow or stop
// the app. Gotcha: dropping single spans tears holes into traces, so new traces are refused earlier, at half of the queue.
import { describeError, Fault } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { AttributeList, SpanRecord, SpanSink } from "./span-record.ts"

/** The attributes of the resource with this `service.name`. */
export type ResourceOf = (service: string) => AttributeList

export interface SpanEncoder {
  add(span: SpanRecord): void
  /** All spans added since it was last called, as one request; the bytes are good until the next `add`. */
  take(): Uint8Array
}

export interface SpanCounts {
  /** Spans that are encoded and not delivered. */
  readonly waiting: number
  readonly exported: number
  /** Spans that were lost: the queue was full, or the collector did not take them. */
  readonly dropped: number
}

export interface SpanQueueOptions {
  readonly encoder: SpanEncoder
  /** Rejects when the batch is lost. */
  readonly deliver: (bytes: Uint8Array) => Promise<void>
  /** Who does not take the spans when that fails, for the warning. */
  readonly whom: string
  readonly warn: (message: string) => void
  readonly spansMax?: number
  readonly batchSpansMax?: number
  readonly delayMs?: number
}

interface Batch {
  readonly bytes: Uint8Array
  readonly spans: number
}

export class SpanQueue implements SpanSink {
  readonly #options: Required<SpanQueueOptions>
  readonly #batches: Batch[] = []
  /** Spans in the encoder. */
  #open = 0
  #waiting = 0
  #exported = 0
  #dropped = 0
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> | undefined
  #hasWarned = false
  #isStopping = false

  constructor(options: SpanQueueOptions) {
    const { traceQueueSpansMax: spansMax, traceBatchSpansMax: batchSpansMax, traceFlushDelayMs: delayMs } = limits
    this.#options = { spansMax, batchSpansMax, delayMs, ...options }
  }

  get counts(): SpanCounts {
    return { waiting: this.#waiting, exported: this.#exported, dropped: this.#dropped }
  }

  /** Too many spans wait for a new trace to be worth beginning. */
  get pressed(): boolean {
    return this.#waiting >= this.#options.spansMax / 2
  }

  add(span: SpanRecord): void {
    const { encoder, spansMax, batchSpansMax, delayMs } = this.#options
    if (this.#waiting >= spansMax) {
      this.#dropped += 1
      return
    }
    encoder.add(span)
    this.#waiting += 1
    this.#open += 1
    if (this.#open >= batchSpansMax) this.#close()
    else this.#timer ??= setTimeout(() => this.#close(), delayMs).unref()
  }

  /**
   * Sends what waits; once the way out is closed the rest is dropped. Never rejects; may take as long as
   * the way out does.
   */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#close()
    await this.#sending
  }

  #close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#open === 0) return
    this.#batches.push({ bytes: Uint8Array.from(this.#options.encoder.take()), spans: this.#open })
    this.#open = 0
    this.#sending ??= this.#send().finally(() => (this.#sending = undefined))
  }

  async #send(): Promise<void> {
    for (let batch = this.#batches.shift(); batch !== undefined; batch = this.#batches.shift()) {
      const { bytes, spans } = batch
      try {
        await this.#options.deliver(bytes)
        this.#exported += spans
      } catch (error) {
        this.#dropped += spans
        this.#warnOnce(spans, error)
        if (this.#isStopping && !isRefusal(error)) this.#dropRest()
      }
      this.#waiting -= spans
    }
  }

  #dropRest(): void {
    for (const { spans } of this.#batches.splice(0)) {
      this.#dropped += spans
      this.#waiting -= spans
    }
  }

  #warnOnce(spans: number, error: unknown): void {
    if (this.#hasWarned) return
    this.#hasWarned = true
    this.#options.warn(
      `TRACES_LOST: ${this.#options.whom} did not take ${spans} spans (${describeError(error)}); they are dropped, ` +
        "later ones are tried, and this is said only once",
    )
  }
}

/** The batch is at fault, and not the way out: the next one may be taken. */
function isRefusal(error: unknown): boolean {
  return error instanceof Fault && error.retry === "never"
}
