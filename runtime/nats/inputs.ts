// Input and event streams on JetStream, read by position with ordered consumers: pull only, no acknowledgements, and a
// gap in delivery makes the client start again behind the last record it passed on.
import { type ConsumerMessages, jetstream, jetstreamManager, type JsMsg } from "@nats-io/jetstream"
import type { NatsConnection } from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { describeError } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { Subjects } from "../message/subjects.ts"
import { type InputReader, type InputRecord, type Inputs, type InputSource, InputUnavailable } from "../ports/inputs.ts"

export function natsInputs(connection: NatsConnection, subjects: Subjects, app: string): Inputs {
  const streamOf = (source: InputSource) => (source === "external" ? subjects.streams.input : subjects.streams.events)
  return {
    stream: (source) =>
      Effect.tryPromise({
        try: async () => {
          const manager = await jetstreamManager(connection, { checkAPI: false })
          const { created } = await manager.streams.info(streamOf(source))
          return String(Date.parse(created)) // clock: parses the server's text
        },
        catch: (cause) => unavailable(streamOf(source), cause),
      }),
    open: (source, partition, after) => {
      const subject = source === "external" ? subjects.input(app, partition) : subjects.eventPartition(partition)
      return openReader(connection, streamOf(source), subject, after)
    },
  }
}

function openReader(
  connection: NatsConnection,
  stream: string,
  subject: string,
  after: number,
): Effect.Effect<InputReader, InputUnavailable, Scope> {
  const open = Effect.tryPromise({
    try: async () => {
      const consumer = await jetstream(connection).consumers.get(stream, {
        filter_subjects: subject, deliver_policy: "by_start_sequence", opt_start_seq: after + 1,
      })
      const { num_pending: backlog } = await consumer.info(true)
      return { backlog, messages: await consumer.consume({ max_messages: limits.readAheadMessages }) }
    },
    catch: (cause) => unavailable(subject, cause),
  })
  const close = ({ messages }: { messages: ConsumerMessages }) => Effect.ignore(Effect.tryPromise(() => messages.close()))
  return Effect.map(Effect.acquireRelease(open, close), ({ backlog, messages }) => {
    const iterator = messages[Symbol.asyncIterator]()
    return { backlog, next: nextRecord(iterator, subject) }
  })
}

function nextRecord(iterator: AsyncIterator<JsMsg>, subject: string): Effect.Effect<InputRecord, InputUnavailable> {
  return Effect.tryPromise({
    try: async () => {
      const result = await iterator.next()
      if (result.done === true) throw new Error("the server ended the reading")
      const message = result.value
      return { number: message.seq, bytes: message.data, headers: readHeaders(message) }
    },
    catch: (cause) => unavailable(subject, cause),
  })
}

function readHeaders(message: JsMsg): Readonly<Record<string, string>> {
  if (message.headers === undefined) return {}
  return Object.fromEntries(message.headers.keys().map((name) => [name.toLowerCase(), message.headers?.get(name) ?? ""]))
}

function unavailable(subject: string, cause: unknown): InputUnavailable {
  return new InputUnavailable(`input ${subject} cannot be read (${describeError(cause)}); it is opened again later`, { cause })
}
