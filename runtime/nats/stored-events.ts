// Stored events of one type, oldest first and of all partitions: for looking at what is there, not for reacting to it.
import { JetStreamApiError } from "@nats-io/jetstream"
import type { NatsConnection } from "@nats-io/transport-node"
import { limits } from "../kernel/limits.ts"
import type { Subjects } from "../message/subjects.ts"
import { readHeaders } from "./inputs.ts"
import { StreamReader } from "./stream-reader.ts"

export interface StoredEvent {
  /** Its place in the stream. */
  readonly sequence: number
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Uint8Array
}

const streamNotFound = 10059

/** Visits at most `max` of them; gives how many there are. Nothing is made or changed: no stream means no events. */
export async function visitStoredEvents(
  { connection, subjects }: { readonly connection: NatsConnection; readonly subjects: Subjects },
  name: string,
  max: number,
  visit: (event: StoredEvent) => void,
): Promise<number> {
  const from = { stream: subjects.streams.events, subject: subjects.eventsNamed(name), after: 0 }
  const reader = await StreamReader.open(connection, from).catch((error: unknown) => {
    if (error instanceof JetStreamApiError && error.code === streamNotFound) return undefined
    throw error
  })
  if (reader === undefined) return 0
  try {
    for (let seen = 0; seen < Math.min(reader.backlog, max); seen += 1) {
      const message = await within(reader.next())
      // The rest has become too old meanwhile, and is deleted.
      if (message === undefined) return seen
      visit({ sequence: message.seq, headers: readHeaders(message.headers), bytes: message.data })
    }
    return reader.backlog
  } finally {
    reader.close()
  }
}

async function within<Value>(promise: Promise<Value>): Promise<Value | undefined> {
  const { promise: over, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => resolve(undefined), limits.readerOpenMs)
  return Promise.race([promise, over]).finally(() => clearTimeout(timer))
}
