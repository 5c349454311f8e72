// Publishes what was committed to an outbox. Any number of processes may: a part of the outbox belongs to whoever holds its
// advisory lock, for one batch, so that no key is published by two at once and its order is kept. A batch is read, published,
// deleted and committed; who ends in between leaves it to be published again, under the same ids.
import { setTimeout as pause } from "node:timers/promises"
import { describeError } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { Command, Event } from "../message/contract.ts"
import { fnv1a32 } from "../message/hash.ts"
import type { Database } from "./database.ts"
import { outboxChannel, type OutboxMessage } from "./outbox.ts"

/** A client of the app. */
export interface Publisher {
  send(command: Command, options: { readonly effect: string }): Promise<void>
  publish(event: Event, options: { readonly id: string; readonly source: string }): Promise<unknown>
}

export interface RelayOptions {
  readonly database: Database<unknown>
  readonly client: Publisher
  /** The outbox's. */
  readonly name: string
  /** Told, in one line each, why something could not be published; it is tried again. */
  readonly report?: (line: string) => void
}

export interface Relay {
  /** Rows that this relay has published and deleted. */
  readonly published: number
  /** Resolves when the batch that is on its way is done. */
  stop(): Promise<void>
}

// A row a part that has something, each found by one look into the index.
const waiting = `select part from generate_series(0, ${limits.outboxPartsMax - 1}) as part
where exists (select 1 from troupe.outbox o where o.name = $1 and o.part = part) order by random()`
const claim = "select pg_try_advisory_xact_lock($1::int, $2::int) as mine"
const read = "select id, message from troupe.outbox where name = $1 and part = $2 order by number limit $3"
const remove = "delete from troupe.outbox where id = any($1::uuid[])"

/** Runs until it is stopped. When nothing is written it asks once in `limits.outboxPollMs`, over one connection. */
export function startRelay(options: RelayOptions): Relay {
  const run = new Run(options)
  const ended = run.loop()
  return {
    get published() {
      return run.published
    },
    stop: () => {
      run.stop()
      return ended
    },
  }
}

interface Row {
  readonly id: string
  readonly message: OutboxMessage
}

class Run {
  published = 0
  readonly #options: RelayOptions
  readonly #lock: number
  #isStopped = false
  #isWoken = false
  #wake = (): void => undefined
  #unlisten: (() => Promise<void>) | undefined

  constructor(options: RelayOptions) {
    this.#options = options
    // Advisory locks are numbers that a whole database shares; two of 32 bits, the first of them signed.
    this.#lock = fnv1a32(`troupe outbox ${options.name}`) | 0
  }

  stop(): void {
    this.#isStopped = true
    this.#woken()
  }

  async loop(): Promise<void> {
    let failures = 0
    while (!this.#isStopped) {
      this.#isWoken = false
      try {
        await this.#listen()
        const moved = await this.#round()
        failures = 0
        if (moved === 0) await this.#rest(limits.outboxPollMs)
      } catch (error) {
        failures += 1
        this.#options.report?.(`outbox ${this.#options.name}: ${describeError(error)}; it is tried again`)
        await this.#rest(Math.min(limits.outboxFailurePauseMsMax, limits.outboxFailurePauseMsMin * 2 ** failures), false)
      }
    }
    await this.#unlisten?.().catch(() => undefined)
  }

  async #listen(): Promise<void> {
    if (this.#unlisten !== undefined) return
    const lost = () => {
      this.#unlisten = undefined
    }
    this.#unlisten = await this.#options.database.listen(outboxChannel, () => this.#woken(), lost)
  }

  #woken(): void {
    this.#isWoken = true
    this.#wake()
  }

  async #rest(ms: number, isWakeable = true): Promise<void> {
    if (this.#isStopped || (isWakeable && this.#isWoken)) return
    const ending = new AbortController()
    this.#wake = () => (isWakeable || this.#isStopped) && ending.abort()
    await pause(ms, undefined, { signal: ending.signal }).catch(() => undefined)
    this.#wake = () => undefined
  }

  /** A batch of each part that has something and that nobody else is at. Gives how many rows were published. */
  async #round(): Promise<number> {
    const { database, name } = this.#options
    const looking = await database.begin("read committed")
    const parts = await looking.query(waiting, [name]).catch(async (error: unknown) => {
      await looking.rollback()
      throw error
    })
    await looking.rollback()
    let moved = 0
    for (const { part } of parts) if (!this.#isStopped) moved += await this.#batch(Number(part))
    return moved
  }

  async #batch(part: number): Promise<number> {
    const { database, name } = this.#options
    const transaction = await database.begin("read committed")
    try {
      const [lock] = await transaction.query(claim, [this.#lock, part])
      const rows = lock?.["mine"] === true ? await transaction.query(read, [name, part, limits.outboxBatchMax]) : []
      const done = await this.#publish(rows.map(({ id, message }) => {
        return { id: String(id), message: JSON.parse(String(message)) as OutboxMessage } // cast: the outbox wrote it
      }))
      if (done.length > 0) await transaction.query(remove, [done])
      await transaction.commit()
      this.published += done.length
      return done.length
    } catch (error) {
      await transaction.rollback()
      throw error
    }
  }

  /** Those of one key one after the other; behind one that failed none of its key. Throws if none could be published. */
  async #publish(rows: readonly Row[]): Promise<readonly string[]> {
    const turns = new Map<string, Promise<void>>()
    const done: string[] = []
    const failures: unknown[] = []
    for (const row of rows) {
      const { key } = row.message
      const turn = (turns.get(key) ?? Promise.resolve()).then(() => this.#one(row)).then(() => void done.push(row.id))
      turns.set(key, turn)
    }
    for (const turn of turns.values()) await turn.catch((error: unknown) => failures.push(error))
    if (failures.length > 0 && done.length === 0) throw failures[0]
    return done
  }

  #one({ id, message }: Row): Promise<unknown> {
    const { client, name } = this.#options
    return message.type === "command"
      ? client.send(message.command, { effect: message.id ?? id })
      : client.publish(message.event, { id: message.id ?? id, source: `${name}/outbox` })
  }
}
