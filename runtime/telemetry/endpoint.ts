// Finds the OpenTelemetry collector to send traces to: the one that is configured, else one on this machine.
// Reads no environment: the host passes the values of the two standard variables in.
import { connect } from "node:net"
import { InvalidInput } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"

/** The part of `startTracing`'s options that says where spans go. */
export interface Collector {
  /** The address as configured or found, without credentials: for people. */
  readonly endpoint: string
  /** Where spans are posted. */
  readonly tracesUrl: string
}

export interface FindCollector {
  /** Value of OTEL_EXPORTER_OTLP_ENDPOINT: a base, to which `/v1/traces` is added. */
  readonly endpoint?: string | undefined
  /** Value of OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: the whole URL, used as it is; it wins over `endpoint`. */
  readonly tracesEndpoint?: string | undefined
  /** How long to wait for the local port to accept a connection. */
  readonly timeoutMs?: number
  /** The port that is tried on 127.0.0.1; the standard one unless told otherwise. */
  readonly localPort?: number
}

/** The collector, or `undefined` where none is configured and none listens. Throws InvalidInput for what is not a URL. */
export async function findCollector(options: FindCollector = {}): Promise<Collector | undefined> {
  // The specification says to treat an empty variable as one that is not set.
  if (options.tracesEndpoint) {
    return { endpoint: shown(options.tracesEndpoint), tracesUrl: httpUrl(options.tracesEndpoint).href }
  }
  if (options.endpoint) return { endpoint: shown(options.endpoint), tracesUrl: tracesUrlOf(options.endpoint) }
  const port = options.localPort ?? 4318
  const listens = await acceptsConnections(port, options.timeoutMs ?? limits.collectorProbeMs)
  if (!listens) return undefined
  const endpoint = `http://127.0.0.1:${port}`
  return { endpoint, tracesUrl: tracesUrlOf(endpoint) }
}

/** `<endpoint>/v1/traces`, whether or not the endpoint ends in a slash. Throws InvalidInput for what is not a URL. */
export function tracesUrlOf(endpoint: string): string {
  const base = httpUrl(endpoint)
  const path = base.pathname.endsWith("/") ? base.pathname : `${base.pathname}/`
  return new URL(`${path}v1/traces${base.search}`, base).href
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
