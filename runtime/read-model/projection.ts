// What one journal block changes in a read model. Applied block by block, in the order of each partition; a block that does
// not follow the one before says that the model must be built anew.
import type { ActorLogic } from "../actor/logic.ts"
import { isCarried } from "../delivery/past-decision.ts"
import { serviceOfParked } from "../delivery/partition.ts"
import { type Block, decodeBlock, type Entry, type ParkedEntry, type Unpark } from "../message/block.ts"
import { digest } from "../message/hash.ts"
import type { Json } from "../message/json.ts"
import { addressText } from "../message/message.ts"
import { type OperationNote, partitionService } from "../message/operation.ts"
import type { FeedBlock } from "../ports/journal-feed.ts"
import { AuditWriter } from "./audit-writer.ts"
import { ParkedWriter } from "./parked-writer.ts"
import { RateWriter } from "./rate-writer.ts"
import { type Place, SagaWriter } from "./saga-writer.ts"
import type { Store } from "./store.ts"

/** The last block of a partition that was applied. */
export interface Applied {
  readonly partition: number
  readonly incarnation: string
  readonly number: number
  readonly digest: string
  readonly sequence: number
  readonly epoch: number
  readonly atMs: number
}

const insertPartition = `INSERT OR REPLACE INTO partition (partition, incarnation, number, digest, sequence, epoch, at_ms)
  VALUES (?, ?, ?, ?, ?, ?, ?)`

export class Projection {
  readonly #store: Store
  readonly #sagas: SagaWriter
  readonly #parked: ParkedWriter
  readonly #audit: AuditWriter
  readonly #rates: RateWriter
  readonly #applied = new Map<number, Applied>()
  /** Sagas of the blocks since this was last taken, as `service/key`. */
  readonly changed = new Set<string>()

  constructor(store: Store, logics: ReadonlyMap<string, ActorLogic>) {
    this.#store = store
    const sagas = [...logics].filter(([, { kind, inspect }]) => kind === "saga" && inspect !== undefined)
    this.#sagas = new SagaWriter(store, new Map(sagas))
    this.#parked = new ParkedWriter(store)
    this.#audit = new AuditWriter(store)
    this.#rates = new RateWriter(store)
    this.#restore()
  }

  /** By partition. */
  get applied(): ReadonlyMap<number, Applied> {
    return this.#applied
  }

  /** Begins anew with an empty store. */
  clear(): void {
    this.#store.clear()
    this.#sagas.reset()
    this.#rates.reset()
    this.#restore()
  }

  /** What was applied since the last `save` is not in the store: it is as it was then. */
  revert(): void {
    this.#store.rollback()
    this.#sagas.reset()
    this.#rates.reset()
    this.#restore()
  }

  /** False if the block does not follow what was applied. Throws NewerFormat or CorruptJournal. */
  apply(fed: FeedBlock): boolean {
    const { partition, sequence, bytes } = fed
    const block = decodeBlock(bytes, `the journal of partition ${partition} at sequence ${sequence}`)
    const last = this.#applied.get(partition)
    const isSame = last === undefined || block.resync === true || block.incarnation === last.incarnation
    if (last !== undefined && (block.number !== last.number + 1 || block.previous !== last.digest || !isSame)) return false
    for (const [place, entry] of block.decisions.entries())
      this.#entry(entry, { partition, sequence, place, atMs: block.atMs })
    this.#rates.block(partition, block)
    this.#note({ partition, sequence, digest: digest(bytes), ...headOf(block) })
    return true
  }

