// Input and event streams on JetStream, read by position with ordered consumers: pull only, no acknowledgements, and a
// gap in delivery makes the client start again behind the last record it passed on. It does so by name: on a stream that
// was made anew, or restored, the same position is another record. So nothing that a new consumer gives is handed over
// before the stream is known to be the same, and to reach as far as it was read (R14).
import { setTimeout as sleep } from "node:timers/promises"
import { jetstream, jetstreamManager, JetStreamApiError, type JsMsg, type StoredMsg } from "@nats-io/jetstream"
import type { MsgHdrs, NatsConnection } from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { describeError } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import { recordDigest } from "../message/hash.ts"
import type { Subjects } from "../message/subjects.ts"
import {
  InputBehind, type InputBounds, type InputPosition, type InputReader, type InputRecord, type Inputs, type InputSource,
  InputUnavailable,
} from "../ports/inputs.ts"
import { isKeptUntilHandled } from "./event-stream.ts"
import type { HandledEvents } from "./event-readers.ts"
import { purgeBefore } from "./purge.ts"
import { StreamReader } from "./stream-reader.ts"

const noMessageFound = 10037

export function natsInputs(
  connection: NatsConnection,
  subjects: Subjects,
  app: string,
  readers?: HandledEvents,
): Inputs {
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
    // What cannot be said now is said with the next mark.
    handled: (partition, before) =>
      readers === undefined ? Effect.void : Effect.ignore(Effect.tryPromise(() => readers.handled(partition, before))),
    bounds: (source, partition) =>
      Effect.tryPromise({
        try: async () => {
          const { bounds } = await readStreamWhenLed(connection, streamOf(source))
          const isLossless = source === "events" && readers !== undefined
          return isLossless ? { ...bounds, keptFrom: await readers.keptFrom(partition) } : bounds
        },
        catch: (cause) => unavailable(streamOf(source), cause),
      }),
    positionAt: (source, partition, timeMs) =>
      Effect.tryPromise({
        try: () => positionAt(connection, streamOf(source), subjectOf(source, partition), timeMs),
        catch: (cause) => unavailable(streamOf(source), cause),
      }),
    stream: (source) =>
      Effect.tryPromise({
        try: async () => (await readStream(connection, streamOf(source))).identity,
        catch: (cause) => unavailable(streamOf(source), cause),
      }),
    open: (source, partition, from) =>
      openReader(connection, {
        stream: streamOf(source),
        subject: subjectOf(source, partition),
        from,
        isAging: source === "events",
      }),
  }
}

interface Place {
  readonly stream: string
  readonly subject: string
  readonly from: InputPosition
  /** Records are deleted by age. */
  readonly isAging: boolean
}

interface KnownStream {
  /** The time of its creation. */
  readonly identity: string
  readonly bounds: InputBounds
}

async function readStream(connection: NatsConnection, stream: string): Promise<KnownStream> {
  const manager = await jetstreamManager(connection, { checkAPI: false })
  const { created, state, config } = await manager.streams.info(stream)
  const { first_seq: first, first_ts: firstTime, last_seq: last } = state
  const firstMs = Date.parse(firstTime) // clock: parses the server's text
  const bounds = { first: Math.max(1, first), firstMs, last, keptFrom: isKeptUntilHandled(config) ? 1 : Math.max(1, first) }
  return { identity: String(Date.parse(created)), bounds } // clock: the same
}

/** A reader that begins at the time knows its first record; without one it would begin behind the last. */
async function positionAt(connection: NatsConnection, stream: string, subject: string, timeMs: number): Promise<number> {
  const { bounds } = await readStreamWhenLed(connection, stream)
  const consumer = await jetstream(connection, { timeout: limits.readerOpenMs }).consumers.get(stream, {
    filter_subjects: subject,
    deliver_policy: "by_start_time",
    opt_start_time: new Date(timeMs).toISOString(), // clock: writes the caller's time
  })
  try {
    const { num_pending: stored } = await consumer.info(true)
    const record = stored === 0 ? null : await consumer.next({ expires: limits.readerOpenMs })
    return record === null ? bounds.last : record.seq - 1
  } finally {
    await consumer.delete().catch(() => false) // the server deletes it by itself, later
  }
}

/** Through the leader; undefined if it is not kept any more. */
async function readRecord(connection: NatsConnection, stream: string, number: number): Promise<StoredMsg | undefined> {
  const manager = await jetstreamManager(connection, { checkAPI: false })
  try {
    return (await manager.streams.getMessage(stream, { seq: number })) ?? undefined
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === noMessageFound) return undefined
    throw error
  }
}

/** The same, once there is an answer: a stream that has no leader gives none, and that says nothing of the stream. */
async function readStreamWhenLed(connection: NatsConnection, stream: string): ReturnType<typeof readStream> {
  const untilMs = performance.now() + limits.inputUnledMaxMs
  for (;;) {
    try {
      return await readStream(connection, stream)
    } catch (error) {
      const isAnswer = error instanceof JetStreamApiError && error.status !== 503
      if (isAnswer || connection.isClosed() || performance.now() >= untilMs) throw error
    }
    await sleep(limits.readerReopenMs)
  }
}

