// Connects to a NATS server that may still be starting, and checks it before it is used. Once connected, nats.js connects
// again for ever by itself: the runtime's journal decides what an outage means, not the client.
import { setTimeout as sleep } from "node:timers/promises"
import { connect, type ConnectionOptions, errors, type NatsConnection } from "@nats-io/transport-node"
import { describeError } from "../../kernel/fault.ts"
import { limits } from "../../kernel/limits.ts"
import { LoginRefused, ServerUnreachable } from "./faults.ts"
import { checkServer } from "./gate.ts"
import { parseServerUrl, redactUrl, type ServerAddress } from "./server-url.ts"

const retryMs = 250
/** One try is given this much even when several servers share what is left of the time. */
const tryMsMin = 500

export interface ConnectOptions {
  /** `nats://host:port`, with `user:password@` or `token@` if needed; several with commas between them. */
  readonly url: string
  /** What the server's own monitoring calls this connection. */
  readonly name?: string
  /** How long to try. 5 s by default. */
  readonly withinMs?: number
}

/**
 * A connection to a server that passed the gate. Throws InvalidInput (not a URL), ServerUnreachable, LoginRefused, or a
 * fault of `checkServer`; then nothing is left open. Messages show the URL without its credentials.
 */
export async function connectChecked(options: ConnectOptions): Promise<NatsConnection> {
  const { url, name = "troupe", withinMs = limits.serverConnectMs } = options
  const connection = await connectWithin(parseServerUrl(url), redactUrl(url), name, withinMs)
  try {
    await checkServer(connection, { withinMs })
    return connection
  } catch (error) {
    await connection.close()
    throw error
  }
}

async function connectWithin(address: ServerAddress, shown: string, name: string, withinMs: number): Promise<NatsConnection> {
  const untilMs = performance.now() + withinMs
  let reason = "no answer"
  for (;;) {
    const leftMs = untilMs - performance.now()
    if (leftMs <= 0) break
    try {
      return await tryOnce(clientOptions(address, name, leftMs), leftMs)
    } catch (error) {
      if (error instanceof errors.AuthorizationError || error instanceof errors.UserAuthenticationExpiredError) {
        throw new LoginRefused(`the NATS server at ${shown} refused the login (${error.message}): check the credentials`)
      }
      reason = describeError(error)
    }
    await sleep(Math.min(retryMs, Math.max(0, untilMs - performance.now())))
  }
  const tried = `no NATS server could be reached at ${shown} within ${withinMs / 1000} s (${reason})`
  throw new ServerUnreachable(`${tried}: start it, or correct its URL`)
}

function clientOptions(address: ServerAddress, name: string, leftMs: number): ConnectionOptions {
  const { servers, tls, ...login } = address
  return {
    ...login,
    ...(tls && { tls: {} }),
    servers: [...servers],
    name,
    timeout: Math.max(tryMsMin, leftMs / servers.length),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    pingInterval: 2_000,
    maxPingOut: 2,
    // With the default, two refusals in a row end the connection for good: a login that was taken away stays away.
    ignoreAuthErrorAbort: false,
  }
}

/** nats.js bounds the handshake but not the look-up of a name, so the whole try is bounded here. */
async function tryOnce(options: ConnectionOptions, leftMs: number): Promise<NatsConnection> {
  const attempt = connect(options)
  const expired = new AbortController()
  const late = sleep(leftMs, "late" as const, { signal: expired.signal }).catch(() => "late" as const)
  try {
    const winner = await Promise.race([attempt, late])
    if (winner !== "late") return winner
  } finally {
    expired.abort()
  }
  attempt.then((connection) => connection.close(), () => {})
  throw new Error("no answer")
}
