// Makes the streams of a namespace, once. What exists is kept as its operator made it; only what must not differ is
// checked. The app's manifest fixes its partitions and hash, until `repartition` changes the number (R16).
import { setTimeout as sleep } from "node:timers/promises"
import { jetstreamManager, JetStreamApiError, type JetStreamManager, type StreamConfig } from "@nats-io/jetstream"
import type { NatsConnection } from "@nats-io/transport-node"
import { Fault, describeError } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import { keyHash, type Manifest, newManifest } from "../message/manifest.ts"
import type { Peer } from "../message/peer.ts"
import type { Subjects } from "../message/subjects.ts"
import type { AckedPublisher } from "./acked-publisher.ts"
import { ensureEvents, type EventsKept } from "./event-stream.ts"
import {
  callOff, ManifestNotStored, type ManifestPlace, ManifestRefused, readManifest, replaceManifest,
} from "./manifest.ts"

/** The app has another number of partitions, or the stream of another application is in the way. */
export class ManifestMismatch extends Fault {
  readonly _tag = "ManifestMismatch"
  readonly code = "MANIFEST_MISMATCH"
  readonly retry = "never"
}

/** The journals were deleted under the namespace: what its apps knew is gone, and nobody may go on as if it had never been. */
export class JournalMissing extends Fault {
  readonly _tag = "JournalMissing"
  readonly code = "JOURNAL_MISSING"
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
  /** How long events are kept, if the stream is not there yet. Default: `limits.eventsKeptDays`. */
  readonly eventsKept?: EventsKept | undefined
  /** This process is to run partitions of the app: a move of them to another number that is under way is called off. */
  readonly isMember?: boolean
}

const streamNotFound = 10059
const subjectsOverlap = 10065
const noPeers = 10005

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

/**
 * The app's manifest. Throws ManifestMismatch, UnreadableManifest, JournalMissing or ProvisionFailed. In a cluster a stream
 * that was just made may not be known yet to the server that we are connected to, and elections take seconds, so it tries for
 * a while.
 */
export async function provision(options: Provision): Promise<Manifest> {
  const untilMs = performance.now() + limits.provisionMs
  for (;;) {
    try {
      return await provisionOnce(options)
    } catch (error) {
      if (!mayPass(error) || options.connection.isClosed() || performance.now() >= untilMs) throw error
      await sleep(limits.provisionRetryMs)
    }
  }
}

/** Silence, a cluster that elects a leader, or one that does not know all its servers yet. */
function mayPass(error: unknown): boolean {
  // A cluster that has just been started may not know all its streams yet.
  if (error instanceof JournalMissing) return true
  if (!(error instanceof ProvisionFailed)) return false
  const { cause } = error
  if (cause instanceof ManifestRefused) return false
  return !(cause instanceof JetStreamApiError) || cause.status === 503 || cause.code === noPeers
}

async function provisionOnce(options: Provision): Promise<Manifest> {
  const { connection, publisher, subjects, app, partitions, replicas, peers = [], isMember = false } = options
  const { streams, bindings } = subjects
  try {
    const manager = await jetstreamManager(connection, { checkAPI: false })
    // Truth must never make room for more truth: journals and undecided input refuse when full (R15).
    const kept = { storage: "file", discard: "new", allow_direct: true, num_replicas: replicas } as const
    // Not compressed, though a third of the bytes would do: the server writes a full block anew to compress it, and after power
    // cuts and a full disk one could not be read any more (nats-server 2.15.1, chaos with three servers).
    const journal: NewStream = { ...kept, compression: "none", name: streams.journal, subjects: [bindings.journal] }
    await ensureStream(manager, journal, () => checkUnused(manager, streams.journal, streams.input))
    await ensureStream(manager, { ...kept, ...inputBounds, name: streams.input, subjects: [bindings.input] })
    await ensureStream(manager, { ...kept, name: streams.replies, subjects: [bindings.replies] })
    const events = { subjects, partitions, replicas, kept: options.eventsKept }
    await ensureEvents(manager, events, (stream) => ensureStream(manager, stream))
    const place = { manager, publisher, subjects, app }
    const manifest = await ensureManifest(place, { app, partitions }, isMember)
    for (const peer of peers) await ensureManifest({ ...place, app: peer.app }, peer, false)
    return manifest
  } catch (error) {
    if (error instanceof Fault && !(error instanceof ManifestNotStored)) throw error
    throw new ProvisionFailed(
      `the streams of app ${app} could not be made (${describeError(error)}); start it again`,
      { cause: error },
    )
  }
}

type NewStream = Pick<StreamConfig, "name" | "subjects"> & Partial<StreamConfig>

/** The journals are always made first: an input that was there before them was decided in others. */
async function checkUnused(manager: JetStreamManager, journal: string, input: string): Promise<void> {
  const last = await manager.streams.info(input).then(({ state }) => state.last_seq, ifNotFound)
  if (last === 0) return
  throw new JournalMissing(
    `stream ${journal} is not there, and ${input} has held ${last} records: the journals were deleted; ` +
      `restore them, or delete ${input} and the other streams of the namespace to begin anew`,
  )
}

function ifNotFound(error: unknown): number {
  if (error instanceof JetStreamApiError && error.code === streamNotFound) return 0
  throw error
}

/** `before` may refuse to have it made. */
async function ensureStream(manager: JetStreamManager, wanted: NewStream, before = () => Promise.resolve()): Promise<void> {
  try {
    const { config } = await manager.streams.info(wanted.name)
    if (wanted.subjects.every((subject) => config.subjects?.includes(subject))) return
    throw new ManifestMismatch(
      `stream ${wanted.name} exists and does not hold ${wanted.subjects.join(", ")}: choose another namespace, or remove it`,
    )
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== streamNotFound) throw error
    await before()
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

/** The app's own: what it says, with no move under way any more if this process is to run partitions. */
async function ensureManifest(place: ManifestPlace, wanted: Wanted, isMember: boolean): Promise<Manifest> {
  for (let attempt = 1; attempt <= limits.manifestAttemptsMax; attempt += 1) {
    const stored = (await readManifest(place)) ?? (await replaceManifest(place, 0, newManifest(wanted.partitions)))
    // Of several that make it at once one is first, and what counts is what is stored.
    if (stored === undefined) continue
    checkManifest(wanted, stored.manifest)
    // From here on a move that somebody has begun, and perhaps will never end, cannot be made: this process needs the journals.
    if (!isMember || (await callOff(place, stored))) return stored.manifest
  }
  throw new ProvisionFailed(`the manifest of app ${wanted.app} is changed again and again by others; start it again`)
}

type Wanted = Peer

function checkManifest({ app, partitions }: Wanted, stored: Manifest): void {
  if (stored.partitions === partitions && stored.hash === keyHash) return
  const since = stored.layout === 0 ? "was created with" : "has by now"
  throw new ManifestMismatch(
    `app ${app} ${since} ${stored.partitions} partitions (${stored.hash}) and is now started, or named as a peer, ` +
      `with ${partitions} (${keyHash}): start it with ${stored.partitions}, or change the number with repartition`,
  )
}
