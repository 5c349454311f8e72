// Input and event streams on JetStream, read by position with ordered consumers: pull only, no acknowledgements, and a
// gap in delivery makes the client start again behind the last record it passed on.
import { type Consumer, type ConsumerMessages, jetstream, jetstreamManager, type JsMsg } from "@nats-io/jetstream"
import type { NatsConnection } from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { describeError } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { Subjects } from "../message/subjects.ts"
import { purgeBefore } from "./purge.ts"
import { type InputReader, type InputRecord, type Inputs, type InputSource, InputUnavailable } from "../ports/inputs.ts"

/**
 * After a cut nats.js may wait for messages that it asked a consumer for that is gone; only missed heartbeats wake it, by
 * default after 45 s. The journal reads with the same.
 */
export const pulling = {
  max_messages: limits.readAheadMessages,
  idle_heartbeat: limits.readerHeartbeatMs,
  expires: 2 * limits.readerHeartbeatMs,
} as const

export function natsInputs(connection: NatsConnection, subjects: Subjects, app: string): Inputs {
  const streamOf = (source: InputSource) => (source === "external" ? subjects.streams.input : subjects.streams.events)
  return {
    purge: (partition, before) =>
      Effect.ignore(
        Effect.tryPromise(() => purgeBefore(connection, subjects.streams.input, subjects.input(app, partition), before)),
      ),
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
      return { backlog, consumer, messages: await consumer.consume(pulling) }
    },
    catch: (cause) => unavailable(subject, cause),
  })
  return Effect.map(Effect.acquireRelease(open, close), ({ backlog, messages }) => ({
    backlog,
    next: nextRecord(messages[Symbol.asyncIterator](), subject),
  }))
}

/** Waits for nothing: the client calls the messages closed only when somebody reads them to their end. */
function close({ consumer, messages }: { consumer: Consumer; messages: ConsumerMessages }): Effect.Effect<void> {
  return Effect.sync(() => {
    messages.close().catch(() => {})
    // Without this the server keeps the consumer for minutes; if the connection is gone, that is what it does.
    consumer.delete().catch(() => {})
  })
}

function nextRecord(iterator: AsyncIterator<JsMsg>, subject: string): Effect.Effect<InputRecord, InputUnavailable> {
  // Kept until its record is handed over: who gives up waiting must not take the record along.
  let asked: Promise<IteratorResult<JsMsg>> | undefined
  const ask = Effect.tryPromise({
    try: () => (asked ??= iterator.next()),
    catch: (cause) => unavailable(subject, cause),
  })
  return Effect.flatMap(ask, (result) => {
    asked = undefined
    if (result.done === true) return Effect.fail(unavailable(subject, new Error("the server ended the reading")))
    const message = result.value
    return Effect.succeed({ number: message.seq, bytes: message.data, headers: readHeaders(message) })
  })
}

function readHeaders(message: JsMsg): Readonly<Record<string, string>> {
  if (message.headers === undefined) return {}
  return Object.fromEntries(message.headers.keys().map((name) => [name.toLowerCase(), message.headers?.get(name) ?? ""]))
}

function unavailable(subject: string, cause: unknown): InputUnavailable {
  return new InputUnavailable(`input ${subject} cannot be read (${describeError(cause)}); it is opened again later`, { cause })
}