function openReader(
  connection: NatsConnection,
  place: Place,
): Effect.Effect<InputReader, InputUnavailable | InputBehind, Scope> {
  const { stream, subject, from } = place
  const guard = new StreamGuard(connection, place)
  const open = Effect.tryPromise({
    try: () => StreamReader.open(connection, { stream, subject, after: from.after, recreated: () => guard.check() }),
    catch: (cause) => unavailable(subject, cause),
  })
  return Effect.gen(function* () {
    const reader = yield* Effect.acquireRelease(open, (opened) => Effect.sync(() => opened.close()))
    guard.expect(reader.consumer)
    yield* Effect.tryPromise({ try: () => guard.check(), catch: (cause) => asFault(subject, cause) })
    return {
      backlog: reader.backlog,
      unread: Effect.tryPromise({ try: () => reader.unread(), catch: (cause) => unavailable(subject, cause) }),
      next: nextRecord(reader, subject, guard),
    }
  })
}

/** Whether a stream is still the one that a reader began on, and as long as it was. */
class StreamGuard {
  readonly #connection: NatsConnection
  readonly #place: Place
  #identity: string | undefined
  #seen: number
  /** Gives the digest of the record under `#seen`; not known of what was read before marks carried it. */
  #digest: () => string | undefined
  /** The consumer whose messages need no check any more. */
  #consumer: string | undefined

  constructor(connection: NatsConnection, place: Place) {
    this.#connection = connection
    this.#place = place
    this.#identity = place.from.stream
    this.#seen = Math.max(place.from.after, place.from.seen ?? 0)
    this.#digest = () => place.from.digest
  }

  /** The messages of this consumer need no check. */
  expect(consumer: string): void {
    this.#consumer = consumer
  }

  /** Rejects with the fault if the stream is another one, or ends too early. */
  async check(): Promise<void> {
    const { stream, subject } = this.#place
    const { identity, bounds } = await readStreamWhenLed(this.#connection, stream)
    const lastNumber = bounds.last
    this.#identity ??= identity
    if (identity !== this.#identity) throw unavailable(subject, new Error(`stream ${stream} was made anew`))
    if (lastNumber >= this.#seen) return this.#checkRecord()
    throw new InputBehind(
      `input ${subject} was read up to ${this.#seen}, and stream ${stream} ends at ${lastNumber}: it was restored from an ` +
        "older copy; the partition stops until the stream is restored in full, or deleted and made anew",
    )
  }

  /** To be called for every message before it is handed over: the first of each new consumer waits for a check. */
  async admit(message: JsMsg): Promise<void> {
    const { consumer } = message.info
    if (consumer !== this.#consumer) await this.check()
    this.#consumer = consumer
    this.#seen = message.seq
    this.#digest = () => recordDigest({ bytes: message.data, headers: readHeaders(message.headers) })
  }

  /** A stream that was restored, and has grown since, gives numbers out for a second time. */
  async #checkRecord(): Promise<void> {
    const { stream, subject, isAging } = this.#place
    const digest = this.#digest()
    if (digest === undefined) return
    const record = await readRecord(this.#connection, stream, this.#seen)
    if (record === undefined && isAging) return
    // An event's subject names its type and key: its headers and body tell it from another.
    const isOurs = record !== undefined && (isAging || record.subject === subject)
    if (isOurs && recordDigest({ bytes: record.data, headers: readHeaders(record.header) }) === digest) return
    const what = record === undefined ? "nothing any more" : "another record"
    throw new InputBehind(
      `input ${subject} holds ${what} under ${this.#seen} than was read there: stream ${stream}, or the journal, was restored ` +
        "from an older copy; the partition stops until both are restored in full, or an operator resyncs it",
    )
  }
}

function nextRecord(
  reader: StreamReader,
  subject: string,
  guard: StreamGuard,
): Effect.Effect<InputRecord, InputUnavailable> {
  // Kept until its record is handed over: who gives up waiting must not take the record along.
  let asked: Promise<JsMsg> | undefined
  const askNext = async () => {
    const message = await reader.next()
    await guard.admit(message)
    return message
  }
  const ask = Effect.tryPromise({
    try: () => (asked ??= askNext()),
    catch: (cause) => unavailable(subject, cause),
  })
  return Effect.map(ask, (message) => {
    asked = undefined
    return { number: message.seq, bytes: message.data, headers: readHeaders(message.headers) }
  })
}

export function readHeaders(headers: MsgHdrs | undefined): Readonly<Record<string, string>> {
  if (headers === undefined) return {}
  return Object.fromEntries(headers.keys().map((name) => [name.toLowerCase(), headers.get(name)]))
}

function unavailable(subject: string, cause: unknown): InputUnavailable {
  if (cause instanceof InputUnavailable) return cause
  return new InputUnavailable(`input ${subject} cannot be read (${describeError(cause)}); it is opened again later`, { cause })
}

function asFault(subject: string, cause: unknown): InputUnavailable | InputBehind {
  return cause instanceof InputBehind ? cause : unavailable(subject, cause)
}
