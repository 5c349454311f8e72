// Attachments as messages of one stream for each app, a piece each, that are gone when they are old enough.
import { jetstreamManager, JetStreamApiError, StorageType } from "@nats-io/jetstream"
import * as Effect from "effect/Effect"
import { describeError } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import { type Attachments, AttachmentsUnavailable } from "../ports/attachments.ts"
import type { PermitsPlace } from "./permits.ts"

const streamNotFound = 10059
const notFound = new Set([streamNotFound, 10037])

/** The stream is made with the first deposit, and keeps what it was made with. */
export function natsAttachments(place: PermitsPlace, keptMs: number): Attachments {
  const { connection, publisher, subjects, app, replicas = 1 } = place
  const managing = () => jetstreamManager(connection, { checkAPI: false })
  let made: Promise<void> | undefined
  const make = async (): Promise<void> => {
    const { stream, all } = subjects.attachments(app)
    const manager = await managing()
    const missing = await manager.streams.info(stream).then(() => false, isMissing)
    if (!missing) return
    await manager.streams.add({
      name: stream, subjects: [all], storage: StorageType.File, num_replicas: replicas, discard: "new", allow_direct: true,
      max_age: keptMs * 1_000_000, max_msgs: limits.attachmentPiecesMax,
    })
  }
  const trying = <Value>(what: string, run: () => Promise<Value>) =>
    Effect.tryPromise({
      try: run,
      catch: (cause) => {
        made = undefined
        return new AttachmentsUnavailable(`an attachment could not be ${what} (${describeError(cause)}); try again`, { cause })
      },
    })
  return {
    store: (name, index, piece) =>
      trying("stored", async () => {
        await (made ??= make())
        const ack = await publisher.publish(subjects.attachments(app).piece(name, index), piece, limits.appendTimeoutMs)
        if (ack.type !== "stored") throw new Error(ack.description)
      }),
    read: (bucket, name, index) =>
      trying("read", async () => {
        const { stream, piece } = subjects.attachments(bucket)
        const manager = await managing()
        // From the leader: a copy that lags behind would make a piece look gone that was stored a moment ago.
        const found = await manager.streams.getMessage(stream, { last_by_subj: piece(name, index) }).catch(throwUnlessMissing)
        return found?.data
      }),
    remove: (bucket, name) =>
      trying("removed", async () => {
        const { stream, pieces } = subjects.attachments(bucket)
        const manager = await managing()
        await manager.streams.purge(stream, { filter: pieces(name) }).catch(throwUnlessMissing)
      }),
  }
}

function throwUnlessMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error
  return undefined
}

function isMissing(error: unknown): boolean {
  if (error instanceof JetStreamApiError && notFound.has(error.code)) return true
  throw error
}
