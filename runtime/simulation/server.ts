// The server of a simulation: what outlives processes. Journals and members of each app, its streams, permits, attachments.
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Clock from "effect/Clock"
import { memoryPermits } from "../memory/permits.ts"
import { memoryStreams, type MemoryStreams, type StreamLengths } from "../memory/streams.ts"
import type { Permits } from "../ports/permits.ts"
import { JournalStore } from "./journal-store.ts"
import type { Kernel } from "./kernel.ts"
import { MemberList } from "./member-list.ts"
import type { Owner } from "./owner.ts"
import { processClock, wallMs } from "./process-clock.ts"

export interface StoredApp {
  readonly journal: JournalStore
  readonly streams: MemoryStreams
  /** What of the streams no power cut takes away. */
  synced: StreamLengths
  readonly members: MemberList
  readonly permits: Permits
}

export class Server {
  readonly owner: Owner
  /** Nobody leads its streams: nothing is stored and nothing read until somebody does. */
  isLeaderless = false
  /** Its disk is full: nothing is stored until it is started anew. */
  isFull = false
  readonly attachments = new Map<string, Uint8Array>()
  readonly #kernel: Kernel
  readonly #clock: Clock.Clock
  readonly #apps = new Map<string, StoredApp>()

  constructor(kernel: Kernel) {
    this.#kernel = kernel
    this.owner = kernel.owner("server", true)
    this.#clock = processClock(kernel, this.owner)
  }

  app(name: string): StoredApp {
    const known = this.#apps.get(name)
    if (known !== undefined) return known
    const [journal, streams, members, permits] = [new JournalStore(), memoryStreams(), new MemberList(), memoryPermits()]
    const app: StoredApp = { journal, streams, synced: new Map(), members, permits }
    this.#apps.set(name, app)
    for (const [peer, { streams: others }] of this.#apps) {
      others.peers.set(name, streams)
      streams.peers.set(peer, others)
    }
    return app
  }

  get apps(): ReadonlyMap<string, StoredApp> {
    return this.#apps
  }

  /** Its own wall clock, by which streams are dated. */
  get wallMs(): number {
    return wallMs(this.#kernel, this.owner)
  }

  /** What is stored now stays, whatever happens. Journals and streams are files of their own. */
  sync(what: "journals" | "streams"): void {
    for (const app of this.#apps.values()) {
      if (what === "journals") app.journal.sync()
      else app.synced = app.streams.lengths()
    }
  }

  /** Every app loses what was not synced, or everything. Gives from which sequence on, by app and partition. */
  cutPower(all: boolean): ReadonlyMap<string, ReadonlyMap<number, number>> {
    return new Map(
      [...this.#apps].map(([name, { journal, streams, synced }]) => {
        if (all) for (const source of ["external", "events", "replies"] as const) streams.recreate(source)
        else streams.truncate(synced)
        return [name, journal.cutPower(all)]
      }),
    )
  }

  get nowMs(): number {
    return this.#kernel.nowMs
  }

  /** Runs at once what a port in memory does, by the server's own time. */
  run<Value, Fails>(effect: Effect.Effect<Value, Fails>): Exit.Exit<Value, Fails> {
    return Effect.runSyncExit(Effect.provideService(effect, Clock.Clock, this.#clock))
  }

  /** Runs for as long as it takes: what waits for something that will be stored. */
  fork(effect: Effect.Effect<void>): () => void {
    const fiber = Effect.runFork(Effect.provideService(effect, Clock.Clock, this.#clock), {
      scheduler: this.#kernel.scheduler(this.owner),
    })
    return () => fiber.interruptUnsafe()
  }
}
