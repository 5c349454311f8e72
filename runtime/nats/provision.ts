// Makes the streams of a namespace, once. What exists is kept as its operator made it; only what must not differ is
// checked. The app's manifest fixes its partitions and hash for the life of its journals (R16).
import { jetstreamManager, JetStreamApiError, type JetStreamManager, type StreamConfig } from "@nats-io/jetstream"
import { headers, type NatsConnection } from "@nats-io/transport-node"
import { Fault, describeError } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { Peer } from "../message/peer.ts"
import type { Subjects } from "../message/subjects.ts"
import type { AckedPublisher } from "./acked-publisher.ts"

/** The app was created with another number of partitions, or the stream of another application is in the way. */
export class ManifestMismatch extends Fault {
  readonly _tag = "ManifestMismatch"
  readonly code = "MANIFEST_MISMATCH"
  readonly retry = "never"
}

export class ProvisionFailed extends Fault {
  readonly _tag = "ProvisionFailed"
  readonly code = "PROVISION_FAILED"
  readonly retry = "later"
}

export interface Provision {
  readonly connection: NatsConnection
  readonly publisher: AckedPublisher
  readonly subjects: Subjects
  readonly app: string
  readonly partitions: number
  readonly replicas: number
  /** The apps that it sends to: their manifests are made too, so that no app has to be there first. */
  readonly peers?: readonly Peer[]
}

const streamNotFound = 10059
const subjectsOverlap = 10065
const noMessageFound = 10037
const dayNanos = 86_400_000_000_000

/**
 * Per partition of each app (R15): the input of an app that is gone fills up and refuses, and nobody else notices. Journals
 * have no such bound. The server cannot tell a compaction, which makes room, or an undo from anything else: it would refuse
 * all of them alike, and a partition at its bound could never get below it again.
 */
const inputBounds = {
  max_msgs_per_subject: limits.inputBlocksPerPartitionMax,
  discard_new_per_subject: true,
  max_msg_size: limits.inputBytesMax,
} as const

/** Throws ManifestMismatch or ProvisionFailed. */
export async function provision(options: Provision): Promise<void> {
  const { connection, subjects, replicas } = options
  const { streams, bindings } = subjects
  try {
    const manager = await jetstreamManager(connection, { checkAPI: false })
    // Truth must never make room for more truth: journals and undecided input refuse when full (R15).
    const kept = { storage: "file", discard: "new", allow_direct: true, num_replicas: replicas } as const
    await ensureStream(manager, { ...kept, name: streams.journal, subjects: [bindings.journal] })
    await ensureStream(manager, { ...kept, ...inputBounds, name: streams.input, subjects: [bindings.input] })
    await ensureStream(manager, { ...kept, name: streams.replies, subjects: [bindings.replies] })
    const events = { name: streams.events, subjects: [bindings.events], max_age: limits.eventsKeptDays * dayNanos }
    await ensureStream(manager, { storage: "file", allow_direct: true, num_replicas: replicas, ...events })
    await ensureManifest(manager, options)
    for (const peer of options.peers ?? []) await ensureManifest(manager, { ...options, ...peer })
  } catch (error) {
    if (error instanceof Fault) throw error
    throw new ProvisionFailed(
      `the streams of app ${options.app} could not be made (${describeError(error)}); start it again`,
      { cause: error },
    )
  }
}

type NewStream = Pick<StreamConfig, "name" | "subjects"> & Partial<StreamConfig>

async function ensureStream(manager: JetStreamManager, wanted: NewStream): Promise<void> {
  try {
    const { config } = await manager.streams.info(wanted.name)
    if (wanted.subjects.every((subject) => config.subjects?.includes(subject))) return
    throw new ManifestMismatch(
      `stream ${wanted.name} exists and does not hold ${wanted.subjects.join(", ")}: choose another namespace, or remove it`,
    )
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== streamNotFound) throw error
    await addStream(manager, wanted)
  }
}

async function addStream(manager: JetStreamManager, wanted: NewStream): Promise<void> {
  try {
    await manager.streams.add(wanted)
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== subjectsOverlap) throw error
    throw new ManifestMismatch(
      `another stream holds subjects of ${wanted.subjects.join(", ")}, so ${wanted.name} cannot be made: ` +
        "choose another namespace, or remove it",
      { cause: error },
    )
  }
}

async function ensureManifest(manager: JetStreamManager, options: Provision): Promise<void> {
  const { subjects, app, partitions, publisher } = options
  const subject = subjects.manifest(app)
  const manifest = { v: 1, partitions, hash: "fnv1a32" }
  const first = headers()
  first.set("Nats-Expected-Last-Subject-Sequence", "0")
  const stored = await readManifest(manager, subjects.streams.journal, subject)
  if (stored === undefined) {
    const ack = await publisher.publish(subject, Buffer.from(JSON.stringify(manifest)), limits.appendTimeoutMs, first)
    // Whatever became of that publish, and whoever else tried it: what counts is what is stored now.
    const now = await readManifest(manager, subjects.streams.journal, subject)
    if (now === undefined) {
      const why = ack.type === "stored" ? "it is gone" : ack.description
      throw new ProvisionFailed(`the manifest of app ${app} could not be stored (${why}); start it again`)
    }
    return checkManifest(app, now, manifest)
  }
  checkManifest(app, stored, manifest)
}

function checkManifest(app: string, stored: Manifest, wanted: Manifest): void {
  if (stored.partitions === wanted.partitions && stored.hash === wanted.hash && stored.v === wanted.v) return
  throw new ManifestMismatch(
    `app ${app} was created with ${stored.partitions} partitions (${stored.hash}) and is now started, or named as a peer, ` +
      `with ${wanted.partitions} (${wanted.hash}): start it with ${stored.partitions}, or under another name`,
  )
}

interface Manifest {
  readonly v: number
  readonly partitions: number
  readonly hash: string
}

async function readManifest(manager: JetStreamManager, stream: string, subject: string): Promise<Manifest | undefined> {
  try {
    const message = await manager.streams.getMessage(stream, { last_by_subj: subject })
    return message === null ? undefined : message.json<Manifest>()
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === noMessageFound) return undefined
    throw error
  }
}
