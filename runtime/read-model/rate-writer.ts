// Counts what happened in each interval, by the times of the blocks: so a model that is built anew counts the same.
import { isCarried } from "../delivery/past-decision.ts"
import type { Block, Entry } from "../message/block.ts"
import type { Changed, Place } from "./saga-writer.ts"
import type { Store } from "./store.ts"

/** Length of an interval. */
export const rateStepMs = 10_000

const add = `INSERT INTO rate (at_ms, name, count) VALUES (?, ?, ?)
  ON CONFLICT (at_ms, name) DO UPDATE SET count = count + excluded.count`

export class RateWriter {
  readonly #store: Store
  /** By interval and name, since the last `save`. */
  readonly #counts = new Map<number, Map<string, number>>()

  constructor(store: Store) {
    this.#store = store
  }

  block(partition: number, { atMs, decisions }: Block): void {
    this.#count(atMs, "blocks", 1)
    const decided = decisions.filter((entry) => !isCarried(entry)).length
    if (decided > 0) this.#count(atMs, `partition ${partition}`, decided)
  }

  entry(entry: Entry, { atMs }: Place): void {
    if (isCarried(entry)) return
    this.#count(atMs, "decisions", 1)
    if (entry.to !== undefined) this.#count(atMs, `service ${entry.to.service}`, 1)
    if (entry.parked !== undefined && entry.parked.record !== undefined) this.#count(atMs, "parked", 1)
    for (const [, , message] of entry.out ?? []) this.#count(atMs, `sent ${message.type}`, 1)
  }

  saga({ saga, started, ended }: Changed, { atMs }: Place): void {
    if (started) this.#count(atMs, "started", 1)
    if (ended === undefined) return
    this.#count(atMs, "ended", 1)
    this.#count(atMs, ended, 1)
    this.#count(atMs, `saga ${saga}`, 1)
  }

  save(): void {
    for (const [atMs, counts] of this.#counts) for (const [name, count] of counts) this.#store.run(add, atMs, name, count)
    this.#counts.clear()
  }

  /** Forgets what is not saved. */
  reset(): void {
    this.#counts.clear()
  }

  #count(atMs: number, name: string, count: number): void {
    const interval = atMs - (atMs % rateStepMs)
    const counts = this.#counts.get(interval) ?? new Map<string, number>()
    this.#counts.set(interval, counts)
    counts.set(name, (counts.get(name) ?? 0) + count)
  }
}
