// Publishes and awaits the stream's acknowledgement over one shared inbox: a tenth of the client's cost per message of
// `js.publish`, and the raw answer, which tells a refusal from silence.
import { createInbox, type MsgHdrs, type NatsConnection } from "@nats-io/transport-node"

export type Ack =
  | { readonly type: "stored"; readonly sequence: number }
  | { readonly type: "refused"; readonly errorCode: number; readonly description: string }
  /** Nobody answered in time, or nobody was there to answer: it may be stored all the same. */
  | { readonly type: "silent"; readonly description: string }

const storeFailed = 10077
const outOfResources = new Set([10002, 10023])

/** The stream, or what the account or the server may store, is at its bound: nothing was stored. */
export function isFull(ack: Ack): boolean {
  if (ack.type !== "refused") return false
  // The server has one code for whatever keeps it from storing; only these words say that the stream is full.
  if (ack.errorCode === storeFailed) return /^maximum (messages|bytes)/.test(ack.description)
  return outOfResources.has(ack.errorCode)
}

interface Waiting {
  readonly resolve: (ack: Ack) => void
  readonly giveUpAtMs: number
}

const sweepMs = 250

export class AckedPublisher {
  readonly #connection: NatsConnection
  readonly #inbox = createInbox()
  readonly #waiting = new Map<string, Waiting>()
  readonly #sweep: NodeJS.Timeout
  #last = 0
  #closed = false

  constructor(connection: NatsConnection) {
    this.#connection = connection
    connection.subscribe(`${this.#inbox}.*`, {
      callback: (_, message) =>
        this.#settle(message.subject.slice(this.#inbox.length + 1), message.data, message.headers?.code),
    })
    this.#sweep = setInterval(() => this.#giveUp(Date.now()), sweepMs)
    this.#sweep.unref()
    void this.#watch()
  }

  /** An answer that was on its way when the connection broke never comes: waiting for it would only cost time. */
  async #watch(): Promise<void> {
    for await (const { type } of this.#connection.status()) if (type === "disconnect") this.#silence("the connection broke")
  }

  /** Never rejects: the answer, or silence after `timeoutMs`. */
  publish(subject: string, data: Uint8Array, timeoutMs: number, headers?: MsgHdrs): Promise<Ack> {
    // Nobody would give it up any more.
    if (this.#closed) return Promise.resolve({ type: "silent", description: "the connection was closed" })
    this.#last += 1
    const token = String(this.#last)
    return new Promise((resolve) => {
      this.#waiting.set(token, { resolve, giveUpAtMs: Date.now() + timeoutMs })
      try {
        this.#connection.publish(subject, data, {
          reply: `${this.#inbox}.${token}`,
          ...(headers === undefined ? {} : { headers }),
        })
      } catch (error) {
        this.#answer(token, { type: "silent", description: error instanceof Error ? error.message : String(error) })
      }
    })
  }

  close(): void {
    this.#closed = true
    clearInterval(this.#sweep)
    this.#silence("the connection was closed")
  }

  #silence(description: string): void {
    for (const token of this.#waiting.keys()) this.#answer(token, { type: "silent", description })
  }

  #settle(token: string, data: Uint8Array, status: number | undefined): void {
    if (status === 503) return this.#answer(token, { type: "silent", description: "no stream answered" })
    this.#answer(token, readAck(data))
  }

  #giveUp(nowMs: number): void {
    for (const [token, { giveUpAtMs }] of this.#waiting) {
      if (giveUpAtMs <= nowMs) this.#answer(token, { type: "silent", description: "no acknowledgement in time" })
    }
  }

  #answer(token: string, ack: Ack): void {
    const waiting = this.#waiting.get(token)
    if (waiting === undefined) return
    this.#waiting.delete(token)
    waiting.resolve(ack)
  }
}

function readAck(data: Uint8Array): Ack {
  try {
    const ack: unknown = JSON.parse(Buffer.from(data).toString("utf8"))
    if (typeof ack !== "object" || ack === null) return { type: "silent", description: "an unreadable acknowledgement" }
    if ("error" in ack && typeof ack.error === "object" && ack.error !== null) {
      // cast: JetStream's API error
      const { err_code: errorCode, description } = ack.error as { err_code?: number; description?: string }
      return { type: "refused", errorCode: errorCode ?? 0, description: description ?? "no reason given" }
    }
    if ("seq" in ack && typeof ack.seq === "number") return { type: "stored", sequence: ack.seq }
  } catch {
    // Falls through: what cannot be read tells nothing.
  }
  return { type: "silent", description: "an unreadable acknowledgement" }
}
