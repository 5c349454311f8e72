// What the environment says about where an app runs. The only place that reads it.

export interface Environment {
  /** NATS_URL: the server to use instead of an embedded one. */
  readonly natsUrl: string | undefined
  /** OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: where traces go. */
  readonly otlpEndpoint: string | undefined
  readonly otlpTracesEndpoint: string | undefined
}

/** Empty variables count as not set. */
export function readEnvironment(variables: NodeJS.ProcessEnv = process.env): Environment {
  const value = (name: string) => (variables[name] === "" ? undefined : variables[name])
  return {
    natsUrl: value("NATS_URL"),
    otlpEndpoint: value("OTEL_EXPORTER_OTLP_ENDPOINT"),
    otlpTracesEndpoint: value("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"),
  }
}
