// A connection of its own for reading journals. What a server sends to one connection leaves in one queue: behind the
// journal of a partition that is claimed, the acknowledgements and the input of all others would wait. It is opened when it
// is needed, serves a few readers at a time, and is closed when nobody has needed it for a while.
import type { NatsConnection } from "@nats-io/transport-node"
import { limits } from "../kernel/limits.ts"
import { Pace } from "./pace.ts"

export class ReadLink {
  /** For the work on what was read. */
  readonly pace = new Pace({ sliceMs: limits.recoverySliceMs, restMs: limits.recoveryRestMs })
  readonly #open: () => Promise<NatsConnection>
  readonly #waiting: (() => void)[] = []
  #opening: Promise<NatsConnection> | undefined
  #connection: NatsConnection | undefined
  #users = 0
  #idle: NodeJS.Timeout | undefined
  #closed = false

  constructor(open: () => Promise<NatsConnection>) {
    this.#open = open
  }

  /** Waits for its turn, in the order of the calls. Rejects with what opening the connection, or the work, rejected with. */
  async use<T>(work: (connection: NatsConnection) => Promise<T>): Promise<T> {
    await this.#enter()
    try {
      return await work(await this.#connect())
    } finally {
      this.#leave()
    }
  }

  /** Whoever still reads is rejected, and so is everybody who comes later. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#disconnect()
  }

  async #enter(): Promise<void> {
    clearTimeout(this.#idle)
    // Whoever leaves hands its place on.
    if (this.#users === limits.recoveriesMax) return new Promise((resolve) => this.#waiting.push(resolve))
    this.#users += 1
  }

  #leave(): void {
    const next = this.#waiting.shift()
    if (next !== undefined) return next()
    this.#users -= 1
    if (this.#users > 0) return
    this.#idle = setTimeout(() => void this.#disconnect(), limits.recoveryLinkIdleMs)
    this.#idle.unref()
  }

  async #connect(): Promise<NatsConnection> {
    if (this.#closed) throw new Error("the connection was closed")
    if (this.#connection?.isClosed() === false) return this.#connection
    this.#opening ??= this.#open().finally(() => (this.#opening = undefined))
    const connection = await this.#opening
    this.#connection = connection
    if (!this.#closed) return connection
    await this.#disconnect()
    throw new Error("the connection was closed")
  }

  async #disconnect(): Promise<void> {
    clearTimeout(this.#idle)
    const connection = this.#connection
    this.#connection = undefined
    await connection?.close()
  }
}
