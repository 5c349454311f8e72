// Input and event streams in memory: what clients and event publishers store, and what partitions read by position.
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import { factHeaders } from "../message/fact.ts"
import type { Requester } from "../message/message.ts"
import type { Outcome } from "../message/outcome.ts"
import type { Progress } from "../message/progress.ts"
import type { Receipt } from "../message/receipt.ts"
import { type Egress, type OutgoingFact, PublishFailed } from "../ports/egress.ts"
import type { InputRecord, Inputs, InputSource } from "../ports/inputs.ts"

/** What happens to one published event; "stored" is a failure that stored it all the same. */
export type PublishFault = "none" | "lost" | "stored"

/** Whoever is outside the app and hears what it says. */
export interface Outsider {
  readonly answered: (to: Requester, outcome: Outcome, receipt: Receipt | undefined) => void
  readonly progressed: (progress: Progress) => void
}

export interface MemoryStreams extends Inputs, Egress {
  /** Gives the record's number. */
  store(source: InputSource, partition: number, bytes: Uint8Array, headers?: Readonly<Record<string, string>>): number
  /** Records of a partition that are not deleted. */
  kept(source: InputSource, partition: number): number
  /** Tells every answer and all progress, until the returned function is called. */
  tell(outsider: Outsider): () => void
  readonly answers: { readonly to: Requester; readonly outcome: Outcome }[]
}

interface Stream {
  readonly records: InputRecord[]
  /** Records before this number are gone: nobody may ask for them any more. */
  purgedBefore: number
  readonly grown: Latch.Latch
}

export function memoryStreams(
  faults: (fact: OutgoingFact) => PublishFault = () => "none",
  answered: (to: Requester, outcome: Outcome) => void = () => undefined,
): MemoryStreams {
  const streams = new Map<string, Stream>()
  const streamOf = (source: InputSource, partition: number): Stream => {
    const id = `${source}/${partition}`
    const stream = streams.get(id) ?? { records: [], purgedBefore: 0, grown: Latch.makeUnsafe(false) }
    streams.set(id, stream)
    return stream
  }
  const answers: { readonly to: Requester; readonly outcome: Outcome }[] = []
  const store: MemoryStreams["store"] = (source, partition, bytes, headers = {}) => {
    const stream = streamOf(source, partition)
    stream.records.push({ number: stream.records.length + 1, bytes, headers })
    stream.grown.openUnsafe()
    return stream.records.length
  }
  const outsiders = new Set<Outsider>()
  return {
    store,
    kept(source, partition) {
      const { records, purgedBefore } = streamOf(source, partition)
      return records.length - Math.max(0, purgedBefore - 1)
    },
    tell(outsider) {
      outsiders.add(outsider)
      return () => void outsiders.delete(outsider)
    },
    answers,
    purge: (partition, before) => Effect.sync(() => void (streamOf("external", partition).purgedBefore = before)),
    stream: () => Effect.succeed("memory"),
    open: (source, partition, after) => Effect.sync(() => reader(streamOf(source, partition), after)),
    publish: (fact) =>
      Effect.suspend(() => {
        const fault = faults(fact)
        if (fault !== "lost") {
          const body = Buffer.from(JSON.stringify(fact.event.payload), "utf8")
          store("events", fact.eventPartition, body, factHeaders(fact.event, fact, new Date(fact.event.timeMs).toISOString()))
        }
        return fault === "none"
          ? Effect.void
          : Effect.fail(new PublishFailed(`event ${fact.event.id} got no acknowledgement; it is published again`))
      }),
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

function reader(stream: Stream, after: number) {
  let position = Math.max(after, stream.purgedBefore - 1)
  const next: Effect.Effect<InputRecord> = Effect.suspend(() => {
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
