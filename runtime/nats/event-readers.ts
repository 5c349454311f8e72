// Which apps of a namespace read its events, and how far each has decided them: where events are kept until all have, the
// last of them deletes. A mark is written by the owner of a partition; an app that is gone for good is removed by an
// operator, never by time, because one that is merely down must find its events again.
import { jetstream, jetstreamManager } from "@nats-io/jetstream"
import { Kvm } from "@nats-io/kv"
import type { NatsConnection } from "@nats-io/transport-node"
import { limits } from "../kernel/limits.ts"
import type { Subjects } from "../message/subjects.ts"
import { isKeptUntilHandled } from "./event-stream.ts"
import { lastRecords } from "./last-records.ts"
import { purgeBefore } from "./purge.ts"

/** Where one app stands in one event partition: everything before this stream position is decided. */
export interface EventReader {
  readonly app: string
  readonly partition: number
  readonly before: number
}

interface Place {
  readonly connection: NatsConnection
  readonly subjects: Subjects
}

export interface HandledEvents {
  /** Says how far the app has come, and deletes what all have decided. */
  handled(partition: number, before: number): Promise<void>
  /** The first event of the partition that was not deleted, as the apps know that are registered now; 1 if none was. */
  keptFrom(partition: number): Promise<number>
}

/** Registers the app where events are kept until they are handled; `undefined` where they are kept otherwise. */
export async function registerReader(
  place: Place,
  app: string,
  partitions: number,
  replicas = 1,
): Promise<HandledEvents | undefined> {
  const { connection, subjects } = place
  const { config, created } = await readStream(place)
  if (!isKeptUntilHandled(config)) return undefined
  const identity = String(Date.parse(created)) // clock: parses the server's text
  const kv = await new Kvm(jetstream(connection)).create(subjects.eventReaders, { history: 1, replicas })
  for (let partition = 0; partition < partitions; partition += 1) {
    const known = await kv.get(keyOf(app, partition))
    if (known === null || known.operation !== "PUT") await kv.put(keyOf(app, partition), markText(identity, unknownMark))
  }
  return {
    async keptFrom(partition) {
      return Math.max(1, ...(await marksOf(place, identity, [`*.${partition}`])).map(({ deleted }) => deleted))
    },
    async handled(partition, before) {
      const own = await kv.get(keyOf(app, partition))
      const { deleted } = own?.operation === "PUT" ? readMark(own.value, identity) : unknownMark
      await kv.put(keyOf(app, partition), markText(identity, { before, deleted }))
      const marks = await marksOf(place, identity, [`*.${partition}`])
      const first = Math.min(before, ...marks.map((mark) => mark.before))
      // Written first: whoever finds a gap must learn of it.
      if (first > Math.max(1, deleted)) await kv.put(keyOf(app, partition), markText(identity, { before, deleted: first }))
      await purgeBefore(connection, subjects.streams.events, subjects.eventPartition(partition), first)
    },
  }
}

/** All marks of the namespace, by app and partition; empty where events are not kept until they are handled. */
export async function listReaders(place: Place): Promise<readonly EventReader[]> {
  const { config, created } = await readStream(place)
  if (!isKeptUntilHandled(config)) return []
  const manager = await jetstreamManager(place.connection, { checkAPI: false })
  const bucket = place.subjects.eventReaders
  const { state } = await manager.streams.info(`KV_${bucket}`, { subjects_filter: ">" })
  const keys = Object.keys(state.subjects ?? {}).map((subject) => subject.slice(`$KV.${bucket}.`.length))
  const marks: (EventReader & Mark)[] = []
  for (let from = 0; from < keys.length; from += limits.bucketRead.keysMax) {
    const slice = keys.slice(from, from + limits.bucketRead.keysMax)
    marks.push(...(await marksOf(place, String(Date.parse(created)), slice))) // clock: parses the server's text
  }
  return marks.map(({ app, partition, before }) => ({ app, partition, before }))
}

/** Events are not kept for this app any more. Gives the number of its marks. */
export async function removeReader(place: Place, app: string): Promise<number> {
  const marks = (await listReaders(place)).filter((mark) => mark.app === app)
  if (marks.length === 0) return 0
  const kv = await new Kvm(jetstream(place.connection)).open(place.subjects.eventReaders)
  for (const { partition } of marks) await kv.purge(keyOf(app, partition))
  return marks.length
}

async function readStream({ connection, subjects }: Place) {
  const manager = await jetstreamManager(connection, { checkAPI: false })
  return manager.streams.info(subjects.streams.events)
}

interface Mark {
  readonly before: number
  /** The app has deleted the events before this one, or was about to. */
  readonly deleted: number
}

const unknownMark: Mark = { before: 0, deleted: 0 }

async function marksOf(
  { connection, subjects }: Place,
  identity: string,
  keys: readonly string[],
): Promise<readonly (EventReader & Mark)[]> {
  return (await lastRecords(connection, subjects.eventReaders, keys)).map(({ key, data }) => {
    const [app = "", partition] = key.split(".")
    return { app, partition: Number(partition), ...readMark(data, identity) }
  })
}

function keyOf(app: string, partition: number): string {
  return `${app}.${partition}`
}

function markText(stream: string, mark: Mark): string {
  return JSON.stringify({ stream, ...mark })
}

/** A mark on a stream that was there before, or one that cannot be read, keeps everything. */
function readMark(value: Uint8Array, identity: string): Mark {
  try {
    const mark: unknown = JSON.parse(Buffer.from(value).toString("utf8"))
    if (typeof mark !== "object" || mark === null || !("stream" in mark) || mark.stream !== identity) return unknownMark
    const before = "before" in mark && typeof mark.before === "number" ? mark.before : 0
    // Marks of older releases do not tell it.
    const deleted = "deleted" in mark && typeof mark.deleted === "number" ? mark.deleted : 0
    return { before, deleted }
  } catch {
    return unknownMark
  }
}
