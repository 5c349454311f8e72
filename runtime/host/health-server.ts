// Health over HTTP, for supervisors and load balancers: `/livez` and `/readyz` answer 200 or 503, with the health as JSON.
// `/metrics` is a page of numbers for Prometheus.
// It listens on this machine only, unless told otherwise: what it says is for operators, and it asks for no password.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { describeError, Fault } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import { prometheusType } from "../telemetry/prometheus.ts"
import type { Health } from "./health.ts"

export interface HealthServerOptions {
  /** 0 takes any free one. */
  readonly port: number
  /** Default 127.0.0.1. */
  readonly host?: string
  readonly health: () => Health
  /** What `/metrics` shows, as Prometheus reads it. Absent: there is no such page. */
  readonly metrics?: () => string
}

export interface HealthServer {
  /** `http://<host>:<port>` */
  readonly url: string
  close(): Promise<void>
}

/** The address cannot be listened on. */
export class HealthPortUnusable extends Fault {
  readonly _tag = "HealthPortUnusable"
  readonly code = "HEALTH_PORT_UNUSABLE"
  readonly retry = "later"
}

/** Throws HealthPortUnusable. */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const { port, host = "127.0.0.1" } = options
  const bounds = { requestTimeout: limits.healthRequestMs, headersTimeout: limits.healthRequestMs }
  const server = createServer(bounds, (request, response) => answer(request, response, options))
  server.maxConnections = limits.healthConnectionsMax
  await listen(server, port, host)
  // cast: a TCP server's address is an AddressInfo
  const bound = server.address() as AddressInfo
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${bound.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (cause: Error) => {
      const what = `health cannot be served on ${host}:${port} (${describeError(cause)})`
      reject(new HealthPortUnusable(`${what}: choose another port`, { cause }))
    }
    server.once("error", refuse)
    server.listen(port, host, () => {
      server.off("error", refuse)
      resolve()
    })
  })
}

function answer(request: IncomingMessage, response: ServerResponse, { health, metrics }: HealthServerOptions): void {
  const path = request.url?.split("?")[0]
  const pages = ["/livez", "/readyz", ...(metrics === undefined ? [] : ["/metrics"])]
  if (path === undefined || !pages.includes(path)) return send(response, 404, { error: `there are ${pages.join(" and ")}` })
  if (request.method !== "GET" && request.method !== "HEAD") return send(response, 405, { error: "only GET" })
  if (path === "/metrics" && metrics !== undefined) {
    response.writeHead(200, { "content-type": prometheusType, "cache-control": "no-store" })
    response.end(metrics())
    return
  }
  const now = health()
  const isWell = path === "/livez" ? now.live : now.ready
  send(response, isWell ? 200 : 503, now)
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" })
  response.end(`${JSON.stringify(body)}\n`)
}
