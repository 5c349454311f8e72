// Whether the server at the other end can keep the runtime's promises. Older servers acknowledge what they do not
// understand, so an unsuitable one is refused before anything is written to it.
import { setTimeout as sleep } from "node:timers/promises"
import { errors, type NatsConnection } from "@nats-io/transport-node"
import { limits } from "../../kernel/limits.ts"
import { JetStreamNotReady, NoJetStream, PayloadLimitTooLow, ServerTooOld } from "./faults.ts"
import { isSupported, supportedVersions } from "./version.ts"

/** JetStream's API level of 2.12. Servers before 2.11 state none. */
const apiLevelMin = 2
/** A journal block, and room for its headers. */
const payloadBytesMin = limits.blockBytesMax + 64 * 1024
const requestMs = 1_000
const retryMs = 250
/** "JetStream not enabled for account" and "JetStream not enabled": states, not moments. */
const notEnabled = new Set([10039, 10076])

export interface GateOptions {
  /** How long JetStream may take to answer. 5 s by default. */
  readonly withinMs?: number
}

/**
 * Returns if the server is new enough, has JetStream for this account, and takes a journal block. Throws ServerTooOld,
 * NoJetStream, JetStreamNotReady or PayloadLimitTooLow, each in one sentence that names the server.
 */
export async function checkServer(connection: NatsConnection, options: GateOptions = {}): Promise<void> {
  const { withinMs = limits.serverConnectMs } = options
  const server = `the NATS server at ${connection.getServer()}`
  const version = connection.info?.version ?? "unknown"
  const payloadBytesMax = connection.info?.max_payload ?? 0
  if (!isSupported(version)) {
    throw new ServerTooOld(`${server} is version ${version} and Troupe needs ${supportedVersions}: upgrade it`)
  }
  const level = await askApiLevel(connection, server, withinMs)
  if (level < apiLevelMin) {
    const needed = `answers with JetStream API level ${level} and Troupe needs ${apiLevelMin}`
    throw new ServerTooOld(`${server} ${needed}: upgrade the other servers of its cluster`)
  }
  if (payloadBytesMax < payloadBytesMin) {
    const limit = `has max_payload ${payloadBytesMax} and a journal block needs ${payloadBytesMin}`
    throw new PayloadLimitTooLow(`${server} ${limit}: raise it in the server's configuration (its default is 1048576)`)
  }
}

type Answer = { readonly level: number } | "none" | "later"

async function askApiLevel(connection: NatsConnection, server: string, withinMs: number): Promise<number> {
  const untilMs = performance.now() + withinMs
  for (;;) {
    const answer = await ask(connection)
    if (typeof answer === "object") return answer.level
    if (answer === "none") {
      throw new NoJetStream(`${server} has no JetStream for this account: start it with -js, or enable JetStream for the account`)
    }
    if (performance.now() >= untilMs) {
      const silent = `${server} has JetStream, which gave no answer within ${withinMs / 1000} s`
      throw new JetStreamNotReady(`${silent}: if it is a cluster, see whether it has a leader`)
    }
    await sleep(retryMs)
  }
}

async function ask(connection: NatsConnection): Promise<Answer> {
  try {
    const reply = await connection.request("$JS.API.INFO", "", { timeout: requestMs })
    return readAnswer(reply.json())
  } catch (error) {
    // Nobody listens on the API subject. A server without JetStream in a cluster that has it is fine: its peers listen.
    const nobody = error instanceof errors.NoRespondersError || (error instanceof errors.RequestError && error.isNoResponders())
    return nobody && connection.info?.jetstream !== true ? "none" : "later"
  }
}

/** What a reply to `$JS.API.INFO` says. */
export function readAnswer(reply: unknown): Answer {
  if (typeof reply !== "object" || reply === null) return "later"
  // cast: the shape of the server's documented reply; every field may be missing.
  const { error, api } = reply as { error?: { err_code?: number }; api?: { level?: number } }
  if (error !== undefined) return notEnabled.has(error.err_code ?? 0) ? "none" : "later"
  return { level: api?.level ?? 0 }
}
