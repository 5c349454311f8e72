// Permits as messages of a small stream: it holds as many as the limit has calls, each for the limit's time, and refuses
// more. So the server keeps the rate for all processes at once, through their take-overs, and through its own restarts,
// because the stream is a file. Its price is a message for each call.
import { jetstreamManager, JetStreamApiError, StorageType, type StreamConfig } from "@nats-io/jetstream"
import type { NatsConnection } from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import { describeError } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { Subjects } from "../message/subjects.ts"
import { type PermitLimit, type Permits, PermitsUnavailable } from "../ports/permits.ts"
import { type AckedPublisher, isFull } from "./acked-publisher.ts"

export interface PermitsPlace {
  readonly connection: NatsConnection
  readonly publisher: AckedPublisher
  readonly subjects: Subjects
  readonly app: string
  readonly replicas?: number | undefined
}

const streamNotFound = 10059

export function natsPermits(place: PermitsPlace): Permits {
  const counters = new Map<string, Counter>()
  return {
    take: (limit, wanted) =>
      Effect.tryPromise({
        try: () => {
          const { service, calls, perMs } = limit
          const known = counters.get(service)
          const isSame = known !== undefined && known.limit.calls === calls && known.limit.perMs === perMs
          const counter = isSame ? known : new Counter(place, limit)
          counters.set(service, counter)
          return counter.take(wanted)
        },
        catch: (cause) =>
          new PermitsUnavailable(
            `the calls of ${place.app}.${limit.service} cannot be counted (${describeError(cause)}); none is made yet`,
            { cause },
          ),
      }),
  }
}

class Counter {
  readonly limit: PermitLimit
  readonly #place: PermitsPlace
  readonly #stream: string
  readonly #subject: string
  /** Calls that one message stands for. */
  readonly #callsPerMessage: number
  #made: Promise<void> | undefined
  /** The own messages that the stream may still hold, oldest first, and when they were there for sure. */
  #own: { readonly sequence: number; readonly storedMs: number }[] = []

  constructor(place: PermitsPlace, limit: PermitLimit) {
    this.limit = limit
    this.#place = place
    const { stream, subject } = place.subjects.permits(place.app, limit.service)
    this.#stream = stream
    this.#subject = subject
    this.#callsPerMessage = Math.ceil(limit.calls / limits.permitMessagesMax)
  }

  async take(wanted: number): Promise<number> {
    await (this.#made ??= this.#make())
    await this.#forgetOld()
    const { publisher } = this.#place
    const messages = Math.min(Math.ceil(wanted / this.#callsPerMessage), limits.permitMessagesMax)
    const publishing = Array.from({ length: messages }, () => publisher.publish(this.#subject, empty, limits.permitAnswerMs))
    const acks = await Promise.all(publishing)
    const storedMs = performance.now()
    const stored = acks.flatMap((ack) => (ack.type === "stored" ? [{ sequence: ack.sequence, storedMs }] : []))
    this.#own.push(...stored)
    const failed = acks.find((ack) => ack.type !== "stored" && !isFull(ack))
    // The stream may be gone: it is looked for before the next try.
    if (failed !== undefined) this.#made = undefined
    if (stored.length === 0 && failed !== undefined && failed.type !== "stored") throw new Error(failed.description)
    return stored.length * this.#callsPerMessage
  }

  /**
   * The server looks for old messages four times a second only. What this process knows to be old enough it deletes itself,
   * and with it what is older still, so that a rate for a short time is not much slower than stated.
   */
  async #forgetOld(): Promise<void> {
    const nowMs = performance.now()
    const old = this.#own.filter(({ storedMs }) => nowMs - storedMs > this.limit.perMs)
    const last = old.reduce((highest, { sequence }) => Math.max(highest, sequence), 0)
    if (last === 0) return
    this.#own = this.#own.slice(old.length)
    const manager = await jetstreamManager(this.#place.connection, { checkAPI: false })
    await manager.streams.purge(this.#stream, { seq: last + 1 })
  }

  /** Makes the stream, or gives it this limit: of two releases with different ones, the one that started last has its way. */
  async #make(): Promise<void> {
    const { connection, replicas = 1 } = this.#place
    const { calls, perMs } = this.limit
    const wanted = {
      max_msgs: Math.floor(calls / this.#callsPerMessage), max_age: perMs * 1_000_000, discard: "new", max_msg_size: 64,
    } as const satisfies Partial<StreamConfig>
    try {
      const manager = await jetstreamManager(connection, { checkAPI: false })
      const kept = { storage: StorageType.File, num_replicas: replicas, ...wanted }
      try {
        const { config } = await manager.streams.info(this.#stream)
        const isSame = config.max_msgs === wanted.max_msgs && config.max_age === wanted.max_age
        if (!isSame) await manager.streams.update(this.#stream, wanted)
      } catch (error) {
        if (!(error instanceof JetStreamApiError) || error.code !== streamNotFound) throw error
        await manager.streams.add({ name: this.#stream, subjects: [this.#subject], ...kept })
      }
    } catch (error) {
      this.#made = undefined
      throw error
    }
  }
}

const empty = new Uint8Array()
