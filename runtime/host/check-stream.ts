// Reads what is stored of the events that an app reacts to, and says what the contracts in the code cannot read: the last
// check before a release, on the stream that it will meet. Nothing is changed, and no payload is shown.
import { randomBytes } from "node:crypto"
import { type EventReader, eventReaders } from "../contracts/event-readers.ts"
import { Fault, InvalidInput } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { EventName } from "../message/contract.ts"
import { type Fact, readFact } from "../message/fact.ts"
import { openBareLink } from "../nats/link.ts"
import { type StoredEvent, visitStoredEvents } from "../nats/stored-events.ts"
import type { App } from "./app.ts"

export interface CheckStreamOptions {
  readonly natsUrl: string
  /** Contracts that are to read what is stored, besides the app's reactions. */
  readonly events?: readonly EventName[]
  /** Events of one type that are read, oldest first. Default: `limits.streamCheckEventsMax`. */
  readonly max?: number
}

/** What one reader makes of the stored events of one type. */
export interface StreamCheck {
  readonly event: string
  /** The service that reacts to it; "" for a contract of the options. */
  readonly service: string
  /** Stored events of the type, and how many of them were tried. */
  readonly stored: number
  readonly tried: number
  readonly unreadable: number
  /** The first of those, without what they say. */
  readonly examples: readonly UnreadableEvent[]
}

export interface UnreadableEvent {
  /** Its place in the stream. */
  readonly sequence: number
  /** Its CloudEvents id and source; "" if it is no CloudEvent. */
  readonly id: string
  readonly source: string
  readonly version: number
  readonly code: string
}

/** One result for each reader of each event type. Rejects with a Fault if the server cannot be asked. */
export async function checkStream(app: App, options: CheckStreamOptions): Promise<readonly StreamCheck[]> {
  const { natsUrl, events = [], max = limits.streamCheckEventsMax } = options
  if (!Number.isSafeInteger(max) || max < 1) throw new InvalidInput(`max ${max} is not a whole number from 1 up`)
  const readers = eventReaders(app, events)
  const name = `troupe check of ${app.shape.name} ${randomBytes(4).toString("hex")}`
  const link = await openBareLink({ natsUrl, name, namespace: app.namespace })
  try {
    const checks: StreamCheck[] = []
    for (const event of new Set(readers.map((reader) => reader.event))) {
      const trials = readers.filter((reader) => reader.event === event).map((reader) => new Trial(reader))
      const stored = await visitStoredEvents(link, event, max, (found) => {
        for (const trial of trials) trial.read(found)
      })
      checks.push(...trials.map((trial) => trial.result(stored)))
    }
    return checks
  } finally {
    await link.close()
  }
}

class Trial {
  readonly #reader: EventReader
  readonly #examples: UnreadableEvent[] = []
  #tried = 0
  #unreadable = 0

  constructor(reader: EventReader) {
    this.#reader = reader
  }

  read({ sequence, headers, bytes }: StoredEvent): void {
    this.#tried += 1
    let fact: Fact | undefined
    try {
      fact = readFact(headers, bytes)
      this.#reader.read(fact.event.payload, fact.event.version)
    } catch (error) {
      this.#unreadable += 1
      const { id = "", source = "", version = 1 } = fact?.event ?? {}
      const code = error instanceof Fault ? error.code : "UNREADABLE"
      if (this.#examples.length < limits.streamCheckExamplesMax) this.#examples.push({ sequence, id, source, version, code })
    }
  }

  result(stored: number): StreamCheck {
    const { event, service } = this.#reader
    return { event, service, stored, tried: this.#tried, unreadable: this.#unreadable, examples: this.#examples }
  }
}
