// Everything that a program needs to run an app, in one call: a heap that stays small, the server that NATS_URL names or
// an embedded one, traces and metrics to the collector that is configured or found, health over HTTP, and the app on top.
// Stopping undoes it in reverse.
import { randomBytes } from "node:crypto"
import { type Observer, unobserved } from "../delivery/observer.ts"
import { type Duration, durationMs } from "../kernel/duration.ts"
import { Fault } from "../kernel/fault.ts"
import { chooseServer } from "../nats/server/choose.ts"
import type { EmbeddedServer } from "../nats/server/embedded.ts"
import { findCollector } from "../telemetry/endpoint.ts"
import { type LogLevel, loggingObserver } from "../telemetry/log.ts"
import type { Shown } from "../telemetry/metric-points.ts"
import { prometheusText } from "../telemetry/prometheus.ts"
import { startTracing, type Tracing } from "../telemetry/setup.ts"
import type { App } from "./app.ts"
import { type Environment, readEnvironment } from "./config.ts"
import { type Health, unready } from "./health.ts"
import { type HealthServerOptions, startHealthServer } from "./health-server.ts"
import { keepHeapLean } from "./lean-heap.ts"
import { type RunningApp, start, type StartOptions, type StopOptions } from "./start.ts"

export interface LaunchOptions {
  /** Where an embedded server keeps its store. */
  readonly dataDir: string
  readonly environment?: Environment
  readonly observer?: Partial<Observer>
  /** What is traced, and where that goes besides the collector. What is not said here the environment says. */
  readonly telemetry?: TelemetryOptions
  /** What is told in lines, and to whom. Default: from "warn" on, to stderr. */
  readonly log?: LaunchLog
  /** Where `/livez`, `/readyz` and `/metrics` are served. Default: what the environment says; nowhere if it says nothing. */
  readonly healthPort?: number
  /** Told, in one line each, what was chosen and why, and what an operator should know. */
  readonly report?: (line: string) => void
}

export interface TelemetryOptions {
  /** A file for traces, as OTLP JSON lines. It is bounded: `limits.traceFileBytesMax`, and one old file. */
  readonly file?: string
  /** The part of traces that is recorded, 0 to 1. Default 1. */
  readonly ratio?: number
  /** A saga that is older is traced in any case. Default "60 seconds". */
  readonly slowAfter?: Duration
}

export interface LaunchLog {
  readonly level?: LogLevel
  /** Default: text on a terminal, else JSON lines. */
  readonly format?: "json" | "text"
  readonly write?: (line: string) => void
}

export interface LaunchedApp extends RunningApp {
  readonly natsUrl: string
  /** The server is a child of this process. */
  readonly isEmbedded: boolean
  /** Where traces go; `undefined` if nowhere. */
  readonly tracesTo: string | undefined
  /** Where health is served, as `http://host:port`; `undefined` if nowhere. */
  readonly healthAt: string | undefined
}

/** The embedded server ended while the app needed it. Everything that was acknowledged is in its store. */
export class ServerEnded extends Fault {
  readonly _tag = "ServerEnded"
  readonly code = "SERVER_ENDED"
  readonly retry = "later"
}

type Stop = (options?: StopOptions) => Promise<void>

