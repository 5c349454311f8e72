// Input and event streams in memory: what clients and event publishers store, and what partitions read by position.
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import { factHeaders } from "../message/fact.ts"
import { recordDigest } from "../message/hash.ts"
import type { Requester } from "../message/message.ts"
import type { Outcome } from "../message/outcome.ts"
import { encodeFrame, type PeerFrame, peerHeader, peerMarkText } from "../message/peer.ts"
import type { Progress } from "../message/progress.ts"
import type { Receipt } from "../message/receipt.ts"
import { type Egress, type OutgoingFact, PublishFailed } from "../ports/egress.ts"
import {
  InputBehind, type InputPosition, type InputReader, type InputRecord, type Inputs, type InputSource, InputUnavailable,
} from "../ports/inputs.ts"

/** What happens to one published event or frame; "stored" is a failure that stored it all the same. */
export type PublishFault = "none" | "lost" | "stored"

/** Whoever is outside the app and hears what it says. */
export interface Outsider {
  readonly answered: (to: Requester, outcome: Outcome, receipt: Receipt | undefined) => void
  readonly progressed: (progress: Progress) => void
}

export interface MemoryStreams extends Inputs, Egress {
  /** Gives the record's number. */
  store(source: InputSource, partition: number, bytes: Uint8Array, headers?: Readonly<Record<string, string>>): number
  /** The streams of other apps, by name. */
  readonly peers: Map<string, MemoryStreams>
  /** Deletes a stream with all its records, and makes it anew. */
  recreate(source: InputSource): void
  /** Loses what was stored behind so many records of each partition, as in a power cut; who reads has to open it again. */
  truncate(lengths: StreamLengths): void
  /** How many records were ever stored in each partition. */
  lengths(): StreamLengths
  /** Events of a partition before this number are gone, as by age. */
  expire(partition: number, before: number): void
  /** Records of a partition that are not deleted. */
  kept(source: InputSource, partition: number): number
  /** What was stored in a partition, from the first record on. */
  stored(source: InputSource, partition: number): readonly InputRecord[]
  /** Tells every answer and all progress, until the returned function is called. */
  tell(outsider: Outsider): () => void
  readonly answers: { readonly to: Requester; readonly outcome: Outcome }[]
}

/** By source and partition, as `external/3`. */
export type StreamLengths = ReadonlyMap<string, number>

interface Stream {
  /** Deleted. */
  isGone: boolean
  readonly records: InputRecord[]
  /** When each was stored, in ms since 1970: of an event, the time that it carries. */
  readonly timesMs: number[]
  /** Records before this number are gone: nobody may ask for them any more. */
  purgedBefore: number
  readonly grown: Latch.Latch
}

class Streams {
  readonly #streams = new Map<string, Stream>()
  readonly #timesMade = new Map<InputSource, number>()

  of(source: InputSource, partition: number): Stream {
    const id = `${source}/${partition}`
    const grown = Latch.makeUnsafe(false)
    const stream = this.#streams.get(id) ?? { isGone: false, records: [], timesMs: [], purgedBefore: 0, grown }
    this.#streams.set(id, stream)
    return stream
  }