  /** Writes what is kept in memory between blocks. */
  save(sequence: number): void {
    this.#rates.save()
    for (const { partition, incarnation, number, digest: hash, sequence: at, epoch, atMs } of this.#applied.values())
      this.#store.run(insertPartition, partition, incarnation, number, hash, at, epoch, atMs)
    this.#store.run("INSERT OR REPLACE INTO meta (name, value) VALUES ('sequence', ?)", String(sequence))
  }

  #entry(entry: Entry, at: Place): void {
    const { carry, to, gone, state, parked, unpark = [], events } = entry
    if (carry !== undefined) this.#carried(carry.row, carry.state, gone === true, at)
    else if (to !== undefined) {
      const row = addressText(to)
      if (this.#sagas.isSaga(to.service)) this.#decided(row, entry, at)
      else if (to.service === partitionService && state !== undefined) this.#audit.operations(at.partition, notesIn(state))
    }
    for (const unparked of unpark) {
      this.#parked.remove(at.partition, unparked.id)
      this.#beside(actorOf(unparked), to && addressText(to), at)
    }
    if (parked !== undefined) {
      this.#parked.put(parked, at)
      this.#beside(parkedActor(parked), to && addressText(to), at)
    }
    if (events?.wipe !== undefined) this.#parked.removeService(at.partition, events.wipe)
    this.#rates.entry(entry, at)
  }

  #carried(row: string, state: Json | undefined, isGone: boolean, at: Place): void {
    if (!this.#sagas.isSaga(row.slice(0, row.indexOf("/")))) return
    if (isGone) this.#sagas.forget(row)
    else if (state !== undefined) this.#sagas.write(row, state, at, true)
  }

  #decided(row: string, entry: Entry, at: Place): void {
    if (isCarried(entry)) return
    this.changed.add(row)
    if (entry.gone === true) return this.#sagas.forget(row)
    if (entry.state !== undefined) {
      const changed = this.#sagas.write(row, entry.state, at, false)
      if (changed !== undefined) this.#rates.saga(changed, at)
      if (entry.by?.type === "command") this.#audit.saga(row, ordersIn(entry.state), at)
    }
    this.#sagas.decided(row, at, entry.state !== undefined)
  }

  /** A record of a saga was set aside or released by a decision that is not on it. */
  #beside(row: string, decidedOn: string | undefined, at: Place): void {
    if (row === decidedOn || !this.#sagas.isSaga(row.slice(0, row.indexOf("/")))) return
    this.changed.add(row)
    this.#sagas.decided(row, at, false)
  }

  #note(applied: Applied): void {
    this.#applied.set(applied.partition, applied)
  }

  #restore(): void {
    this.#applied.clear()
    const rows = this.#store.all<Omit<Applied, "atMs"> & { at_ms: number }>("SELECT * FROM partition")
    for (const { at_ms: atMs, ...applied } of rows) this.#note({ ...applied, atMs })
  }
}

function headOf({ incarnation, number, epoch, atMs }: Block): Pick<Applied, "incarnation" | "number" | "epoch" | "atMs"> {
  return { incarnation, number, epoch, atMs }
}

/** The actor whose record it was; "" for bytes that nobody could read. */
function actorOf({ to, waits, id }: Unpark): string {
  const actor = to ?? waits?.to
  return actor === undefined ? id : addressText(actor)
}

function parkedActor(parked: ParkedEntry): string {
  const { record, id } = parked
  return record === undefined ? (serviceOfParked(parked) === "" ? "" : id) : addressText(record.to)
}

function notesIn(state: Json): readonly OperationNote[] {
  // cast: only the engine writes the row of a partition
  return (state as { readonly operations?: readonly OperationNote[] } | null)?.operations ?? []
}

interface Ordered {
  readonly orders?: readonly { readonly order: string; readonly by: string; readonly why: string; readonly atMs: number }[]
}

/** Sagas of all kinds keep their orders under this name; what is not like one is none. */
function ordersIn(state: Json): NonNullable<Ordered["orders"]> {
  const orders = typeof state === "object" && state !== null && "orders" in state ? state["orders"] : undefined
  return Array.isArray(orders) ? (orders as NonNullable<Ordered["orders"]>) : [] // cast: as the comment above says
}
