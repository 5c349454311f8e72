// Looks at a server and at the streams of all namespaces on it, for `troupe doctor`: what is as it should be, and what to do
// about the rest. It only reads.
import { jetstreamManager, type JetStreamManager, type StreamInfo } from "@nats-io/jetstream"
import type { NatsConnection } from "@nats-io/transport-node"
import { describeError } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import { type Subjects, subjectsOf } from "../message/subjects.ts"
import { decodeManifest } from "../message/manifest.ts"
import { readDurability } from "./durability.ts"
import type { Finding } from "./finding.ts"
import { livingMembers } from "./living-members.ts"
import { permissionFindings } from "./permissions.ts"
import { connectChecked } from "./server/connect.ts"
import { redactUrl } from "./server/server-url.ts"

export interface ExaminationOptions {
  readonly natsUrl: string
  /** It was started by us, and syncs every write. */
  readonly isEmbedded: boolean
  readonly monitoringUrls?: readonly string[] | undefined
}

/** A stream that is fuller than this is told of. */
const fullShare = 0.8

/** Rejects with a Fault that says in one sentence why the server cannot be used. */
export async function examine(options: ExaminationOptions): Promise<readonly Finding[]> {
  const connection = await connectChecked({ url: options.natsUrl, name: "troupe doctor" })
  try {
    const manager = await jetstreamManager(connection, { checkAPI: false })
    const streams = await allStreams(manager)
    const namespaces = streams.flatMap((stream) => namespaceOf(stream) ?? [])
    const findings = [serverFinding(connection, options), await clockFinding(connection, manager, streams)]
    findings.push(...await permissionFindings(connection, namespaces))
    findings.push(await storageFinding(manager))
    for (const namespace of namespaces) {
      const place = { ...options, connection, manager, streams, subjects: subjectsOf(namespace) }
      findings.push(...await namespaceFindings(place, namespace))
    }
    if (namespaces.length === 0) findings.push({ about: "streams", state: "note", text: "no app has run on this server yet" })
    return findings
  } finally {
    await connection.close()
  }
}

async function allStreams(manager: JetStreamManager): Promise<readonly StreamInfo[]> {
  const streams: StreamInfo[] = []
  for await (const stream of manager.streams.list()) streams.push(stream)
  return streams
}

/** Of a stream of journals. A mirror has no subjects, whatever the client's types say. */
function namespaceOf({ config }: { readonly config: { name: string; subjects?: readonly string[] } }): string | undefined {
  const { name, subjects = [] } = config
  const [, namespace] = /^(.+)\.jrn\.\*\.\*$/.exec(subjects[0] ?? "") ?? []
  return namespace !== undefined && subjectsOf(namespace).streams.journal === name ? namespace : undefined
}

function serverFinding({ info }: NatsConnection, { natsUrl, isEmbedded }: ExaminationOptions): Finding {
  const kind = isEmbedded ? ", started by `troupe dev`" : info?.cluster === undefined ? "" : `, of cluster ${info.cluster}`
  const text = `nats-server ${info?.version ?? "?"} at ${redactUrl(natsUrl)}${kind}, payloads of ${info?.max_payload ?? 0} bytes`
  return { about: "server", state: "good", text }
}

/** A stream's info has the server's time in it. */
async function clockFinding(
  connection: NatsConnection,
  manager: JetStreamManager,
  [stream]: readonly StreamInfo[],
): Promise<Finding> {
  if (stream === undefined) return { about: "clock", state: "good", text: "not known: a server tells it with its first stream" }
  const roundMs = await connection.rtt()
  const { ts } = await manager.streams.info(stream.config.name)
  const serverMs = Date.parse(ts ?? "")
  if (Number.isNaN(serverMs)) return { about: "clock", state: "note", text: "the server does not tell its clock" }
  const offMs = Math.abs(Date.now() - serverMs - roundMs / 2)
  const text = `this machine and the server differ by ${offMs < 1_000 ? "less than a second" : `${(offMs / 1_000).toFixed(1)} s`}`
  if (offMs < 1_000) return { about: "clock", state: "good", text: `${text}; a round trip takes ${roundMs} ms` }
  const state = offMs < limits.clockOffBadMs ? "note" : "bad"
  return { about: "clock", state, text, mend: "set the clocks by NTP: timers and traces follow the clocks of the processes" }
}

