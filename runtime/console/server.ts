// The HTTP server of the console. Every request goes one way: where it comes from, who asks, what is asked, then the handler
// of its route; and every answer, also a refusal, leaves with the same headers.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { limits } from "../kernel/limits.ts"
import { openApi } from "./api/open-api.ts"
import type { Caller } from "./caller.ts"
import { handleOrigin, type OriginRules } from "./origin.ts"
import { Asked, type Answer, type ConsoleContext, type Handlers } from "./handler.ts"
import { orderHandlers } from "./handle-orders.ts"
import { parkedHandlers } from "./handle-parked.ts"
import { sagaHandlers } from "./handle-sagas.ts"
import { systemHandlers } from "./handle-system.ts"
import type { PageFiles } from "./page-files.ts"
import { problemOf, Refused } from "./problem.ts"
import { matchRoute, readBody, readQuery } from "./request.ts"

const handlers: Handlers = { ...systemHandlers, ...sagaHandlers, ...orderHandlers, ...parkedHandlers }

export interface ServerParts {
  readonly context: ConsoleContext
  readonly page: PageFiles
  readonly origins: OriginRules
  /** Told what went wrong in the console itself. */
  readonly report: (line: string) => void
}

export function consoleServer(parts: ServerParts): Server {
  const bounds = { requestTimeout: limits.consoleRequestMs, headersTimeout: limits.consoleRequestMs }
  const server = createServer(bounds, (request, response) => void respond(parts, request, response))
  server.maxConnections = limits.consoleConnectionsMax
  return server
}

async function respond(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const url = new URL(request.url ?? "/", "http://console")
    const { pathname } = url
    handleOrigin(parts.origins, request)
    if (pathname === "/openapi.json") return sendJson(response, 200, openApi())
    if (!pathname.startsWith("/api/")) return await sendPage(parts.page, request, response, pathname)
    await answer(parts, request, response, url)
  } catch (error) {
    refuse(parts, request, response, error)
  }
}

async function answer({ context }: ServerParts, request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  const { name, route, path } = matchRoute(request.method ?? "GET", url.pathname)
  // A wrong token is told so, except where it is about to be replaced.
  const caller = name === "signIn" ? undefined : context.callers.of(request, context.nowMs())
  checkCaller(route.needs, caller)
  checkSameOrigin(route.method, caller, request)
  const query = readQuery(route, url.searchParams)
  const body = await readBody(route, request)
  const given = await handlers[name](new Asked(context, caller, { path, query, body }))
  await send(given, request, response)
}

function checkCaller(needs: "nothing" | "viewer" | "operator", caller: Caller | undefined): void {
  if (needs === "nothing") return
  if (caller === undefined) throw new Refused(401, "NOT_SIGNED_IN", "sign in with a token, or send it as a bearer token")
  if (needs === "operator" && caller.role !== "operator")
    throw new Refused(403, "ONLY_OPERATORS", "this takes the role of an operator; the token is one of a viewer")
}

/** A browser sends the cookie by itself, whoever made it ask: only our own page may change anything with it. */
function checkSameOrigin(method: string, caller: Caller | undefined, { headers }: IncomingMessage): void {
  if (method === "GET" || caller?.byCookie !== true) return
  if (headers.origin === undefined && headers["sec-fetch-site"] !== "same-origin")
    throw new Refused(403, "NO_ORIGIN", "a request with a cookie says where it comes from; a program sends its token instead")
}

async function send({ value, svg, cookie, live }: Answer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (live !== undefined) {
    if (request.method === "HEAD") return void response.writeHead(200, { "content-type": "text/event-stream" }).end()
    return live.add(response)
  }
  if (cookie !== undefined) response.setHeader("set-cookie", cookie)
  if (svg === undefined) return sendJson(response, 200, value ?? {})
  response.setHeader("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'")
  sendBytes(response, 200, "image/svg+xml", svg)
}

async function sendPage(
  page: PageFiles,
  { method = "GET" }: IncomingMessage,
  response: ServerResponse,
  pathname: string,
): Promise<void> {
  if (method !== "GET" && method !== "HEAD") throw new Refused(405, "METHOD_NOT_ALLOWED", `${pathname} takes GET, not ${method}`)
  const file = await page.find(pathname)
  if (file !== undefined) {
    response.setHeader("content-security-policy", pagePolicy)
    const isLasting = pathname.startsWith("/assets/")
    return sendBytes(response, 200, file.type, file.bytes, isLasting ? "public, max-age=31536000, immutable" : "no-cache")
  }
  if (pathname !== "/") throw new Refused(404, "NOT_FOUND", `there is no ${pathname}`)
  sendBytes(response, 200, "text/plain; charset=utf-8", "The console's API is here, and its page is not: see /openapi.json\n")
}

const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-ancestors 'none'; " +
  "base-uri 'none'; form-action 'self'"

function sendJson(response: ServerResponse, status: number, value: unknown, type = "application/json"): void {
  sendBytes(response, status, type, JSON.stringify(value))
}

function sendBytes(
  response: ServerResponse,
  status: number,
  type: string,
  bytes: string | Uint8Array,
  cache = "no-store",
): void {
  response.setHeader("x-content-type-options", "nosniff")
  response.setHeader("referrer-policy", "no-referrer")
  response.setHeader("cross-origin-resource-policy", "same-origin")
  response.writeHead(status, { "content-type": type, "cache-control": cache, "content-length": Buffer.byteLength(bytes) })
  response.end(bytes)
}

function refuse({ report }: ServerParts, request: IncomingMessage, response: ServerResponse, error: unknown): void {
  const { problem, isDefect } = problemOf(error)
  const why = error instanceof Error ? error.stack : String(error)
  if (isDefect) report(`CONSOLE_FAILED: ${request.method} ${request.url?.split("?")[0]}: ${why}`)
  if (response.headersSent) return void response.end()
  if (problem.retryAfterMs !== undefined) response.setHeader("retry-after", Math.ceil(problem.retryAfterMs / 1000))
  if (problem.status === 401) response.setHeader("www-authenticate", "Bearer")
  // What was not read of the body would be taken for the next request.
  if (!request.complete) response.setHeader("connection", "close")
  sendJson(response, problem.status, problem, "application/problem+json")
}
