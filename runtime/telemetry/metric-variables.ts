// How NodeSDK gets its exporters of metrics and logs, and how the next start in a process gets one.
import { logs, metrics as api } from "@opentelemetry/api"

export interface MetricVariables {
  readonly metricsUrl: string
  readonly metricsEveryMs: number
  readonly exportTimeoutMs: number
}

export interface LogVariables {
  readonly logsUrl: string
  readonly exportTimeoutMs: number
}

/**
 * Runs `make` with the standard variables of the metric exporter set, where the user has not set them: NodeSDK makes its
 * exporter from the environment, and there is no other way to it but a package of its own. The environment is as before
 * when this returns.
 */
export function withMetricVariables<Made>(of: MetricVariables, make: () => Made): Made {
  const wanted = {
    OTEL_METRICS_EXPORTER: "otlp",
    OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: "http/protobuf",
    OTEL_METRIC_EXPORT_INTERVAL: String(of.metricsEveryMs),
    OTEL_METRIC_EXPORT_TIMEOUT: String(Math.min(of.exportTimeoutMs, of.metricsEveryMs)),
    OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: String(of.exportTimeoutMs),
  }
  return withVariables(wanted, { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: of.metricsUrl }, make)
}

/** The same for logs, which leave only where the user has asked for it. */
export function withLogVariables<Made>(of: LogVariables, make: () => Made): Made {
  const wanted = {
    OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: "http/protobuf", OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: String(of.exportTimeoutMs),
  }
  return withVariables(wanted, { OTEL_LOGS_EXPORTER: "otlp", OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: of.logsUrl }, make)
}

type Variables = Readonly<Record<string, string>>

/** `forced`: what the host was told wins, as it may not come from this environment at all. */
function withVariables<Made>(wanted: Variables, forced: Variables, make: () => Made): Made {
  const before = { ...process.env }
  for (const [name, value] of Object.entries(wanted)) if (!before[name]) process.env[name] = value
  Object.assign(process.env, forced)
  try {
    return make()
  } finally {
    for (const name of [...Object.keys(wanted), ...Object.keys(forced)]) restore(name, before[name])
  }
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
}

/** Runs `start`, and gives what makes room for the next start in this process: the API takes one provider at a time. */
export function whileProvided(start: () => void): () => void {
  const before = api.getMeterProvider()
  const loggersBefore = logs.getLoggerProvider()
  start()
  const loggers = logs.getLoggerProvider()
  const provided = api.getMeterProvider()
  return () => {
    if (provided !== before && api.getMeterProvider() === provided) api.disable()
    if (logs.getLoggerProvider() === loggers && loggers !== loggersBefore) logs.disable()
  }
}
