// Keeps a read model up to date: reads the journals over a feed, for ever, and writes transactions of whole blocks with the
// place that was read to, so that a process that starts anew goes on from there. What does not fit is built anew.
import { setTimeout as sleep } from "node:timers/promises"
import type { ActorLogic } from "../actor/logic.ts"
import { describeError } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import { CorruptJournal, decodeBlock, NewerFormat } from "../message/block.ts"
import { digest } from "../message/hash.ts"
import type { FeedBlock, FeedReader, JournalFeed } from "../ports/journal-feed.ts"
import { type Applied, Projection } from "./projection.ts"
import type { Store } from "./store.ts"

/** Lets others of the process have their turn between pieces of long work. */
export interface Turns {
  turn(work: () => void): Promise<void>
}

export interface ProjectorOptions {
  readonly store: Store
  readonly feed: JournalFeed
  readonly logics: ReadonlyMap<string, ActorLogic>
  readonly turns: Turns
}

/** "reading": it catches up. "stopped": what it read cannot be applied; `reason` says why. */
export interface ReadModelStatus {
  readonly state: "reading" | "live" | "stopped"
  readonly blocksBehind: number
  /** How long what is shown is known to be out of date; 0 if it is not. */
  readonly behindMs: number
  /** Of the last record that was read. */
  readonly sequence: number
  /** Read by this process. */
  readonly blocks: number
  readonly rebuilds: number
  readonly reason?: string
  readonly bytes: number
}

/** What a transaction has changed. */
export interface Change {
  /** As `service/key`. */
  readonly sagas: ReadonlySet<string>
}

export class Projector {
  readonly #store: Store
  readonly #feed: JournalFeed
  readonly #turns: Turns
  readonly #projection: Projection
  readonly #listeners = new Set<(change: Change) => void>()
  #reader: FeedReader | undefined
  #running: Promise<void> | undefined
  #closed = false
  #live = false
  #sequence = 0
  #behind = 0
  #currentMs = Date.now()
  #blocks = 0
  #rebuilds = 0
  #reason: string | undefined
  #stopped = false
  /** Why somebody wants it to begin anew. */
  #wanted: string | undefined
  #prunedMs = 0

  constructor({ store, feed, logics, turns }: ProjectorOptions) {
    this.#store = store
    this.#feed = feed
    this.#turns = turns
    this.#projection = new Projection(store, logics)
    this.#sequence = this.#savedSequence()
  }

  start(): void {
    this.#running ??= this.#run()
  }

  async stop(): Promise<void> {
    this.#closed = true
    this.#reader?.close()
    await this.#running
  }