async function storageFinding(manager: JetStreamManager): Promise<Finding> {
  const { storage, limits: { max_storage: max } } = await manager.getAccountInfo()
  const used = `${bytesText(storage)} stored`
  if (max <= 0) return { about: "storage", state: "good", text: `${used}; the account has no bound of its own` }
  const text = `${used} of ${bytesText(max)} that the account may have`
  if (storage < max * fullShare) return { about: "storage", state: "good", text }
  const mend = "raise the account's bound: a journal that cannot grow stops its partition"
  return { about: "storage", state: "bad", text, mend }
}

interface Place extends ExaminationOptions {
  readonly connection: NatsConnection
  readonly manager: JetStreamManager
  readonly streams: readonly StreamInfo[]
  readonly subjects: Subjects
}

async function namespaceFindings(place: Place, namespace: string): Promise<readonly Finding[]> {
  const { connection, subjects, isEmbedded, monitoringUrls } = place
  const { mode, sentence } = await readDurability({ connection, subjects, isEmbedded, monitoringUrls })
  const durability: Finding = {
    about: namespace,
    state: mode === "dev" ? "note" : "good",
    text: sentence,
    ...(mode === "dev" && { mend: "fine for development; else see docs/guarantees.md" }),
  }
  const streams = Object.values(subjects.streams).map((name) => streamFinding(place, namespace, name))
  return [durability, ...streams, ...await appFindings(place, namespace)]
}

function streamFinding({ streams }: Place, namespace: string, name: string): Finding {
  const about = namespace
  const stream = streams.find(({ config }) => config.name === name)
  if (stream === undefined) {
    const mend = "start the app: it makes the stream anew, empty; if it held something, restore it first"
    return { about, state: "bad", text: `stream ${name} is not there`, mend }
  }
  const { state, config, cluster } = stream
  const held = `stream ${name}: ${state.messages} messages, ${bytesText(state.bytes)}`
  if (cluster !== undefined && cluster.name !== undefined && cluster.leader === undefined)
    return { about, state: "bad", text: `${held}, and it has no leader`, mend: "start the servers that are down" }
  const late = (cluster?.replicas ?? []).filter(({ current, offline }) => !current || offline).map((one) => one.name)
  if (late.length > 0)
    return { about, state: "note", text: `${held}; behind or away: ${late.join(", ")}`, mend: "see to these servers" }
  if (config.max_bytes > 0 && state.bytes > config.max_bytes * fullShare)
    return { about, state: "bad", text: `${held} of ${bytesText(config.max_bytes)}`, mend: `raise max_bytes of ${name}` }
  return { about, state: "good", text: held }
}

async function appFindings({ connection, manager, subjects }: Place, namespace: string): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  const { state } = await manager.streams.info(subjects.streams.journal, { subjects_filter: subjects.manifests })
  for (const subject of Object.keys(state.subjects ?? {})) {
    const app = subject.split(".").at(-2) ?? ""
    try {
      const stored = await manager.streams.getMessage(subjects.streams.journal, { last_by_subj: subject })
      const { partitions, layout } = decodeManifest(stored?.data ?? new Uint8Array(), app)
      const members = await livingMembers(connection, subjects.at(layout), app)
      const by = members.length === 0 ? "nobody" : members.join(", ")
      const text = `app ${app}: ${partitions} partitions, run by ${by}`
      findings.push(members.length > 0
        ? { about: namespace, state: "good", text }
        : { about: namespace, state: "note", text, mend: "start a process of it" })
    } catch (error) {
      const text = `app ${app}: ${describeError(error)}`
      findings.push({ about: namespace, state: "bad", text, mend: "see docs/operations.md" })
    }
  }
  return findings
}

const units = ["B", "KiB", "MiB", "GiB", "TiB"]

function bytesText(bytes: number): string {
  let [value, unit] = [bytes, 0]
  for (; value >= 1_024 && unit < units.length - 1; unit += 1) value /= 1_024
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}
