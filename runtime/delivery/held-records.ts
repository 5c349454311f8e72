// The durable mailboxes of a partition: records that wait for their actor, because it is being handled, pauses before
// another try, or waits for an operator (R6). They are journaled, so the inbox marks may move past them.
import { limits } from "../kernel/limits.ts"
import type { Entry, HeldRecord, Unpark } from "../message/block.ts"
import { addressText, progressStep } from "../message/message.ts"

interface Held {
  last: number
  /** By number, in the order in which they wait. */
  readonly records: Map<number, HeldRecord>
}

export class HeldRecords {
  readonly #rows = new Map<string, Held>()
  #count = 0

  /** Records in all mailboxes. */
  get count(): number {
    return this.#count
  }

  /** The actors, as `addressText`, that have records here. */
  rows(): IterableIterator<string> {
    return this.#rows.keys()
  }

  of(row: string): ReadonlyMap<number, HeldRecord> {
    return this.#rows.get(row)?.records ?? none
  }

  nextNumber(row: string): number {
    return (this.#rows.get(row)?.last ?? 0) + 1
  }

  isFull(row: string): boolean {
    return this.of(row).size >= limits.mailboxRecordsMax
  }

  apply(row: string, entry: Entry): void {
    if (entry.hold !== undefined) this.#put(row, ...entry.hold)
    if (entry.step !== undefined) {
      const [number, name, value] = entry.step
      const held = this.of(row).get(number)
      // Absent where the reading of a journal began in the middle of a round of compaction: it follows, with its steps.
      const others = (held?.steps ?? []).filter(([known]) => name !== progressStep || known !== name)
      if (held !== undefined) this.#put(row, number, { ...held, steps: [...others, [name, value]] })
    }
    if (entry.took !== undefined) this.#remove(row, entry.took)
  }

  unpark({ action, waits, edited }: Unpark): void {
    if (waits === undefined) return
    const row = addressText(waits.to)
    const held = this.of(row).get(waits.number)
    if (held === undefined) return
    if (action === "discard") return this.#remove(row, waits.number)
    const { parked: _, cancelled: __, ...rest } = held
    this.#put(row, waits.number, { ...rest, attempts: 0, dueMs: 0, ...(edited === undefined ? {} : { message: edited }) })
  }

  forget(row: string): void {
    this.#count -= this.of(row).size
    this.#rows.delete(row)
  }

  #put(row: string, number: number, record: HeldRecord): void {
    let held = this.#rows.get(row)
    if (held === undefined) this.#rows.set(row, (held = { last: 0, records: new Map() }))
    if (!held.records.has(number)) this.#count += 1
    held.records.set(number, record)
    held.last = Math.max(held.last, number)
  }

  #remove(row: string, number: number): void {
    const held = this.#rows.get(row)
    if (held === undefined || !held.records.delete(number)) return
    this.#count -= 1
    if (held.records.size === 0) this.#rows.delete(row)
  }
}

const none: ReadonlyMap<number, HeldRecord> = new Map()
