// Starts and stops tracing, and the export of metrics, for one process. Without a collector it costs nothing: the
// OpenTelemetry packages, a fifth of a second of start-up, are loaded only when there is somewhere to send spans to.
import { setTimeout as pause } from "node:timers/promises"
import type { Metrics } from "../delivery/stats.ts"
import { InvalidInput } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import { silent, type Telemetry } from "../ports/telemetry.ts"
import { metricsUrlOf, tracesUrlOf, type Collector } from "./endpoint.ts"
import type { SpanCounts } from "./span-outlet.ts"

/** Spread what `findCollector` returns into these, or name the collector's `endpoint`; with neither nothing is sent. */
export interface StartTracing extends Partial<Collector> {
  /** Every actor type, saga or service, that the process may run: each becomes a `service.name`. */
  readonly services: readonly string[]
  /** `service.namespace`; also the `service.name` of spans that the user's own instrumentation makes. */
  readonly namespace: string
  /** `service.instance.id`: unique to this process. */
  readonly instanceId: string
  /** The part of traces that is recorded, 0 to 1; by trace id, so that all processes decide alike. Default 1. */
  readonly ratio?: number
  /** Pause between two exports of metrics. Default: `limits.metricsEveryMs`. */
  readonly metricsEveryMs?: number
  /** How long `shutdown` may take. Default `traceShutdownMaxMs`. */
  readonly shutdownMaxMs?: number
  /** Told at most once, when spans could not be delivered. Default: a warning of the process. */
  readonly warn?: (message: string) => void
}

export interface Tracing {
  readonly telemetry: Telemetry
  /** Where spans go, for people; `undefined` where tracing is off. */
  readonly endpoint: string | undefined
  /** What became of the spans so far. */
  counts(): SpanCounts
  /** Exports what `read` gives, from now on; the host hands in what its engine shows. Once per process. */
  observe(read: () => Metrics): void
  /** Sends what waits and stops, within `shutdownMaxMs` whatever the collector does. Never rejects. */
  shutdown(): Promise<void>
}

/** Throws InvalidInput for an endpoint or ratio that is none. A collector that cannot be reached is no error. */
export async function startTracing(options: StartTracing): Promise<Tracing> {
  const { endpoint, ratio = 1, shutdownMaxMs = limits.traceShutdownMaxMs } = options
  if (!(ratio >= 0 && ratio <= 1)) throw new InvalidInput(`the part of traces to record is ${ratio}; it must be 0 to 1`)
  const tracesUrl = options.tracesUrl ?? (endpoint === undefined ? undefined : tracesUrlOf(endpoint))
  if (tracesUrl === undefined) return noTracing
  const derived = options.tracesUrl === undefined && endpoint !== undefined ? metricsUrlOf(endpoint) : undefined
  const metricsUrl = options.metricsUrl ?? derived
  const { startSdk } = await import("./sdk.ts")
  const sdk = startSdk({
    services: options.services,
    namespace: options.namespace,
    instanceId: options.instanceId,
    ratio,
    warn: options.warn ?? ((message) => process.emitWarning(message, "TroupeWarning")),
    tracesUrl,
    metricsUrl,
    metricsEveryMs: options.metricsEveryMs ?? limits.metricsEveryMs,
    // A last batch is given up, and its loss told, before the shutdown's time is over.
    exportTimeoutMs: Math.min(limits.traceExportTimeoutMs, 0.8 * shutdownMaxMs),
  })
  let stopping: Promise<void> | undefined
  return {
    telemetry: sdk.telemetry,
    endpoint: endpoint ?? tracesUrl,
    counts: sdk.counts,
    observe: sdk.observe,
    shutdown: () => (stopping ??= stopWithin(sdk.stop, shutdownMaxMs)),
  }
}

const noTracing: Tracing = {
  telemetry: silent,
  endpoint: undefined,
  counts: () => ({ waiting: 0, exported: 0, dropped: 0 }),
  observe: () => undefined,
  shutdown: () => Promise.resolve(),
}

async function stopWithin(stop: () => Promise<unknown>, maxMs: number): Promise<void> {
  const finished = new AbortController()
  const deadline = pause(maxMs, undefined, { signal: finished.signal }).catch(() => undefined)
  await Promise.race([stop(), deadline])
  finished.abort()
}
