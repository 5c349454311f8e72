// Where an app's manifest is stored: one subject of the journal stream. It is read through the leader and replaced only by
// whoever has read the one that it replaces. So a change of the number of partitions is made by one message, and calling it
// off is one message too: of the two one is refused.
import { jetstreamManager, JetStreamApiError, type JetStreamManager } from "@nats-io/jetstream"
import { headers, type NatsConnection } from "@nats-io/transport-node"
import { Fault } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import { decodeManifest, encodeManifest, type Manifest, newManifest, readSeal } from "../message/manifest.ts"
import type { Subjects } from "../message/subjects.ts"
import { type AckedPublisher, isFull } from "./acked-publisher.ts"

/** The manifest could not be stored, or nobody said whether it was. What is stored counts. */
export class ManifestNotStored extends Fault {
  readonly _tag = "ManifestNotStored"
  readonly code = "MANIFEST_NOT_STORED"
  readonly retry = "later"
}

/** The stream of the journals is at its bound: nothing was stored, and trying again does not help. */
export class ManifestRefused extends ManifestNotStored {}

export interface ManifestPlace {
  readonly manager: JetStreamManager
  readonly publisher: AckedPublisher
  readonly subjects: Subjects
  readonly app: string
}

export interface StoredManifest {
  readonly sequence: number
  readonly manifest: Manifest
}

/** What a connected program needs to read and replace the manifest of an app. */
export async function manifestPlace(
  { connection, publisher, subjects }: { connection: NatsConnection; publisher: AckedPublisher; subjects: Subjects },
  app: string,
): Promise<ManifestPlace> {
  return { manager: await jetstreamManager(connection, { checkAPI: false }), publisher, subjects, app }
}

const noMessageFound = 10037
const noStreamFound = 10059

/** Undefined if the app was never started. */
export async function readManifest(place: ManifestPlace): Promise<StoredManifest | undefined> {
  const last = await readLast(place, place.subjects.manifest(place.app))
  return last === undefined ? undefined : { sequence: last.sequence, manifest: decodeManifest(last.bytes, place.app) }
}

/**
 * Stores a manifest in the place of the one at `expected`, 0 for none. Undefined if another one is there by now. Rejects
 * with ManifestNotStored if that is not known, or if the stream takes nothing.
 */
export async function replaceManifest(
  place: ManifestPlace,
  expected: number,
  manifest: Manifest,
): Promise<StoredManifest | undefined> {
  const { subjects, app, publisher } = place
  const bytes = encodeManifest(manifest)
  const fence = headers()
  fence.set("Nats-Expected-Last-Subject-Sequence", String(expected))
  let why = ""
  for (let attempt = 1; attempt <= limits.manifestAttemptsMax; attempt += 1) {
    const ack = await publisher.publish(subjects.manifest(app), bytes, limits.appendTimeoutMs, fence)
    if (ack.type === "stored") return { sequence: ack.sequence, manifest }
    // An earlier try may have been stored without an answer: what is stored says it.
    const last = await readLast(place, subjects.manifest(app))
    const sequence = last?.sequence ?? 0
    if (last !== undefined && sequence > expected && Buffer.compare(last.bytes, bytes) === 0) return { sequence, manifest }
    if (sequence !== expected) return undefined
    if (isFull(ack)) throw new ManifestRefused(`the manifest of app ${app} could not be stored (${ack.description})`)
    why = ack.description
  }
  throw new ManifestNotStored(`the manifest of app ${app} could not be stored (${why}); try again`)
}

/**
 * Calls off the move that a manifest tells of: from here on it cannot be made any more. Then takes its seals away, so that
 * the journals can be claimed as before. False if another manifest is there by now: read again.
 */
export async function callOff(place: ManifestPlace, { sequence, manifest }: StoredManifest): Promise<boolean> {
  const { partitions, layout, move } = manifest
  if (move === undefined) return true
  if (!move.isCalledOff) {
    const calledOff = newManifest(partitions, layout, { ...move, isCalledOff: true })
    if ((await replaceManifest(place, sequence, calledOff)) === undefined) return false
  }
  await removeSeals(place, manifest, move.id)
  return true
}

/** Only of a move that was called off. */
async function removeSeals({ manager, subjects, app }: ManifestPlace, manifest: Manifest, move: string): Promise<void> {
  const { journal: stream } = subjects.streams
  const { journal: subjectOf } = subjects.at(manifest.layout)
  for (let partition = 0; partition < manifest.partitions; partition += 1) {
    const last = await readLast({ manager, subjects }, subjectOf(app, partition))
    if (last === undefined || readSeal(last.bytes) !== move) continue
    // Somebody else may do the same; when the seal is gone, all is well.
    const isDeleted = await manager.streams.deleteMessage(stream, last.sequence, false).catch(() => false)
    const left = isDeleted ? undefined : await readLast({ manager, subjects }, subjectOf(app, partition))
    if (left?.sequence === last.sequence)
      throw new ManifestNotStored(`the seal of ${subjectOf(app, partition)} could not be taken away; try again`)
  }
}

interface Last {
  readonly sequence: number
  readonly bytes: Uint8Array
}

async function readLast(
  { manager, subjects }: Pick<ManifestPlace, "manager" | "subjects">,
  subject: string,
): Promise<Last | undefined> {
  try {
    const message = await manager.streams.getMessage(subjects.streams.journal, { last_by_subj: subject })
    return message === null ? undefined : { sequence: message.seq, bytes: message.data }
  } catch (error) {
    if (error instanceof JetStreamApiError && (error.code === noMessageFound || error.code === noStreamFound)) return undefined
    throw error
  }
}

/**
 * Deletes what no layout needs: the journals of layouts before `layout`, but for their seals, and with `andUnfinished` all
 * that a move has left behind which was never made. The caller owns the journals of `layout`, so no other move is under way.
 */
export async function sweepLayouts(place: ManifestPlace, layout: number, andUnfinished = false): Promise<void> {
  const { manager, subjects, app } = place
  const { journal: stream } = subjects.streams
  const { state } = await manager.streams.info(stream, { subjects_filter: subjects.journals(app) })
  for (const [subject, count] of Object.entries(state.subjects ?? {})) {
    const found = subjects.parseJournal(subject)
    if (found === undefined || found.layout === layout) continue
    if (found.layout > layout) {
      if (andUnfinished) await manager.streams.purge(stream, { filter: subject })
      continue
    }
    const last = count > 1 ? await readLast(place, subject) : undefined
    if (last !== undefined && readSeal(last.bytes) !== undefined)
      await manager.streams.purge(stream, { filter: subject, seq: last.sequence })
  }
}
