// Starts and stops tracing, and the export of metrics, for one process. Without a collector it costs nothing: the
// OpenTelemetry packages, a fifth of a second of start-up, are loaded only when there is somewhere to send spans to.
import { setTimeout as pause } from "node:timers/promises"
import type { Timed } from "../delivery/stats.ts"
import { InvalidInput } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import { silent, type Telemetry } from "../ports/telemetry.ts"
import { logsUrlOf, metricsUrlOf, tracesUrlOf, type Collector } from "./endpoint.ts"
import type { LogLine } from "./log.ts"
import type { Shown } from "./metric-points.ts"
import type { SpanCounts } from "./span-queue.ts"
import type { OtelVariables } from "./variables.ts"

/** Spread what `findCollector` returns into these, or name the collector's `endpoint`; with neither nothing is sent. */
export interface StartTracing extends Partial<Collector> {
  /** Every actor type, saga or service, that the process may run: each becomes a `service.name`. */
  readonly services: readonly string[]
  /** `service.namespace`; also the `service.name` of spans that the user's own instrumentation makes. */
  readonly namespace: string
  /** `service.instance.id`: unique to this process. */
  readonly instanceId: string
  /**
   * The part of traces that is recorded, 0 to 1; by trace id, so that all processes decide alike. Default: what the
   * variables say, and else 1. Sagas that are compensated, parked or slow are recorded from then on in any case.
   */
  readonly ratio?: number
  /** How old a saga is that counts as slow. Default: `limits.traceSlowSagaMs`. */
  readonly slowMs?: number
  /** Where spans are written to, as OTLP JSON lines, besides or instead of being sent. */
  readonly file?: string
  /** What the standard variables of the environment say. */
  readonly variables?: OtelVariables
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
  observe(read: () => Shown): void
  /** What is to be told of durations, so that they are exported; undefined where no metrics leave. */
  durations(app: string): Timed | undefined
  /** Takes a line of the log, and sends it where the user has asked for that; undefined where nobody has. */
  readonly log: ((line: LogLine) => void) | undefined
  /** Sends what waits and stops, within `shutdownMaxMs` whatever the collector does. Never rejects. */
  shutdown(): Promise<void>
}

/** Throws InvalidInput for an endpoint or ratio that is none. A collector that cannot be reached is no error. */
export async function startTracing(options: StartTracing): Promise<Tracing> {
  const { endpoint, file, variables = {}, shutdownMaxMs = limits.traceShutdownMaxMs } = options
  const ratio = options.ratio ?? variables.ratio ?? 1
  if (!(ratio >= 0 && ratio <= 1)) throw new InvalidInput(`the part of traces to record is ${ratio}; it must be 0 to 1`)
  const warn = options.warn ?? ((message: string) => process.emitWarning(message, "TroupeWarning"))
  const to = urlsOf(options)
  if (variables.disabled === true || (to.tracesUrl ?? to.metricsUrl ?? file) === undefined) return noTracing
  for (const line of variables.unheeded ?? []) warn(`TELEMETRY: ${line}`)
  const { startSdk } = await import("./sdk.ts")
  const sdk = startSdk({
    services: options.services,
    namespace: options.namespace,
    instanceId: options.instanceId,
    ratio,
    slowMs: options.slowMs ?? limits.traceSlowSagaMs,
    ...to,
    file,
    variables,
    warn,
    metricsEveryMs: options.metricsEveryMs ?? limits.metricsEveryMs,
    // A last batch is given up, and its loss told, before the shutdown's time is over.
    exportTimeoutMs: Math.min(limits.traceExportTimeoutMs, 0.8 * shutdownMaxMs),
  })
  let stopping: Promise<void> | undefined
  return {
    telemetry: sdk.telemetry,
    endpoint: endpoint ?? to.tracesUrl ?? file,
    counts: sdk.counts,
    observe: sdk.observe,
    durations: sdk.durations,
    log: sdk.log,
    shutdown: () => (stopping ??= stopWithin(sdk.stop, shutdownMaxMs)),
  }
}

/** Metrics go where traces go, also when the traces themselves are switched off. */
function urlsOf({ endpoint, tracesUrl: given, metricsUrl, logsUrl, variables }: StartTracing) {
  const derived = endpoint === undefined ? undefined : tracesUrlOf(endpoint)
  const tracesUrl = given ?? derived
  const isDerived = given === undefined && endpoint !== undefined
  return {
    tracesUrl: variables?.tracesOff === true ? undefined : tracesUrl,
    metricsUrl: metricsUrl ?? (isDerived ? metricsUrlOf(endpoint) : undefined),
    logsUrl: variables?.logsOn === true ? (logsUrl ?? (isDerived ? logsUrlOf(endpoint) : undefined)) : undefined,
  }
}

const noTracing: Tracing = {
  telemetry: silent,
  endpoint: undefined,
  counts: () => ({ waiting: 0, exported: 0, dropped: 0 }),
  observe: () => undefined,
  durations: () => undefined,
  log: undefined,
  shutdown: () => Promise.resolve(),
}

async function stopWithin(stop: () => Promise<unknown>, maxMs: number): Promise<void> {
  const finished = new AbortController()
  const deadline = pause(maxMs, undefined, { signal: finished.signal }).catch(() => undefined)
  await Promise.race([stop(), deadline])
  finished.abort()
}
