// Where a request comes from. A page of somebody else must not make a browser order anything here, nor reach a server that
// listens on this machine only by another name.
import type { IncomingMessage } from "node:http"
import { Refused } from "./problem.ts"

export interface OriginRules {
  /** Names under which the server may be reached, without a port; undefined: any. */
  readonly hosts?: ReadonlySet<string>
}

const loopbackNames = ["localhost", "127.0.0.1", "[::1]"]

/** A server that listens on the loopback address is reached by its names, and by others only if they are given. */
export function originRules(host: string, names: readonly string[] = []): OriginRules {
  const isLoopback = host === "localhost" || host === "::1" || host.startsWith("127.")
  if (!isLoopback && names.length === 0) return {}
  return { hosts: new Set([...(isLoopback ? loopbackNames : []), host, ...names].map((name) => name.toLowerCase())) }
}

/** Throws Refused. */
export function handleOrigin({ hosts }: OriginRules, { headers, method = "GET" }: IncomingMessage): void {
  const { host = "", origin } = headers
  const name = host.replace(/:\d+$/, "").toLowerCase()
  if (hosts !== undefined && !hosts.has(name))
    throw new Refused(403, "UNKNOWN_HOST", `this console is not reached as ${JSON.stringify(name)}; name it in its \`hosts\``)
  if (method === "GET" || method === "HEAD" || origin === undefined) return
  if (origin !== `http://${host}` && origin !== `https://${host}`)
    throw new Refused(403, "OTHER_ORIGIN", `a page of ${origin} may not change anything here`)
}
