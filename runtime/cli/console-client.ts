// Asks a console over HTTP, as any program may: see docs/console-api.json.
import { describeError } from "../kernel/fault.ts"
import type { Call } from "./command.ts"
import { type ConsolePlace, consolePlace } from "./console-place.ts"
import { clean } from "./table.ts"
import { ConsoleRefused, Unreachable, WrongUse } from "./wrong-use.ts"

/** What an answer beyond the wait that was asked for may take. */
const answerMs = 30_000

type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>

export interface AppItem {
  readonly app: string
  readonly namespace: string
  readonly partitions: number
}

/** One app of a console. */
export class ConsoleClient {
  readonly #place: ConsolePlace
  readonly app: AppItem

  constructor(place: ConsolePlace, app: AppItem) {
    this.#place = place
    this.app = app
  }

  /** Paths begin behind the app's; their segments are encoded already. Rejects with Unreachable or ConsoleRefused. */
  get<Answer>(path: string, query: Query = {}, waitMs = 0): Promise<Answer> {
    const search = new URLSearchParams(Object.entries(query).flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).filter((one) => one !== undefined).map((one) => [name, String(one)])))
    const asked = search.size === 0 ? path : `${path}?${search.toString()}`
    return request<Answer>(this.#place, "GET", `${this.#base()}/${asked}`, undefined, waitMs)
  }

  post<Answer>(path: string, body: object, waitMs = 0): Promise<Answer> {
    return request<Answer>(this.#place, "POST", `${this.#base()}/${path}`, body, waitMs)
  }

  #base(): string {
    return `/api/apps/${encodeURIComponent(this.app.app)}`
  }
}

/** The console and the app that a command means. Rejects with WrongUse, Unreachable or ConsoleRefused. */
export async function openConsole(call: Call): Promise<ConsoleClient> {
  const place = consolePlace(call)
  warnOpenly(place, call)
  const { apps } = await request<{ readonly apps: readonly AppItem[] }>(place, "GET", "/api/apps")
  const names = apps.map(({ app }) => app).join(", ")
  const wanted = call.text("app")
  const app = wanted === undefined ? apps[0] : apps.find((one) => one.app === wanted)
  if (app === undefined) throw new WrongUse(`the console at ${place.url} shows no app ${wanted ?? ""}: it has ${names || "none"}`)
  if (wanted === undefined && apps.length > 1) throw new WrongUse(`the console at ${place.url} shows ${names}: say --app`)
  return new ConsoleClient(place, app)
}

function warnOpenly({ url, token }: ConsolePlace, { terminal }: Call): void {
  const { protocol, hostname } = new URL(url)
  if (protocol === "https:" || token === undefined || /^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname)) return
  terminal.error(`troupe: the token goes to ${hostname} unencrypted: put TLS in front of the console\n`)
}

async function request<Answer>(
  { url, token }: ConsolePlace,
  method: string,
  path: string,
  body?: object,
  waitMs = 0,
): Promise<Answer> {
  const response = await send(url, path, {
    method,
    redirect: "error",
    signal: AbortSignal.timeout(answerMs + waitMs),
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const answer = readAnswer(text)
  // cast: the console answers as its document says, and a test holds it to that
  if (response.ok && answer !== undefined) return answer as Answer
  throw refusal(url, response.status, answer, token)
}

async function send(url: string, path: string, options: RequestInit): Promise<Response> {
  try {
    return await fetch(`${url}${path}`, options)
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    const how = "start `troupe dev FILE` or `troupe console FILE`, or say where it is with --url or TROUPE_CONSOLE_URL"
    throw new Unreachable(`no console answers at ${url} (${describeError(cause)}): ${how}`, { cause: error })
  }
}

function readAnswer(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function refusal(url: string, status: number, answer: unknown, token: string | undefined): Error {
  const isProblem = typeof answer === "object" && answer !== null && "code" in answer && "detail" in answer
  if (!isProblem) return new Unreachable(`what answers at ${url} is no console (${status}): say where it is with --url`)
  const { code, detail } = answer
  const how = status !== 401
    ? ""
    : token === undefined
      ? "; set TROUPE_CONSOLE_TOKEN, or name a file with --token-file"
      : "; TROUPE_CONSOLE_TOKEN, or the file, holds another token than the console's"
  return new ConsoleRefused(status, String(code), `${clean(String(detail))}${how}`)
}
