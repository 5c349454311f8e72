// The journal on JetStream: one stream, one subject per partition, the oldest and plainest features. The fence is the
// expected last sequence of the partition's subject; 10071 is a real conflict, everything else unclear is "unknown" (R9).
import {
  jetstreamManager, JetStreamApiError, type LastForMsgRequest, type NextMsgRequest, type SeqMsgRequest,
} from "@nats-io/jetstream"
import { headers, type NatsConnection } from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import { describeError } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { Subjects } from "../message/subjects.ts"
import {
  AppendUnknown, Fenced, type Journal, type JournalRecord, JournalUnavailable, type SequenceRange,
} from "../ports/journal.ts"
import type { AckedPublisher } from "./acked-publisher.ts"
import { purgeBefore } from "./purge.ts"
import type { ReadLink } from "./read-link.ts"
import { StreamReader } from "./stream-reader.ts"

const wrongLastSequence = 10071
const noMessageFound = 10037

/** Journals are read over `reads`, at its pace; everything else goes over `connection`. */
export function natsJournal(
  connection: NatsConnection,
  publisher: AckedPublisher,
  subjects: Subjects,
  app: string,
  reads: ReadLink,
): Journal {
  const stream = subjects.streams.journal
  const subjectOf = (partition: number) => subjects.journal(app, partition)
  return {
    append: (partition, bytes, expected) =>
      Effect.flatMap(
        Effect.promise(() => {
          const fence = headers()
          fence.set("Nats-Expected-Last-Subject-Sequence", String(expected))
          return publisher.publish(subjectOf(partition), bytes, limits.appendTimeoutMs, fence)
        }),
        (ack): Effect.Effect<number, Fenced | AppendUnknown> => {
          if (ack.type === "stored") return Effect.succeed(ack.sequence)
          const what = `append to ${subjectOf(partition)} after sequence ${expected}`
          if (ack.type === "refused" && ack.errorCode === wrongLastSequence) {
            return Effect.fail(
              new Fenced(`${what} was refused (${ack.description}): another process owns the partition now`),
            )
          }
          return Effect.fail(new AppendUnknown(`${what} has no outcome (${ack.description}); it is tried again`))
        },
      ),
    purge: (partition, sequence) =>
      Effect.ignore(Effect.tryPromise(() => purgeBefore(connection, stream, subjectOf(partition), sequence))),
    last: (partition) =>
      Effect.tryPromise({
        try: () => readOne(connection, stream, { last_by_subj: subjectOf(partition) }),
        catch: (cause) => unavailable(subjectOf(partition), cause),
      }),
    first: (partition) =>
      Effect.tryPromise({
        try: () => readOne(connection, stream, { seq: 1, next_by_subj: subjectOf(partition) }),
        catch: (cause) => unavailable(subjectOf(partition), cause),
      }),
    read: (partition, visit, range = {}) =>
      Effect.tryPromise({
        try: (signal) => {
          const what = { stream, subject: subjectOf(partition), range, signal }
          return reads.use((link) => readRange(link, what, (record) => reads.pace.turn(() => visit(record))))
        },
        catch: (cause) => unavailable(subjectOf(partition), cause),
      }),
  }
}

/** Through the leader: a direct get may answer from a replica that lags. */
async function readOne(
  connection: NatsConnection,
  stream: string,
  query: LastForMsgRequest | (SeqMsgRequest & NextMsgRequest),
): Promise<JournalRecord | undefined> {
  const manager = await jetstreamManager(connection, { checkAPI: false })
  try {
    const message = await manager.streams.getMessage(stream, query)
    return message === null ? undefined : { sequence: message.seq, bytes: message.data }
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === noMessageFound) return undefined
    throw error
  }
}

interface What {
  readonly stream: string
  readonly subject: string
  readonly range: SequenceRange
  /** Aborted when nobody wants the records any more. */
  readonly signal: AbortSignal
}

async function readRange(
  connection: NatsConnection,
  { stream, subject, range: { from = 0, to = Number.POSITIVE_INFINITY }, signal }: What,
  visit: (record: JournalRecord) => Promise<void>,
): Promise<void> {
  signal.throwIfAborted()
  const ahead = limits.recoveryAheadMessages
  const reader = await StreamReader.open(connection, { stream, subject, after: Math.max(0, from - 1), ahead })
  const close = () => reader.close()
  signal.addEventListener("abort", close)
  try {
    // What is appended from here on is not visited, or a reader behind a busy writer would never end.
    for (let left = reader.backlog; left > 0; left -= 1) {
      const message = await reader.next()
      signal.throwIfAborted()
      if (message.seq > to) return
      await visit({ sequence: message.seq, bytes: message.data })
      if (message.info.pending === 0 || message.seq === to) return
    }
  } finally {
    signal.removeEventListener("abort", close)
    reader.close()
  }
}

function unavailable(subject: string, cause: unknown): JournalUnavailable {
  return new JournalUnavailable(
    `journal ${subject} cannot be read (${describeError(cause)}); the partition is claimed again later`,
    { cause },
  )
}
