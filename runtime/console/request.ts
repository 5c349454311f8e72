// Reads what a request says, as its route has it: the path, the query, the body. Bounded, and checked before anybody acts on it.
import type { IncomingMessage } from "node:http"
import { limits } from "../kernel/limits.ts"
import { misfit } from "./api/check-shape.ts"
import { type RouteName, routes, shapes } from "./api/open-api.ts"
import type { Route } from "./api/route.ts"
import type { Shape } from "./api/shape.ts"
import { Refused } from "./problem.ts"

export interface Matched {
  readonly name: RouteName
  readonly route: Route
  readonly path: Readonly<Record<string, string>>
}

interface Pattern {
  readonly name: RouteName
  readonly route: Route
  readonly segments: readonly string[]
}

// cast: the names of the table itself
const named = Object.entries(routes) as readonly (readonly [RouteName, Route])[]
const patterns: readonly Pattern[] = named.map(([name, route]) => ({ name, route, segments: route.path.split("/") }))

/** The route of a request. Throws Refused if there is none, or only others of this path. */
export function matchRoute(method: string, pathname: string): Matched {
  const parts = pathname.split("/")
  const fitting = patterns.flatMap((pattern) => {
    const path = pathOf(pattern.segments, parts)
    return path === undefined ? [] : [{ ...pattern, path }]
  })
  const asked = method === "HEAD" ? "GET" : method
  const found = fitting.filter(({ route }) => route.method === asked).toSorted((a, b) => wildness(a) - wildness(b))[0]
  if (found !== undefined) return found
  if (fitting.length === 0) throw new Refused(404, "NO_SUCH_ROUTE", `there is no ${pathname}; /openapi.json lists what there is`)
  const methods = fitting.map(({ route }) => route.method).join(", ")
  throw new Refused(405, "METHOD_NOT_ALLOWED", `${pathname} takes ${methods}, not ${method}`)
}

/** `/parked/redrive` is meant before `/parked/{partition}`. */
function wildness({ path }: Matched): number {
  return Object.keys(path).length
}

function pathOf(segments: readonly string[], parts: readonly string[]): Readonly<Record<string, string>> | undefined {
  if (segments.length !== parts.length) return undefined
  const path: Record<string, string> = {}
  for (const [index, segment] of segments.entries()) {
    const part = parts[index] ?? ""
    if (!segment.startsWith("{")) {
      if (segment !== part) return undefined
      continue
    }
    if (part === "") return undefined
    path[segment.slice(1, -1)] = decoded(part)
  }
  return path
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new Refused(400, "INVALID_INPUT", `${JSON.stringify(part)} is not percent-encoded as it should be`)
  }
}

/** Throws Refused on a parameter that the route does not have, or that is not as it says. */
export function readQuery(
  { query = { type: "object", additionalProperties: false } }: Route,
  search: URLSearchParams,
): Readonly<Record<string, unknown>> {
  const known = new Map(Object.entries(query.properties ?? {}))
  const values: Record<string, unknown> = {}
  for (const name of new Set(search.keys())) {
    const shape = known.get(name)
    const all = search.getAll(name)
    if (shape === undefined) throw new Refused(400, "INVALID_INPUT", `there is no query parameter "${name}" here`)
    if (shape.type !== "array" && all.length > 1) throw new Refused(400, "INVALID_INPUT", `"${name}" is given twice`)
    values[name] = shape.type === "array" ? all : valueOf(shape, all[0] ?? "")
  }
  const wrong = misfit(query, values, shapes)
  if (wrong !== undefined) throw new Refused(400, "INVALID_INPUT", `the query: ${wrong}`)
  return values
}

function valueOf({ type }: Shape, text: string): unknown {
  if (type === "integer" || type === "number") return text.trim() === "" ? text : Number(text)
  if (type === "boolean") return text === "true" ? true : text === "false" ? false : text
  return text
}

/** Rejects with Refused on a body that is too large, no JSON, or not as the route says. */
export async function readBody({ body }: Route, request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  if (body === undefined) return {}
  if (!/^application\/json\b/i.test(request.headers["content-type"] ?? ""))
    throw new Refused(415, "NOT_JSON", "the body is JSON: say so with content-type: application/json")
  const bytes = await collect(request)
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes))
  } catch {
    throw new Refused(400, "INVALID_INPUT", "the body is no JSON in UTF-8")
  }
  const wrong = misfit(body, value, shapes)
  if (wrong !== undefined) throw new Refused(400, "INVALID_INPUT", `the body: ${wrong}`)
  return value as Readonly<Record<string, unknown>> // cast: it was checked
}

async function collect(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    const bytes = chunk as Buffer // cast: no encoding is set
    size += bytes.length
    if (size > limits.consoleBodyBytesMax)
      throw new Refused(413, "BODY_TOO_LARGE", `the body has more than ${limits.consoleBodyBytesMax} bytes`)
    chunks.push(bytes)
  }
  return Buffer.concat(chunks)
}
