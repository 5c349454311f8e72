// One app as the console shows it: its read model, the ways to ask and order, and the blocks that were looked at last.
import type { ActorLogic } from "../actor/logic.ts"
import type { Candidate } from "../delivery/assignment.ts"
import type { App } from "../host/app.ts"
import type { Client } from "../host/client.ts"
import type { Engine } from "../host/engine.ts"
import type { Operator } from "../host/operator.ts"
import { limits } from "../kernel/limits.ts"
import type { Block } from "../message/block.ts"
import type { Json } from "../message/json.ts"
import { addressText } from "../message/message.ts"
import type { Receipt } from "../message/receipt.ts"
import type { JournalFeed } from "../ports/journal-feed.ts"
import { decodeFed, Projector, type Turns } from "../read-model/projector.ts"
import type { Spot } from "../read-model/reader.ts"
import { Store } from "../read-model/store.ts"
import { notFound } from "./problem.ts"

/** What the console needs of an app. */
export interface ConsoleApp {
  readonly app: App
  readonly client: Client
  readonly operator: Operator
  readonly feed: JournalFeed
  /** Who runs the app now. */
  members(): Promise<readonly Candidate[]>
  /** Of the app in this process, if it runs here. */
  readonly engine?: Pick<Engine, "health" | "metrics" | "owned">
  /** Where the read model is kept. Default: in memory. */
  readonly file?: string
  readonly turns: Turns
}

export class ShownApp {
  readonly app: App
  readonly source: ConsoleApp
  readonly store: Store
  readonly projector: Projector
  /** Decoded blocks by their sequence, those used last at the end. */
  readonly #blocks = new Map<number, { readonly block: Block; readonly bytes: number }>()
  #blockBytes = 0

  private constructor(source: ConsoleApp, store: Store) {
    this.app = source.app
    this.source = source
    this.store = store
    const { feed, turns } = source
    this.projector = new Projector({ store, feed, turns, logics: source.app.shape.logics })
  }

  /** Rejects with StoreUnusable. */
  static async open(source: ConsoleApp): Promise<ShownApp> {
    const shown = new ShownApp(source, await Store.open(source.file ?? ":memory:"))
    shown.projector.start()
    return shown
  }

  async close(): Promise<void> {
    await this.projector.stop()
    this.store.close()
  }

  get name(): string {
    return this.app.shape.name
  }

  /** Throws Refused. */
  logic(service: string): ActorLogic {
    const logic = this.app.shape.logics.get(service)
    if (logic === undefined) throw notFound(`service or saga "${service}" in app ${this.name}`)
    return logic
  }

  /** Throws Refused. */
  saga(name: string): ActorLogic {
    const logic = this.logic(name)
    if (logic.kind !== "saga") throw notFound(`saga "${name}" in app ${this.name}: it is a service`)
    return logic
  }

  /** A block of the journals; undefined if it is not kept any more. */
  async block(sequence: number): Promise<Block | undefined> {
    const known = this.#blocks.get(sequence)
    if (known !== undefined) {
      this.#blocks.delete(sequence)
      this.#blocks.set(sequence, known)
      return known.block
    }
    const fed = await this.source.feed.at(sequence)
    if (fed === undefined) return undefined
    const block = decodeFed(fed)
    this.#blocks.set(sequence, { block, bytes: fed.bytes.length })
    this.#blockBytes += fed.bytes.length
    this.#dropBlocks()
    return block
  }

  /** The state that stands at a spot of the journals. */
  async stateAt({ sequence, place }: Spot): Promise<Json | undefined> {
    const entry = (await this.block(sequence))?.decisions[place]
    return entry?.state ?? entry?.carry?.state
  }

  /** Whether the read model shows what a receipt stands for, now or soon. */
  shows(receipt: Receipt | undefined): Promise<boolean> {
    if (receipt === undefined) return Promise.resolve(false)
    const { partition, block } = receipt
    return this.projector.until(() => (this.projector.applied.get(partition)?.number ?? -1) >= block, limits.consoleShownMs)
  }

  /** Resolves when something of the actor was shown anew, or the time is over. */
  async changed(service: string, key: string, withinMs: number): Promise<void> {
    const row = addressText({ service, key })
    await new Promise<void>((resolve) => {
      const finish = () => {
        clearTimeout(timer)
        end()
        resolve()
      }
      const timer = setTimeout(finish, withinMs)
      const end = this.projector.listen(({ sagas }) => {
        if (sagas.has(row)) finish()
      })
    })
  }

  #dropBlocks(): void {
    for (const [sequence, { bytes }] of this.#blocks) {
      const isFew = this.#blocks.size <= limits.consoleBlocksCached && this.#blockBytes <= limits.consoleBlockBytesCached
      if (isFew || this.#blocks.size === 1) return
      this.#blocks.delete(sequence)
      this.#blockBytes -= bytes
    }
  }
}