  lengths(): StreamLengths {
    return new Map([...this.#streams].map(([id, { records }]) => [id, records.length]))
  }

  truncate(lengths: StreamLengths): void {
    for (const [id, stream] of this.#streams) {
      const length = lengths.get(id) ?? 0
      if (stream.records.length <= length) continue
      const { records, timesMs, purgedBefore } = stream
      const grown = Latch.makeUnsafe(false)
      const kept = { records: records.slice(0, length), timesMs: timesMs.slice(0, length), purgedBefore, grown, isGone: false }
      this.#streams.set(id, kept)
      stream.isGone = true
      stream.grown.openUnsafe()
    }
  }

  identity(source: InputSource): string {
    return `memory${this.#timesMade.get(source) ?? ""}`
  }

  recreate(source: InputSource): void {
    for (const [id, stream] of this.#streams) {
      if (!id.startsWith(`${source}/`)) continue
      stream.isGone = true
      stream.grown.openUnsafe()
      this.#streams.delete(id)
    }
    this.#timesMade.set(source, (this.#timesMade.get(source) ?? 1) + 1)
  }
}

export function memoryStreams(
  faults: (what: OutgoingFact | PeerFrame) => PublishFault = () => "none",
  answered: (to: Requester, outcome: Outcome) => void = () => undefined,
): MemoryStreams {
  const streams = new Streams()
  const answers: { readonly to: Requester; readonly outcome: Outcome }[] = []
  const store: MemoryStreams["store"] = (source, partition, bytes, headers = {}) => {
    const stream = streams.of(source, partition)
    stream.records.push({ number: stream.records.length + 1, bytes, headers })
    const timeMs = Date.parse(headers["ce-time"] ?? "")
    stream.timesMs.push(Number.isNaN(timeMs) ? Date.now() : timeMs)
    stream.grown.openUnsafe()
    return stream.records.length
  }
  const outsiders = new Set<Outsider>()
  const peers = new Map<string, MemoryStreams>()
  return {
    store,
    peers,
    recreate: (source) => streams.recreate(source),
    truncate: (lengths) => streams.truncate(lengths),
    lengths: () => streams.lengths(),
    expire: (partition, before) => void (streams.of("events", partition).purgedBefore = before),
    kept(source, partition) {
      const { records, purgedBefore } = streams.of(source, partition)
      return records.length - Math.max(0, purgedBefore - 1)
    },
    stored: (source, partition) => streams.of(source, partition).records,
    tell(outsider) {
      outsiders.add(outsider)
      return () => void outsiders.delete(outsider)
    },
    answers,
    ...memoryInputs(streams),
    publish: (fact) =>
      stored(`event ${fact.event.id}`, faults(fact), () => {
        const body = Buffer.from(JSON.stringify(fact.event.payload), "utf8")
        store("events", fact.eventPartition, body, factHeaders(fact.event, fact, (ms) => new Date(ms).toISOString()))
      }),
    send: (frame) => {
      const peer = peers.get(frame.app)
      const fault = peer === undefined ? "lost" : faults(frame)
      return stored(`records for app ${frame.app}`, fault, () => {
        const source = frame.lane === "replies" ? "replies" : "external"
        peer?.store(source, frame.partition, encodeFrame(frame.messages), { [peerHeader]: peerMarkText(frame) })
      })
    },
    answer(to, outcome, receipt) {
      answers.push({ to, outcome })
      answered(to, outcome)
      for (const outsider of outsiders) outsider.answered(to, outcome, receipt)
    },
    progress(progress) {
      for (const outsider of outsiders) outsider.progressed(progress)
    },
  }
}

function memoryInputs(streams: Streams): Inputs {
  return {
    handled: () => Effect.void,
    purge: (partition, before, source = "external") =>
      Effect.sync(() => void (streams.of(source, partition).purgedBefore = before)),
    bounds: (source, partition) =>
      Effect.sync(() => {
        const { records, timesMs, purgedBefore } = streams.of(source, partition)
        const first = Math.max(1, purgedBefore)
        return { first, firstMs: timesMs[first - 1] ?? -1, last: records.length, keptFrom: first }
      }),
    positionAt: (source, partition, timeMs) =>
      Effect.sync(() => {
        const { timesMs, purgedBefore } = streams.of(source, partition)
        const index = timesMs.findIndex((storedMs, n) => storedMs >= timeMs && n + 1 >= purgedBefore)
        return index === -1 ? timesMs.length : index
      }),
    stream: (source) => Effect.sync(() => streams.identity(source)),
    open: (source, partition, from) =>
      Effect.suspend(() =>
        openReader(`${source} ${partition}`, streams.of(source, partition), from, streams.identity(source)),
      ),
  }
}

/** Stores, and says so, unless a fault is wanted. */
function stored(what: string, fault: PublishFault, store: () => void): Effect.Effect<void, PublishFailed> {
  return Effect.suspend(() => {
    if (fault !== "lost") store()
    if (fault === "none") return Effect.void
    return Effect.fail(new PublishFailed(`${what} got no acknowledgement; it is published again`))
  })
}

function openReader(
  name: string,
  stream: Stream,
  from: InputPosition,
  identity: string,
): Effect.Effect<InputReader, InputUnavailable | InputBehind> {
  if (from.stream !== undefined && from.stream !== identity) return Effect.fail(madeAnew(name))
  const end = stream.records.length
  const seen = Math.max(from.after, from.seen ?? 0)
  if (end < seen)
    return Effect.fail(new InputBehind(`input ${name} was read up to ${seen} and ends at ${end}; the partition stops`))
  const record = seen < stream.purgedBefore ? undefined : stream.records[seen - 1]
  const isSame = record === undefined ? name.startsWith("events ") : recordDigest(record) === from.digest
  if (from.digest === undefined || isSame) return Effect.succeed(reader(name, stream, from.after))
  return Effect.fail(new InputBehind(`input ${name} holds another record under ${seen} than was decided; the partition stops`))
}

function reader(name: string, stream: Stream, after: number): InputReader {
  let position = Math.max(after, stream.purgedBefore - 1)
  const next: Effect.Effect<InputRecord, InputUnavailable> = Effect.suspend(() => {
    if (stream.isGone) return Effect.fail(madeAnew(name))
    const record = stream.records[position]
    if (record === undefined) {
      stream.grown.closeUnsafe()
      return Effect.andThen(stream.grown.await, next)
    }
    position += 1
    return Effect.succeed(record)
  })
  const unread = Effect.sync(() => Math.max(0, stream.records.length - position))
  return { backlog: Math.max(0, stream.records.length - position), unread, next }
}

function madeAnew(name: string): InputUnavailable {
  return new InputUnavailable(`input ${name} was made anew; it is opened again later`)
}