/** Rejects with a Fault that says in one sentence what is missing. Whatever was started by then is stopped again. */
export async function launch(app: App, options: LaunchOptions): Promise<LaunchedApp> {
  const { dataDir, environment = readEnvironment(), report = () => undefined } = options
  keepHeapLean()
  const stops: Stop[] = []
  let stopping: Promise<void> | undefined
  let ended: Fault | undefined
  // Without its server nothing can be finished.
  const stop = (how: StopOptions = {}) => (stopping ??= stopAll(stops, ended === undefined ? how : { withinMs: 0 }))
  let running: RunningApp | undefined
  const health = () => {
    const now = running === undefined ? unready("it is starting") : running.health()
    return ended === undefined ? now : over(now, ended)
  }
  try {
    const shown: { read?: () => Shown } = {}
    const metrics = () => (shown.read === undefined ? "" : prometheusText(shown.read()))
    const healthAt = await serveHealth(options, environment, { health, metrics }, stops)
    const server = await chooseServer({ natsUrl: environment.natsUrl, dataDir, report })
    stops.push(() => server.stop())
    const tracing = await traceTo(app, environment, options.telemetry)
    stops.push(() => tracing.shutdown())
    const { url: natsUrl, embedded } = server
    const isEmbedded = embedded !== undefined
    const observing = observed(app, environment, options, tracing.log)
    const telling = { telemetry: tracing.telemetry, observer: observing, report }
    const started = await start(app, { natsUrl, ...telling, isEmbedded, ...onServer(environment) })
    running = started
    stops.push(running.stop)
    shown.read = () => ({ ...started.engine.metrics(), spans: tracing.counts(), overloaded: started.client.overloadedCount })
    tracing.observe(shown.read)
    const durations = tracing.durations(app.shape.name)
    if (durations !== undefined) started.engine.tellDurations(durations)
    const lost = embedded === undefined ? running.lost : Promise.race([running.lost, serverEnd(embedded)])
    void lost.then((fault) => (ended = fault))
    return { ...running, lost, natsUrl, isEmbedded, tracesTo: tracing.endpoint, healthAt, health, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function onServer(environment: Environment): Pick<StartOptions, "monitoringUrls" | "replicas"> {
  const { natsMonitoringUrls: monitoringUrls, replicas } = environment
  return { ...(monitoringUrls === undefined ? {} : { monitoringUrls }), ...(replicas === undefined ? {} : { replicas }) }
}

async function stopAll(stops: readonly Stop[], how: StopOptions): Promise<void> {
  for (const stop of stops.toReversed()) await stop(how)
}

async function serveHealth(
  options: LaunchOptions,
  environment: Environment,
  shown: Pick<HealthServerOptions, "health" | "metrics">,
  stops: Stop[],
): Promise<string | undefined> {
  const { healthPort: port = environment.healthPort } = options
  if (port === undefined) return undefined
  const { healthHost: host } = environment
  const server = await startHealthServer({ port, ...shown, ...(host === undefined ? {} : { host }) })
  stops.push(() => server.close())
  options.report?.(`health is at ${server.url}/livez and ${server.url}/readyz`)
  return server.url
}

async function traceTo(app: App, environment: Environment, options: TelemetryOptions = {}): Promise<Tracing> {
  const { otlpEndpoint: endpoint, otlpTracesEndpoint: tracesEndpoint, otlpMetricsEndpoint: metricsEndpoint } = environment
  const { otel: variables = {} } = environment
  const { file = environment.traceFile, ratio, slowAfter } = options
  const slowMs = slowAfter === undefined ? environment.traceSlowMs : durationMs(slowAfter)
  return startTracing({
    services: [...app.shape.logics.keys()],
    namespace: app.namespace,
    instanceId: randomBytes(8).toString("hex"),
    variables,
    ...(file === undefined ? {} : { file }),
    ...(ratio === undefined ? {} : { ratio }),
    ...(slowMs === undefined ? {} : { slowMs }),
    ...(variables.disabled === true ? {} : await findCollector({ endpoint, tracesEndpoint, metricsEndpoint })),
  })
}

/** The caller's observer, with a log before it. */
function observed(
  app: App,
  environment: Environment,
  { observer, log = {} }: LaunchOptions,
  also: Tracing["log"],
): Observer {
  const { level = environment.logLevel ?? "warn", format = environment.logFormat } = log
  const isTerminal = process.stderr.isTTY && log.write === undefined
  const { write = (line: string) => void process.stderr.write(line) } = log
  const of = { namespace: app.namespace, app: app.shape.name }
  const lines = { level, format: format ?? (isTerminal ? "text" : "json"), write, also, ...of } as const
  return loggingObserver(lines, { ...unobserved, ...observer })
}

function over(health: Health, fault: Fault): Health {
  return { ...health, ready: false, live: false, reasons: [`${fault.code}: ${fault.message}`, ...health.reasons] }
}

function serverEnd({ exited, pid }: EmbeddedServer): Promise<Fault> {
  return exited.then(
    ({ code, signal }) =>
      new ServerEnded(
        `the embedded nats-server (process ${pid}) ended with ${signal ?? `exit code ${code}`}; ` +
          "start the app again to go on from its store",
      ),
  )
}
