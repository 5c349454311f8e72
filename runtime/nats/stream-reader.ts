// Reads one subject of a stream in order from a position, with an ordered consumer. nats.js mends such a consumer when the
// server says that it is gone. In a cluster nobody says so of a consumer whose node died: it is silent until that node is
// back. So a reader that waits and hears not even a heartbeat opens a new consumer behind the last record it passed on.
import { setTimeout as sleep } from "node:timers/promises"
import { type Consumer, type ConsumerMessages, jetstream, JetStreamApiError, type JsMsg } from "@nats-io/jetstream"
import type { NatsConnection } from "@nats-io/transport-node"
import { describeError } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"

/** nats.js asks a silent consumer again after two missed heartbeats, and gets an answer if there is any to get. */
const silentBeatsMax = 3
/** So often it is tried in haste to open a reader again; then with patience, for a cluster that is slow. */
const hastyTries = 5
const streamNotFound = 10059

const pulling = { idle_heartbeat: limits.readerHeartbeatMs, expires: 2 * limits.readerHeartbeatMs } as const

export interface ReadFrom {
  readonly stream: string
  readonly subject: string
  /** Stream sequence behind which reading begins; 0 for the first kept record. */
  readonly after: number
  /** Messages that are asked for ahead of what was passed on. Default: `limits.readAheadMessages`. */
  readonly ahead?: number
  /** Called when another consumer has taken the place of the last one. If it rejects, the reading ends with that. */
  readonly recreated?: () => Promise<void>
}

interface Opened {
  readonly consumer: Consumer
  readonly messages: ConsumerMessages
  readonly iterator: AsyncIterator<JsMsg>
  readonly name: string
  /** How many records were stored behind the position when it was opened. */
  readonly backlog: number
}

export class StreamReader {
  readonly backlog: number
  readonly #connection: NatsConnection
  readonly #from: ReadFrom
  readonly #link: { readonly isUp: boolean }
  readonly #watch: NodeJS.Timeout
  #opened: Opened
  #after: number
  #waiting = false
  #heard = true
  #silentBeats = 0
  #closed = false
  #fault: Error | undefined

  private constructor(connection: NatsConnection, from: ReadFrom, opened: Opened) {
    this.#connection = connection
    this.#from = from
    this.#link = follow(connection)
    this.#after = from.after
    this.#opened = opened
    this.backlog = opened.backlog
    this.#watch = setInterval(() => this.#beat(), limits.readerHeartbeatMs)
    this.#watch.unref()
    void this.#listen(opened)
  }

  /** Rejects with what the client or the server said. */
  static async open(connection: NatsConnection, from: ReadFrom): Promise<StreamReader> {
    return new StreamReader(connection, from, await openConsumer(connection, from, limits.readerOpenMs))
  }

  /** The next record, once it is there. One call at a time. Rejects when the stream or the connection is gone. */
  async next(): Promise<JsMsg> {
    for (;;) {
      this.#waiting = true
      const opened = this.#opened
      const result = await opened.iterator.next().finally(() => (this.#waiting = false))
      this.#heard = true
      if (result.done !== true) {
        this.#after = result.value.seq
        return result.value
      }
      if (this.#fault !== undefined) throw this.#fault
      if (this.#closed || this.#silentBeats < silentBeatsMax) throw new Error("the server ended the reading")
      await this.#reopen()
    }
  }

  /** The consumer that the reading began with, as messages name theirs. */
  get consumer(): string {
    return this.#opened.name
  }

  /** How many records are stored and not passed on, asked of the server now. */
  async unread(): Promise<number> {
    const { consumer, messages } = this.#opened
    const { num_pending: unsent } = await consumer.info()
    // Not `getPending`: that goes on counting words of the server, such as the end of a pull, that were in the last batch.
    return unsent + messages.getReceived() - messages.getProcessed()
  }

  /** Waits for nothing: the client calls the messages closed only when somebody reads them to their end. */
  close(): void {
    this.#closed = true
    clearInterval(this.#watch)
    discard(this.#opened)
  }

  /** Silence counts only while somebody waits: nothing is asked for, and so nothing sent, when nobody takes it. */
  #beat(): void {
    const silent = this.#waiting && this.#link.isUp && !this.#heard
    this.#heard = false
    this.#silentBeats = silent ? this.#silentBeats + 1 : 0
    // Ends the waiting in `next`, which then opens a new one.
    if (this.#silentBeats === silentBeatsMax) this.#opened.messages.close().catch(() => {})
  }

  async #reopen(): Promise<void> {
    discard(this.#opened)
    for (let attempt = 1; ; attempt += 1) {
      try {
        if (this.#link.isUp) {
          // The consumer may be placed on the dead node again, which shows only in that no answer comes.
          const withinMs = attempt <= hastyTries ? limits.readerReopenTryMs : limits.readerOpenMs
          const opened = await openConsumer(this.#connection, { ...this.#from, after: this.#after }, withinMs)
          if (this.#closed) discard(opened)
          this.#opened = opened
          this.#silentBeats = 0
          void this.#listen(opened)
          await this.#notice()
          return
        }
      } catch (error) {
        if (error instanceof JetStreamApiError && error.code === streamNotFound) throw error
      }
      if (this.#closed || this.#connection.isClosed()) throw new Error("the reader was closed")
      await sleep(limits.readerReopenMs)
    }
  }

  async #listen({ messages }: Opened): Promise<void> {
    for await (const { type } of messages.status()) {
      if (type === "heartbeat" || type === "discard" || type === "debug") this.#heard = true
      // A reader that waits would wait for ever if the stream has nothing, or nothing any more, behind its position.
      if (type === "ordered_consumer_recreated") await this.#notice()
    }
  }

  async #notice(): Promise<void> {
    try {
      await this.#from.recreated?.()
    } catch (error) {
      this.#fault ??= error instanceof Error ? error : new Error(describeError(error))
      this.#opened.messages.close().catch(() => {})
    }
  }
}

const followed = new WeakMap<NatsConnection, { isUp: boolean }>()

/** Whether the connection is up now. Once for each connection: the client keeps every listener to its status for ever. */
function follow(connection: NatsConnection): { readonly isUp: boolean } {
  const known = followed.get(connection)
  if (known !== undefined) return known
  const link = { isUp: true }
  followed.set(connection, link)
  void (async () => {
    for await (const { type } of connection.status()) {
      if (type === "disconnect") link.isUp = false
      else if (type === "reconnect") link.isUp = true
    }
  })()
  return link
}

async function openConsumer(connection: NatsConnection, from: ReadFrom, withinMs: number): Promise<Opened> {
  const { stream, subject, after, ahead = limits.readAheadMessages } = from
  const consumer = await jetstream(connection, { timeout: withinMs }).consumers.get(stream, {
    filter_subjects: subject,
    deliver_policy: "by_start_sequence",
    opt_start_seq: after + 1,
  })
  const { name, num_pending: backlog } = await consumer.info(true)
  const messages = await consumer.consume({ ...pulling, max_messages: ahead })
  return { consumer, messages, iterator: messages[Symbol.asyncIterator](), name, backlog }
}

function discard({ consumer, messages }: Opened): void {
  messages.close().catch(() => {})
  // Without this the server keeps the consumer for minutes; if its node or the connection is gone, that is what it does.
  consumer.delete().catch(() => {})
}
