// Starts the console: a read model of each app, and the server in front of them.
import { randomBytes } from "node:crypto"
import type { Server } from "node:http"
import type { AddressInfo } from "node:net"
import type { Pictures } from "../actor/pictures.ts"
import { describeError, Fault, InvalidInput } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import { Callers } from "./caller.ts"
import type { ConsoleContext } from "./handler.ts"
import { LiveChanges } from "./live.ts"
import { originRules } from "./origin.ts"
import { PageFiles } from "./page-files.ts"
import { type IsSecret, secretsNamed } from "./redaction.ts"
import { consoleServer } from "./server.ts"
import { type ConsoleApp, ShownApp } from "./shown-app.ts"

export interface ConsoleOptions {
  /** Default 4700; 0 takes any free one. */
  readonly port?: number
  /** Default 127.0.0.1: this machine only. Behind another address use TLS in front of it. */
  readonly host?: string
  /** Other names under which it is reached, without a port. */
  readonly hosts?: readonly string[]
  /** Of operators. Default: a random one, which `report` is told. */
  readonly token?: string
  /** Of those who may look and not act. Default: nobody. */
  readonly viewerToken?: string
  /** Draws sagas: `sagaPictures` of `troupe/sagas`. */
  readonly pictures?: Pictures
  /** Names of members that are blotted out of payloads besides the usual ones, or what decides it. */
  readonly secrets?: readonly string[] | IsSecret
  /** Who may see payloads and states. Default: operators. */
  readonly payloadsFor?: "viewer" | "operator" | "nobody"
  /** Where a trace is looked at, with `{traceId}` in it, such as `http://localhost:16686/trace/{traceId}`. */
  readonly traceUrl?: string
  /** The folder of the web page. Default: that of this package. */
  readonly pageDir?: string
  /** Told, in one line each, where it is and what went wrong in it. */
  readonly report?: (line: string) => void
}

export interface RunningConsole {
  /** `http://<host>:<port>` */
  readonly url: string
  /** Of operators. */
  readonly token: string
  /** What is shown, by the apps' names. */
  readonly apps: ReadonlyMap<string, ShownApp>
  close(): Promise<void>
}

/** The address cannot be listened on. */
export class ConsolePortUnusable extends Fault {
  readonly _tag = "ConsolePortUnusable"
  readonly code = "CONSOLE_PORT_UNUSABLE"
  readonly retry = "later"
}

export const consolePort = 4700

/** Rejects with InvalidInput, StoreUnusable or ConsolePortUnusable; then nothing stays open. */
export async function startConsole(sources: readonly ConsoleApp[], options: ConsoleOptions = {}): Promise<RunningConsole> {
  const { port = consolePort, host = "127.0.0.1", report = () => undefined, viewerToken } = options
  const token = checkToken("token", options.token) ?? randomBytes(24).toString("base64url")
  checkToken("viewerToken", viewerToken)
  const apps = new Map<string, ShownApp>()
  const live = new Map<string, LiveChanges>()
  const close = async () => {
    for (const changes of live.values()) changes.close()
    for (const shown of apps.values()) await shown.close()
  }
  try {
    for (const source of sources) {
      const { name } = source.app.shape
      if (apps.has(name)) throw new InvalidInput(`two apps "${name}" cannot be shown together: start a console for each`)
      const shown = await ShownApp.open(source)
      apps.set(name, shown)
      live.set(name, new LiveChanges(shown))
    }
    const page = new PageFiles(options.pageDir)
    const context = contextOf(options, { apps, live, callers: new Callers({ token, ...(viewerToken && { viewerToken }) }) })
    const server = consoleServer({ context, page, origins: originRules(host, options.hosts), report })
    await listen(server, port, host)
    const url = urlOf(server, host)
    report(`the console is at ${url}/${options.token === undefined ? `#token=${token}` : ""}`)
    return { url, token, apps, close: () => stop(server, close) }
  } catch (error) {
    await close()
    throw error
  }
}

function contextOf(
  { pictures, secrets = [], payloadsFor = "operator", traceUrl }: ConsoleOptions,
  parts: Pick<ConsoleContext, "apps" | "live" | "callers">,
): ConsoleContext {
  const isSecret = typeof secrets === "function" ? secrets : secretsNamed(secrets)
  return { ...parts, pictures, isSecret, payloadsFor, traceUrl, nowMs: () => Date.now() }
}

function checkToken(name: string, token: string | undefined): string | undefined {
  if (token === undefined || token.length >= limits.consoleTokenLengthMin) return token
  throw new InvalidInput(`the console's ${name} is too short to be one: at least ${limits.consoleTokenLengthMin} characters`)
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (cause: Error) => {
      const what = `the console cannot be served on ${host}:${port} (${describeError(cause)})`
      reject(new ConsolePortUnusable(`${what}: choose another port`, { cause }))
    }
    server.once("error", refuse)
    server.listen(port, host, () => {
      server.off("error", refuse)
      resolve()
    })
  })
}

function urlOf(server: Server, host: string): string {
  // cast: a TCP server's address is an AddressInfo
  const { port } = server.address() as AddressInfo
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`
}

async function stop(server: Server, close: () => Promise<void>): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
  await close()
}