  status(): ReadModelStatus {
    const state = this.#stopped ? "stopped" : this.#live ? "live" : "reading"
    return {
      state,
      blocksBehind: this.#behind,
      behindMs: this.#live && !this.#stopped ? 0 : Date.now() - this.#currentMs,
      sequence: this.#sequence,
      blocks: this.#blocks,
      rebuilds: this.#rebuilds,
      ...(this.#reason === undefined ? {} : { reason: this.#reason }),
      bytes: this.#store.bytes,
    }
  }

  /** Begins anew with an empty store, and says why; what is asked meanwhile is answered with what is there again. */
  rebuild(why: string): void {
    this.#wanted = why
    this.#live = false
    this.#reader?.close()
  }

  /** What was applied last, by partition. */
  get applied(): ReadonlyMap<number, Applied> {
    return this.#projection.applied
  }

  /** Calls back behind each transaction; gives what ends that. */
  listen(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Resolves as soon as the predicate holds: true; or false when the time is over. Looked at behind each transaction. */
  until(predicate: () => boolean, withinMs: number): Promise<boolean> {
    if (predicate()) return Promise.resolve(true)
    return new Promise((resolve) => {
      const finish = (isHeld: boolean) => {
        clearTimeout(timer)
        end()
        resolve(isHeld)
      }
      const timer = setTimeout(() => finish(false), withinMs)
      const end = this.listen(() => {
        if (predicate()) finish(true)
      })
    })
  }

  async #run(): Promise<void> {
    while (!this.#closed && !this.#stopped) {
      try {
        await this.#follow()
      } catch (error) {
        this.#projection.revert()
        this.#sequence = this.#savedSequence()
        this.#live = false
        if (this.#closed) return
        if (this.#wanted !== undefined) continue
        this.#reason = describeError(error)
        // Nothing mends these but another release, or an operator.
        if (error instanceof CorruptJournal || error instanceof NewerFormat) this.#stopped = true
        else await sleep(limits.projectionRetryMs)
      } finally {
        this.#reader?.close()
      }
    }
  }

  /** Returns when the model has to be built anew. */
  async #follow(): Promise<void> {
    const why = this.#wanted ?? (await this.#misfit())
    this.#wanted = undefined
    if (why !== undefined) this.#rebuild(why)
    const reader = await this.#feed.open(this.#sequence)
    this.#reader = reader
    this.#behind = reader.backlog
    if (reader.backlog === 0) this.#caughtUp()
    for (let openSinceMs = 0, open = 0; !this.#closed; ) {
      const { sequence, behind, block } = await reader.next()
      if (open === 0) openSinceMs = performance.now()
      let isFit = true
      if (block !== undefined) await this.#turns.turn(() => (isFit = this.#apply(block)))
      if (!isFit) return this.#rebuild(`block ${sequence} does not follow what was read before`)
      open += 1
      this.#sequence = sequence
      this.#behind = behind
      if (behind > 0 && open < limits.projectionBlocksMax && performance.now() - openSinceMs < limits.projectionOpenMs) continue
      open = 0
      this.#save()
      if (behind === 0) this.#caughtUp()
      await this.#prune()
    }
  }

  #apply(block: FeedBlock): boolean {
    this.#store.begin()
    this.#blocks += 1
    return this.#projection.apply(block)
  }

  #save(): void {
    this.#store.begin()
    this.#projection.save(this.#sequence)
    this.#store.commit()
    const sagas = new Set(this.#projection.changed)
    this.#projection.changed.clear()
    for (const listener of this.#listeners) listener({ sagas })
  }

  #caughtUp(): void {
    if (!this.#live) this.#store.run("PRAGMA optimize = 0x10002")
    this.#live = true
    this.#currentMs = Date.now()
    this.#reason = undefined
    for (const listener of this.#listeners) listener({ sagas: new Set() })
  }

  #rebuild(why: string): void {
    this.#store.rollback()
    this.#projection.clear()
    this.#store.run("INSERT OR REPLACE INTO meta (name, value) VALUES ('source', ?)", this.#feed.source)
    this.#reader?.close()
    this.#sequence = 0
    this.#live = false
    if (why !== "") this.#rebuilds += 1
    this.#reason = why === "" ? undefined : `it is built anew: ${why}`
  }

  /** Why what is stored is not of these journals; "" for a store that holds nothing yet. */
  async #misfit(): Promise<string | undefined> {
    const source = this.#store.get<{ value: string }>("SELECT value FROM meta WHERE name = 'source'")?.value
    if (source === undefined) return ""
    if (source !== this.#feed.source) return `these are other journals (${this.#feed.source}) than those read before (${source})`
    const last = [...this.applied.values()].toSorted((a, b) => b.sequence - a.sequence)[0]
    if (last === undefined) return undefined
    const bounds = await this.#feed.bounds()
    if (bounds === undefined || bounds.newest < last.sequence) return `the journals end before sequence ${last.sequence}`
    const block = await this.#feed.at(last.sequence)
    const isOther = block !== undefined && (block.partition !== last.partition || digest(block.bytes) !== last.digest)
    return isOther ? `another block stands at sequence ${last.sequence}` : undefined
  }

  #savedSequence(): number {
    return Number(this.#store.get<{ value: string }>("SELECT value FROM meta WHERE name = 'sequence'")?.value ?? 0)
  }

  /** Forgets what the journals do not keep any more, and what is too old. */
  async #prune(): Promise<void> {
    if (!this.#live || performance.now() - this.#prunedMs < limits.projectionPruneMs) return
    this.#prunedMs = performance.now()
    const { oldest = 0 } = (await this.#feed.bounds()) ?? {}
    const { most = 0 } = this.#store.get<{ most: number | null }>("SELECT max(id) AS most FROM saga") ?? {}
    for (let from = 0; from <= (most ?? 0); from += limits.projectionPruneSagas) {
      const to = from + limits.projectionPruneSagas
      const sql = "DELETE FROM decision WHERE saga >= ? AND saga < ? AND sequence < ?"
      await this.#turns.turn(() => void this.#store.run(sql, from, to, oldest))
    }
    this.#store.run("DELETE FROM rate WHERE at_ms < ?", Date.now() - limits.ratesKeptMs)
    this.#store.run("DELETE FROM audit WHERE at_ms < ?", Date.now() - limits.ordersKeptMs)
  }
}

/** The block of a feed, decoded. */
export function decodeFed({ partition, sequence, bytes }: FeedBlock): ReturnType<typeof decodeBlock> {
  return decodeBlock(bytes, `the journal of partition ${partition} at sequence ${sequence}`)
}
