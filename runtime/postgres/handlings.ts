// All handlings of one process on one database: each actor has one of its lanes, so that two transactions of the process
// never wait for each other's rows of the inbox.
import type { Decision } from "../actor/logic.ts"
import { fnv1a32 } from "../message/hash.ts"
import { Alone } from "./alone.ts"
import type { Database } from "./database.ts"
import { Lane, type LaneOptions } from "./lane.ts"
import type { Job, Work } from "./work.ts"

export class Handlings<Sql> {
  readonly #alone: Alone<Sql>
  readonly #lanes: readonly Lane<Sql>[]

  constructor(database: Database<Sql>, options: LaneOptions) {
    this.#alone = new Alone(database, options.isolation)
    this.#lanes = Array.from({ length: database.transactionsMax }, () => new Lane(database, options, this.#alone))
  }

  /** Rejects with what the handler threw, with InboxMismatch, HandlerTooSlow or DatabaseUnavailable. */
  handle(job: Job<Sql>): Promise<Decision> {
    return new Promise((resolve, reject) => {
      const work: Work<Sql> = { job, resolve, reject }
      if (this.#alone.isSlow(work)) this.#alone.handleSlow(work)
      else this.#lanes[fnv1a32(job.actor) % this.#lanes.length]?.add(work)
    })
  }
}

const made = new WeakMap<object, Map<string, object>>()

/** Services with the same database and options share their transactions. */
export function handlingsOn<Sql>(database: Database<Sql>, options: LaneOptions): Handlings<Sql> {
  const own = made.get(database) ?? new Map<string, object>()
  made.set(database, own)
  const name = `${options.isolation}, ${options.rows}`
  // cast: what is found under a database was made for it
  const known = own.get(name) as Handlings<Sql> | undefined
  if (known !== undefined) return known
  const handlings = new Handlings(database, options)
  own.set(name, handlings)
  return handlings
}
