// Input and event streams on JetStream, read by position with ordered consumers: pull only, no acknowledgements, and a
// gap in delivery makes the client start again behind the last record it passed on. It does so by name: on a stream that
// was made anew, or restored, the same position is another record. So nothing that a new consumer gives is handed over
// before the stream is known to be the same, and to reach as far as it was read (R14).
import { type Consumer, type ConsumerMessages, jetstream, jetstreamManager, type JsMsg } from "@nats-io/jetstream"
import type { NatsConnection } from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { describeError } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { Subjects } from "../message/subjects.ts"
import { purgeBefore } from "./purge.ts"
import {
  InputBehind, type InputPosition, type InputReader, type InputRecord, type Inputs, type InputSource, InputUnavailable,
} from "../ports/inputs.ts"

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
  const streamOf = (source: InputSource) => subjects.streams[source === "external" ? "input" : source]
  const subjectOf = (source: InputSource, partition: number) => {
    if (source === "events") return subjects.eventPartition(partition)
    return source === "external" ? subjects.input(app, partition) : subjects.replies(app, partition)
  }
  return {
    purge: (partition, before, source = "external") =>
      Effect.ignore(
        Effect.tryPromise(() => purgeBefore(connection, streamOf(source), subjectOf(source, partition), before)),
      ),
    stream: (source) =>
      Effect.tryPromise({
        try: async () => (await readStream(connection, streamOf(source))).identity,
        catch: (cause) => unavailable(streamOf(source), cause),
      }),
    open: (source, partition, from) =>
      openReader(connection, { stream: streamOf(source), subject: subjectOf(source, partition), from }),
  }
}

interface Place {
  readonly stream: string
  readonly subject: string
  readonly from: InputPosition
}

/** Identity: the time of its creation. */
async function readStream(connection: NatsConnection, stream: string): Promise<{ identity: string; lastNumber: number }> {
  const manager = await jetstreamManager(connection, { checkAPI: false })
  const { created, state } = await manager.streams.info(stream)
  return { identity: String(Date.parse(created)), lastNumber: state.last_seq } // clock: parses the server's text
}

function openReader(
  connection: NatsConnection,
  place: Place,
): Effect.Effect<InputReader, InputUnavailable | InputBehind, Scope> {
  const { stream, subject, from } = place
  const open = Effect.tryPromise({
    try: async () => {
      const consumer = await jetstream(connection).consumers.get(stream, {
        filter_subjects: subject, deliver_policy: "by_start_sequence", opt_start_seq: from.after + 1,
      })
      const { name, num_pending: backlog } = await consumer.info(true)
      return { name, backlog, consumer, messages: await consumer.consume(pulling) }
    },
    catch: (cause) => unavailable(subject, cause),
  })
  return Effect.gen(function* () {
    const { name, backlog, consumer, messages } = yield* Effect.acquireRelease(open, close)
    const guard = new StreamGuard(connection, place, name)
    void checkWhenRecreated(messages, guard)
    yield* Effect.tryPromise({ try: () => guard.check(), catch: (cause) => asFault(subject, cause) })
    return {
      backlog,
      unread: Effect.tryPromise({
        try: async () => (await consumer.info()).num_pending + messages.getPending(),
        catch: (cause) => unavailable(subject, cause),
      }),
      next: nextRecord(messages[Symbol.asyncIterator](), subject, guard),
    }
  })
}

/** Whether a stream is still the one that a reader began on, and as long as it was. */
class StreamGuard {
  readonly #connection: NatsConnection
  readonly #place: Place
  #identity: string | undefined
  #seen: number
  /** The consumer whose messages need no check any more. */
  #consumer: string
  /** What was wrong when the stream was last looked at. */
  fault: InputUnavailable | InputBehind | undefined

  constructor(connection: NatsConnection, place: Place, consumer: string) {
    this.#connection = connection
    this.#place = place
    this.#identity = place.from.stream
    this.#seen = Math.max(place.from.after, place.from.seen ?? 0)
    this.#consumer = consumer
  }

  /** Rejects with the fault if the stream is another one, or ends too early. */
  async check(): Promise<void> {
    const { stream, subject } = this.#place
    const { identity, lastNumber } = await readStream(this.#connection, stream)
    this.#identity ??= identity
    if (identity !== this.#identity) {
      this.fault = unavailable(subject, new Error(`stream ${stream} was made anew`))
      throw this.fault
    }
    if (lastNumber >= this.#seen) return
    this.fault = new InputBehind(
      `input ${subject} was read up to ${this.#seen}, and stream ${stream} ends at ${lastNumber}: it was restored from an ` +
        "older copy; the partition stops until the stream is restored in full, or deleted and made anew",
    )
    throw this.fault
  }

  /** To be called for every message before it is handed over: the first of each new consumer waits for a check. */
  async admit(message: JsMsg): Promise<void> {
    const { consumer } = message.info
    if (consumer !== this.#consumer) await this.check()
    this.#consumer = consumer
    this.#seen = message.seq
  }
}

/** A reader that waits would wait for ever if the stream has nothing, or nothing any more, behind its position. */
async function checkWhenRecreated(messages: ConsumerMessages, guard: StreamGuard): Promise<void> {
  for await (const { type } of messages.status()) {
    if (type !== "ordered_consumer_recreated") continue
    // What the check has found is told to whoever asks for the next record, and nothing is read any more.
    await guard.check().catch(() => messages.close())
  }
}

/** Waits for nothing: the client calls the messages closed only when somebody reads them to their end. */
function close({ consumer, messages }: { consumer: Consumer; messages: ConsumerMessages }): Effect.Effect<void> {
  return Effect.sync(() => {
    messages.close().catch(() => {})
    // Without this the server keeps the consumer for minutes; if the connection is gone, that is what it does.
    consumer.delete().catch(() => {})
  })
}

function nextRecord(
  iterator: AsyncIterator<JsMsg>,
  subject: string,
  guard: StreamGuard,
): Effect.Effect<InputRecord, InputUnavailable> {
  // Kept until its record is handed over: who gives up waiting must not take the record along.
  let asked: Promise<JsMsg> | undefined
  const askNext = async () => {
    const result = await iterator.next()
    if (result.done === true) throw guard.fault ?? new Error("the server ended the reading")
    await guard.admit(result.value)
    return result.value
  }
  const ask = Effect.tryPromise({
    try: () => (asked ??= askNext()),
    catch: (cause) => unavailable(subject, cause),
  })
  return Effect.map(ask, (message) => {
    asked = undefined
    return { number: message.seq, bytes: message.data, headers: readHeaders(message) }
  })
}

function readHeaders(message: JsMsg): Readonly<Record<string, string>> {
  if (message.headers === undefined) return {}
  return Object.fromEntries(message.headers.keys().map((name) => [name.toLowerCase(), message.headers?.get(name) ?? ""]))
}

function unavailable(subject: string, cause: unknown): InputUnavailable {
  if (cause instanceof InputUnavailable) return cause
  return new InputUnavailable(`input ${subject} cannot be read (${describeError(cause)}); it is opened again later`, { cause })
}

function asFault(subject: string, cause: unknown): InputUnavailable | InputBehind {
  return cause instanceof InputBehind ? cause : unavailable(subject, cause)
}
