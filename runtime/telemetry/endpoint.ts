// Finds the OpenTelemetry collector to send traces and metrics to: the one that is configured, else one on this machine.
// Reads no environment: the host passes the values of the standard variables in.
import { connect } from "node:net"
import { InvalidInput } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"

/** The part of `startTracing`'s options that says where spans go. */
export interface Collector {
  /** The address as configured or found, without credentials: for people. */
  readonly endpoint: string
  /** Where spans are posted. */
  readonly tracesUrl: string
  /** Where metrics are posted; absent where only a place for traces is known. */
  readonly metricsUrl?: string
  /** Where lines of the log are posted, if they are; likewise. */
  readonly logsUrl?: string
}

export interface FindCollector {
  /** Value of OTEL_EXPORTER_OTLP_ENDPOINT: a base, to which `/v1/traces` is added. */
  readonly endpoint?: string | undefined
  /** Value of OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: the whole URL, used as it is; it wins over `endpoint`. */
  readonly tracesEndpoint?: string | undefined
  /** Value of OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: the same for metrics. They are sent only by a process that traces. */
  readonly metricsEndpoint?: string | undefined
  /** How long to wait for the local port to accept a connection. */
  readonly timeoutMs?: number
  /** The port that is tried on 127.0.0.1; the standard one unless told otherwise. */
  readonly localPort?: number
}

/** The collector, or `undefined` where none is configured and none listens. Throws InvalidInput for what is not a URL. */
export async function findCollector(options: FindCollector = {}): Promise<Collector | undefined> {
  const endpoint = given(options.endpoint)
  const tracesEndpoint = given(options.tracesEndpoint)
  const metricsEndpoint = given(options.metricsEndpoint)
  const isLocal = endpoint === undefined && tracesEndpoint === undefined
  const base = isLocal ? await localCollector(options) : endpoint
  const metrics = metricsEndpoint === undefined ? base && metricsUrlOf(base) : httpUrl(metricsEndpoint).href
  const logsUrl = base === undefined ? {} : { logsUrl: logsUrlOf(base) }
  const metricsUrl = metrics === undefined ? logsUrl : { metricsUrl: metrics, ...logsUrl }
  if (tracesEndpoint !== undefined) {
    return { endpoint: shown(tracesEndpoint), tracesUrl: httpUrl(tracesEndpoint).href, ...metricsUrl }
  }
  return base === undefined ? undefined : { endpoint: shown(base), tracesUrl: tracesUrlOf(base), ...metricsUrl }
}

/** The specification says to treat an empty variable as one that is not set. */
function given(value: string | undefined): string | undefined {
  return value === "" ? undefined : value
}

async function localCollector(options: FindCollector): Promise<string | undefined> {
  const { localPort = 4318, timeoutMs = limits.collectorProbeMs } = options
  return (await acceptsConnections(localPort, timeoutMs)) ? `http://127.0.0.1:${localPort}` : undefined
}

/** `<endpoint>/v1/traces`, whether or not the endpoint ends in a slash. Throws InvalidInput for what is not a URL. */
export function tracesUrlOf(endpoint: string): string {
  return urlBelow(endpoint, "v1/traces")
}

/** The same for metrics. */
export function metricsUrlOf(endpoint: string): string {
  return urlBelow(endpoint, "v1/metrics")
}

/** The same for logs. */
export function logsUrlOf(endpoint: string): string {
  return urlBelow(endpoint, "v1/logs")
}

function urlBelow(endpoint: string, path: string): string {
  const base = httpUrl(endpoint)
  const folder = base.pathname.endsWith("/") ? base.pathname : `${base.pathname}/`
  return new URL(`${folder}${path}${base.search}`, base).href
}

function httpUrl(text: string): URL {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    // Without the value: an address can hold a password.
    throw new InvalidInput("the collector's address is not an http(s) URL such as http://127.0.0.1:4318; nothing was started")
  }
  return url
}

function shown(text: string): string {
  const url = httpUrl(text)
  url.username = ""
  url.password = ""
  url.search = ""
  return url.href.endsWith("/") ? url.href.slice(0, -1) : url.href
}

function acceptsConnections(port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port })
    const settle = (accepted: boolean) => {
      socket.destroy()
      resolve(accepted)
    }
    socket.setTimeout(timeoutMs, () => settle(false))
    socket.once("connect", () => settle(true))
    socket.once("error", () => settle(false))
  })
}
