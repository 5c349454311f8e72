// The journals of an app on JetStream, for those who only read them: one ordered consumer over the subjects of all its
// partitions. The stream's sequences are the order.
import {
  jetstreamManager, JetStreamApiError, type LastForMsgRequest, type NextMsgRequest, type SeqMsgRequest,
  type StoredMsg,
} from "@nats-io/jetstream"
import type { NatsConnection } from "@nats-io/transport-node"
import { describeError } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { Subjects } from "../message/subjects.ts"
import { JournalUnavailable } from "../ports/journal.ts"
import type { FeedBlock, JournalFeed } from "../ports/journal-feed.ts"
import { StreamReader } from "./stream-reader.ts"

const noMessageFound = 10037

/** `subjects` are those of the layout that the app has. */
export function natsJournalFeed(connection: NatsConnection, subjects: Subjects, app: string, partitions: number): JournalFeed {
  const stream = subjects.streams.journal
  const subject = subjects.journals(app)
  const layout = subjects.parseJournal(subjects.journal(app, 0))?.layout
  const blockOf = (record: Pick<StoredMsg, "subject" | "seq" | "data">): FeedBlock | undefined => {
    const place = subjects.parseJournal(record.subject)
    if (place === undefined || place.layout !== layout || place.partition >= partitions) return undefined
    return { partition: place.partition, sequence: record.seq, bytes: record.data }
  }
  const read = async <Value>(what: () => Promise<Value>): Promise<Value> => {
    try {
      return await what()
    } catch (cause) {
      const failed = `the journals of ${app} cannot be read (${describeError(cause)})`
      throw new JournalUnavailable(`${failed}; tried again later`, { cause })
    }
  }
  const get = (query: LastForMsgRequest | SeqMsgRequest | (SeqMsgRequest & NextMsgRequest)) =>
    read(async () => {
      const manager = await jetstreamManager(connection, { checkAPI: false })
      try {
        return await manager.streams.getMessage(stream, query)
      } catch (error) {
        if (error instanceof JetStreamApiError && error.code === noMessageFound) return null
        throw error
      }
    })
  return {
    source: `${stream} ${app} ${layout ?? 0}`,
    open: (after) =>
      read(async () => {
        const ahead = limits.recoveryAheadMessages
        const reader = await StreamReader.open(connection, { stream, subject, after, ahead })
        const next = () =>
          read(async () => {
            const message = await reader.next()
            const block = blockOf(message)
            return { sequence: message.seq, behind: message.info.pending, ...(block === undefined ? {} : { block }) }
          })
        return { backlog: reader.backlog, next, close: () => reader.close() }
      }),
    async at(sequence) {
      const message = await get({ seq: sequence })
      return message === null ? undefined : blockOf(message)
    },
    async bounds() {
      const journals = Array.from({ length: partitions }, (_, partition) => subjects.journal(app, partition))
      const found = journals.flatMap((own) => [get({ seq: 1, next_by_subj: own }), get({ last_by_subj: own })])
      const sequences = (await Promise.all(found)).flatMap((message) => (message === null ? [] : [message.seq]))
      return sequences.length === 0 ? undefined : { oldest: Math.min(...sequences), newest: Math.max(...sequences) }
    },
  }
}
