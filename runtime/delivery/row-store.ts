// The rows of one partition. A bounded number of them, those used last, are objects; all others are packed (R18), because
// there may be very many actors and few of them are busy at a time.
// A row that `get` gave may be changed as long as it is handed to `set` (or `delete`) before anything else is asked of the
// store: a row that was packed meanwhile is another object when it is asked for again.
import { limits } from "../kernel/limits.ts"
import { PackedTexts } from "./packed-texts.ts"
import type { Row } from "./row.ts"
import { loosen, packRow, unpackRow } from "./row-text.ts"

export class RowStore implements Iterable<readonly [key: string, row: Row]> {
  /** Least recently used first. */
  readonly #hot = new Map<string, Row>()
  /** Keys of hot rows that changed since they were packed. */
  readonly #changed = new Set<string>()
  readonly #packed = new PackedTexts()
  readonly #hotMax: number
  #size = 0

  constructor(hotMax: number = limits.hotRowsMax) {
    this.#hotMax = hotMax
  }

  get size(): number {
    return this.#size
  }

  /** Bytes that the packed rows take. */
  get packedBytes(): number {
    return this.#packed.bytes
  }

  has(key: string): boolean {
    return this.#hot.has(key) || this.#packed.has(key)
  }

  /** The row, to be changed and handed back to `set`. */
  get(key: string): Row | undefined {
    const row = this.#hot.get(key) ?? this.#unpack(key)
    if (row !== undefined) this.#warm(key, row)
    return row
  }

  /** The row, for reading only: what is packed stays packed. */
  peek(key: string): Row | undefined {
    return this.#hot.get(key) ?? this.#unpack(key)
  }

  set(key: string, row: Row): this {
    if (!this.has(key)) this.#size += 1
    this.#changed.add(key)
    loosen(row)
    this.#warm(key, row)
    return this
  }

  delete(key: string): boolean {
    const wasHot = this.#hot.delete(key)
    this.#changed.delete(key)
    const wasPacked = this.#packed.delete(key)
    if (wasHot || wasPacked) this.#size -= 1
    return wasHot || wasPacked
  }

  /** The keys as they are now. */
  keys(): string[] {
    return [...this.#hot.keys(), ...this.#packed.keys().filter((key) => !this.#hot.has(key))]
  }

  /** Every row that is there now and still there when its turn comes, for reading only. */
  *[Symbol.iterator](): IterableIterator<readonly [key: string, row: Row]> {
    for (const key of this.keys()) {
      const row = this.peek(key)
      if (row !== undefined) yield [key, row]
    }
  }

  #unpack(key: string): Row | undefined {
    const text = this.#packed.get(key)
    return text === undefined ? undefined : unpackRow(text)
  }

  #warm(key: string, row: Row): void {
    this.#hot.delete(key)
    this.#hot.set(key, row)
    if (this.#hot.size > this.#hotMax) this.#cool()
  }

  /** Several at once: to find the oldest of a Map takes time in proportion to what was deleted from it. */
  #cool(): void {
    let excess = this.#hot.size - this.#hotMax + Math.floor(this.#hotMax / 8)
    for (const [key, row] of this.#hot) {
      if (excess <= 0) return
      this.#hot.delete(key)
      // What did not change is still packed as it was.
      if (this.#changed.delete(key)) this.#packed.set(key, packRow(row))
      excess -= 1
    }
  }
}
