// What "acknowledged" means on the server that an app was given, in one of three words, for the line that is shown when the
// app starts. Streams say how many copies there are. How often a server syncs to disk no client can read: it is known of
// the embedded server, told by the servers' monitoring if its addresses are given, and unknown otherwise.
import { jetstreamManager, type StreamInfo } from "@nats-io/jetstream"
import type { NatsConnection } from "@nats-io/transport-node"
import { describeError } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { Subjects } from "../message/subjects.ts"

/**
 * `strict`: what is acknowledged survives a power cut of everything, and in a cluster the loss of any one server.
 * `standard`: it survives the loss of any one server. `dev`: it survives the end of the app's process.
 */
export type DurabilityMode = "strict" | "standard" | "dev"

export interface Durability {
  readonly mode: DurabilityMode
  /** One line for people, which names the mode and says why it is not a better one. */
  readonly sentence: string
}

export interface DurabilityFacts {
  /** Of the app's streams, the fewest. */
  readonly copies: number
  readonly isClustered: boolean
  /** When a write reaches the disk: before it is acknowledged, every so many milliseconds, or nobody says. */
  readonly sync: "always" | number | "unknown"
  /** A stream that is not on disk at all, or is acknowledged before it is written: its operator wanted it so. */
  readonly volatileStream?: string | undefined
}

export interface DurabilitySource {
  readonly connection: NatsConnection
  readonly subjects: Subjects
  /** Configured by server-config.ts, so that the sync is known. */
  readonly isEmbedded: boolean
  /** Where the servers' monitoring listens, such as `http://10.0.0.1:8222`: one address for each server. */
  readonly monitoringUrls?: readonly string[] | undefined
}

const copiesMin = 3

/** Never rejects: an app that may not read its streams' configuration runs all the same, and nothing is promised. */
export async function readDurability(source: DurabilitySource): Promise<Durability> {
  try {
    const manager = await jetstreamManager(source.connection, { checkAPI: false })
    const names: readonly string[] = Object.values(source.subjects.streams)
    const streams = await Promise.all(names.map((name) => manager.streams.info(name)))
    return judgeDurability({
      copies: Math.min(...streams.map(({ config }) => config.num_replicas)),
      isClustered: source.connection.info?.cluster !== undefined,
      sync: source.isEmbedded ? "always" : await askSync(source, streams),
      volatileStream: streams.find(isVolatile)?.config.name,
    })
  } catch (error) {
    const why = `the streams' configuration cannot be read (${describeError(error)})`
    return { mode: "dev", sentence: `durability dev: ${why}, so nothing is promised for a server that fails` }
  }
}

/** Pure: the mode that the facts amount to. */
export function judgeDurability({ copies, isClustered, sync, volatileStream }: DurabilityFacts): Durability {
  if (volatileStream !== undefined) {
    const kept = `stream ${volatileStream} is kept in memory, or acknowledged before it is written`
    return { mode: "dev", sentence: `durability dev: ${kept}, so acknowledged writes are lost with its server` }
  }
  const where = isClustered ? `${count(copies)} in the cluster` : `${count(copies)} on one server`
  if (isClustered && copies < copiesMin) {
    const loss = copies === 1 ? "is lost with its server's disk, and stops while it is down" : "stops while a server is down"
    return { mode: "dev", sentence: `durability dev: ${where}: work ${loss}; 3 replicas go on (${syncText(sync)})` }
  }
  if (sync === "always") {
    const survives = isClustered ? "a power cut of all, and the loss of any one server" : "a power cut, not the loss of the disk"
    const kept = `${where}, ${syncText(sync)}`
    return { mode: "strict", sentence: `durability strict: ${kept}: what is acknowledged survives ${survives}` }
  }
  if (isClustered) {
    const survives = "what is acknowledged survives the loss of any one server, and not a power cut of all at once"
    return { mode: "standard", sentence: `durability standard: ${where}: ${survives} (${syncText(sync)})` }
  }
  const loses = "a power cut loses acknowledged writes; sync_interval: always prevents that"
  return { mode: "dev", sentence: `durability dev: ${where}: ${loses} (${syncText(sync)})` }
}

function count(copies: number): string {
  return copies === 1 ? "one copy" : `${copies} copies`
}

function syncText(sync: DurabilityFacts["sync"]): string {
  if (sync === "always") return "synced before each acknowledgement"
  if (sync === "unknown") return "sync interval unknown, by default 2 minutes"
  return sync >= 1_000 ? `synced every ${sync / 1_000} s` : `synced every ${sync} ms`
}

function isVolatile({ config }: StreamInfo): boolean {
  // cast: text of the server, also of a version that knows more words than the client's types
  return (config.storage as string) === "memory" || (config.persist_mode as string | undefined) === "async"
}

async function askSync(source: DurabilitySource, streams: readonly StreamInfo[]): Promise<DurabilityFacts["sync"]> {
  const { connection: { info }, monitoringUrls = [] } = source
  if (info === undefined || monitoringUrls.length === 0) return "unknown"
  const told = (await Promise.all(monitoringUrls.map(askServer))).filter((server) => server !== undefined)
  if (info.cluster === undefined) return slowestSync(told.filter(({ id }) => id === info.server_id), [info.server_name])
  const holders = streams.flatMap(({ cluster }) => [cluster?.leader ?? "", ...(cluster?.replicas ?? []).map(({ name }) => name)])
  return slowestSync(told.filter(({ cluster }) => cluster === info.cluster), holders)
}

/** The longest interval of the servers with these names; unknown if one of them has not told it. */
export function slowestSync(told: readonly MonitoredServer[], names: readonly string[]): DurabilityFacts["sync"] {
  let longestMs = 0
  for (const name of names) {
    const sync = told.find((server) => server.name === name)?.sync ?? "unknown"
    if (sync === "unknown") return "unknown"
    if (sync !== "always") longestMs = Math.max(longestMs, sync)
  }
  return longestMs === 0 ? "always" : longestMs
}

export interface MonitoredServer {
  readonly id: string
  readonly name: string
  /** Undefined of a server that is alone. */
  readonly cluster: string | undefined
  readonly sync: DurabilityFacts["sync"]
}

/** Undefined if nothing answers there in time that looks like a nats-server. */
async function askServer(url: string): Promise<MonitoredServer | undefined> {
  try {
    const signal = AbortSignal.timeout(limits.monitoringRequestMs)
    const answer = await fetch(new URL("/varz", url), { signal, redirect: "error" })
    return answer.ok ? readVarz(await answer.json()) : undefined
  } catch {
    return undefined
  }
}

/** What `/varz` says of itself; undefined if it is not a server's. */
export function readVarz(value: unknown): MonitoredServer | undefined {
  if (typeof value !== "object" || value === null) return undefined
  // cast: the shape of the server's documented answer; every field may be missing.
  const { server_id: id, server_name: name, cluster, jetstream } = value as {
    server_id?: string
    server_name?: string
    cluster?: { name?: string }
    jetstream?: { config?: { sync_always?: boolean; sync_interval?: number } }
  }
  if (id === undefined || name === undefined) return undefined
  const { sync_always: always, sync_interval: nanos } = jetstream?.config ?? {}
  const interval = typeof nanos === "number" && nanos > 0 ? nanos / 1_000_000 : "unknown"
  return { id, name, cluster: cluster?.name, sync: always === true ? "always" : interval }
}
