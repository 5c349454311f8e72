// What the environment says about where an app runs. The only place that reads it.
import { InvalidInput } from "../kernel/fault.ts"
import { type LogLevel, logLevelOf } from "../telemetry/log.ts"
import { type OtelVariables, readOtelVariables } from "../telemetry/variables.ts"

export interface Environment {
  /** NATS_URL: the server to use instead of an embedded one. */
  readonly natsUrl: string | undefined
  /** TROUPE_REPLICAS: copies of every stream that does not exist yet, from 1 to 5; 3 in a cluster. */
  readonly replicas?: number | undefined
  /** NATS_MONITORING_URLS: where the servers' monitoring listens, with commas between: they tell how durable they are. */
  readonly natsMonitoringUrls?: readonly string[] | undefined
  /** OTEL_EXPORTER_OTLP_ENDPOINT, and those for traces and metrics alone: where telemetry goes. */
  readonly otlpEndpoint: string | undefined
  readonly otlpTracesEndpoint: string | undefined
  readonly otlpMetricsEndpoint?: string | undefined
  /** The other standard variables of OpenTelemetry. */
  readonly otel?: OtelVariables | undefined
  /** TROUPE_TRACE_FILE: where traces are written to, as OTLP JSON lines. */
  readonly traceFile?: string | undefined
  /** TROUPE_TRACE_SLOW_SECONDS: how old a saga is that is traced although it was not chosen. */
  readonly traceSlowMs?: number | undefined
  /** TROUPE_LOG: debug, info, warn, error or off; TROUPE_LOG_FORMAT: json or text. */
  readonly logLevel?: LogLevel | undefined
  readonly logFormat?: "json" | "text" | undefined
  /** TROUPE_HEALTH_PORT and TROUPE_HEALTH_HOST: where `/livez` and `/readyz` are served; nowhere without a port. */
  readonly healthPort?: number | undefined
  readonly healthHost?: string | undefined
  /** TROUPE_CONSOLE_PORT, _HOST, _TOKEN, _VIEWER_TOKEN: where the console is served, and to whom; nowhere without a port. */
  readonly consolePort?: number | undefined
  readonly consoleHost?: string | undefined
  readonly consoleToken?: string | undefined
  readonly consoleViewerToken?: string | undefined
}

/** Empty variables count as not set. Throws InvalidInput for a number that cannot be. */
export function readEnvironment(variables: NodeJS.ProcessEnv = process.env): Environment {
  const value = (name: string) => (variables[name] === "" ? undefined : variables[name])
  return {
    natsUrl: value("NATS_URL"),
    replicas: readReplicas("TROUPE_REPLICAS", value("TROUPE_REPLICAS")),
    natsMonitoringUrls: value("NATS_MONITORING_URLS")?.split(",").map((url) => url.trim()),
    otlpEndpoint: value("OTEL_EXPORTER_OTLP_ENDPOINT"),
    otlpTracesEndpoint: value("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"),
    otlpMetricsEndpoint: value("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"),
    otel: readOtelVariables(variables),
    traceFile: value("TROUPE_TRACE_FILE"),
    traceSlowMs: readSeconds("TROUPE_TRACE_SLOW_SECONDS", value("TROUPE_TRACE_SLOW_SECONDS")),
    logLevel: logLevelOf(value("TROUPE_LOG")),
    logFormat: readFormat(value("TROUPE_LOG_FORMAT")),
    healthPort: readPort("TROUPE_HEALTH_PORT", value("TROUPE_HEALTH_PORT")),
    healthHost: value("TROUPE_HEALTH_HOST"),
    consolePort: readPort("TROUPE_CONSOLE_PORT", value("TROUPE_CONSOLE_PORT")),
    consoleHost: value("TROUPE_CONSOLE_HOST"),
    consoleToken: value("TROUPE_CONSOLE_TOKEN"),
    consoleViewerToken: value("TROUPE_CONSOLE_VIEWER_TOKEN"),
  }
}

function readReplicas(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^[1-5]$/.test(text)) return Number(text)
  throw new InvalidInput(`${name} is ${JSON.stringify(text)}: it must be from 1 to 5, and 3 in a cluster of three servers`)
}

function readSeconds(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const seconds = Number(text)
  if (seconds >= 0) return seconds * 1000
  throw new InvalidInput(`${name} is ${JSON.stringify(text)}: it must be a number of seconds`)
}

function readFormat(text: string | undefined): "json" | "text" | undefined {
  if (text === undefined || text === "json" || text === "text") return text
  throw new InvalidInput(`TROUPE_LOG_FORMAT is ${JSON.stringify(text)}: it must be json or text`)
}

function readPort(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new InvalidInput(`${name} is ${JSON.stringify(text)}: it must be a port from 0 to 65535, and 0 takes any free one`)
}
