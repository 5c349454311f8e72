// A console of an app that runs on memory ports, and requests to it as a program makes them.
import { request as httpRequest } from "node:http"
import { startConsole, type App, Client, type ConsoleOptions, type RunningConsole } from "../../runtime/index.ts"
import { memoryEdge } from "../../runtime/memory/edge.ts"
import { memoryJournalFeed } from "../../runtime/memory/journal-feed.ts"
import type { ConsoleApp } from "../../runtime/console/shown-app.ts"
import { type MemoryProcess, operateInMemory, type World } from "../../runtime/testing/index.ts"
import { sagaPictures } from "../../sagas/index.ts"

export const operatorToken = "operator-token-1"
export const viewerToken = "viewer-token-123"

export function appInMemory(app: App, world: World, process?: MemoryProcess): ConsoleApp {
  const { partitions } = app.shape
  return {
    app,
    client: new Client(memoryEdge(world.streams, { name: `console-${world.next()}` }), partitions, { source: "console" }),
    operator: operateInMemory(app, world),
    feed: memoryJournalFeed(world.journal, partitions),
    members: () => Promise.resolve([{ name: "process-1", refuses: [] }]),
    ...(process === undefined ? {} : { engine: process.engine }),
    turns: { turn: (work) => Promise.resolve(work()) },
  }
}

export interface AskedWith {
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

export interface Asker {
  readonly console: RunningConsole
  /** Gives the answer's JSON. Throws on any status but 200. */
  get(path: string): Promise<unknown>
  post(path: string, body: object): Promise<unknown>
  /** The same, whatever the status is. */
  ask(method: string, path: string, more?: AskedWith): Promise<Replied>
}

export interface Replied {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly text: string
  /** Undefined if it is none. */
  readonly json: unknown
}

/** Everything is asked by an operator, unless `headers` say otherwise. Paths begin behind `/api/apps/<app>`, or with `/`. */
export async function consoleInMemory(
  app: App,
  world: World,
  process?: MemoryProcess,
  options: ConsoleOptions = {},
): Promise<Asker> {
  const source = appInMemory(app, world, process)
  const console = await startConsole([source], { port: 0, token: operatorToken, viewerToken, pictures: sagaPictures, ...options })
  const [shown] = console.apps.values()
  await shown?.projector.until(() => shown.projector.status().state === "live", 5_000)
  const ask: Asker["ask"] = (method, path, { body, headers = {} } = {}) => {
    const url = `${console.url}${path.startsWith("/") ? path : `/api/apps/${app.shape.name}/${path}`}`
    return askUrl(method, url, body, { authorization: `Bearer ${operatorToken}`, ...headers })
  }
  const well = async (reply: Promise<Replied>): Promise<unknown> => {
    const { status, text, json } = await reply
    if (status !== 200) throw new Error(`${status}: ${text}`)
    return json
  }
  return { console, ask, get: (path) => well(ask("GET", path)), post: (path, body) => well(ask("POST", path, { body })) }
}

/** By node:http, which sends every header that it is given, such as another Host. */
export function askUrl(method: string, url: string, body: unknown, headers: Record<string, string>): Promise<Replied> {
  const bytes = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body)
  const sent = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ""))
  const typed = bytes === undefined ? sent : { "content-type": "application/json", ...sent }
  return new Promise((resolve, reject) => {
    const asked = httpRequest(url, { method, headers: typed }, (response) => {
      let text = ""
      response.setEncoding("utf8")
      response.on("data", (chunk: string) => (text += chunk))
      response.on("end", () => {
        const isJson = /json/.test(response.headers["content-type"] ?? "")
        const json: unknown = isJson && text !== "" ? JSON.parse(text) : undefined
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json })
      })
    })
    asked.on("error", reject)
    asked.end(bytes)
  })
}
