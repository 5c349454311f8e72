// The rows of one partition. A bounded number of them, those used last, are objects; all others are packed (R18), because
// there may be very many actors and few of them are busy at a time.
// A row that `get` gave may be changed as long as it is handed to `set` (or `delete`) before anything else is asked of the
// store: a row that was packed meanwhile is another object when it is asked for again.
import { limits } from "../kernel/limits.ts"
import { PackedTexts } from "./packed-texts.ts"
import type { Row } from "./row.ts"
import { loosen, packRow, unpackRow } from "./row-text.ts"

/** A row as an object. */
interface Hot {
  readonly row: Row
  /** It is not as it was packed. */
  changed: boolean
}

/**
 * Hot rows are in two Maps: what is used goes into the younger one, and when that has half of what may be hot, the elder is
 * packed and dropped whole. One Map in the order of use would do the same with steady deletes, and be dear: V8 gives such
 * a Map a new table again and again, each old table refers to the next, and one of them that has grown old keeps all later
 * ones, with every row that was ever in them, from dying young.
 */
export class RowStore implements Iterable<readonly [key: string, row: Row]> {
  #young = new Map<string, Hot>()
  /** What was used since is in `#young` too, and of no concern here. */
  #elder = new Map<string, Hot>()
  readonly #packed = new PackedTexts()
  readonly #youngMax: number
  #size = 0

  constructor(hotMax: number = limits.hotRowsMax) {
    this.#youngMax = Math.ceil(hotMax / 2)
  }

  get size(): number {
    return this.#size
  }

  /** Bytes that the packed rows take. */
  get packedBytes(): number {
    return this.#packed.bytes
  }

  has(key: string): boolean {
    return this.#young.has(key) || this.#elder.has(key) || this.#packed.has(key)
  }

  /** The row, to be changed and handed back to `set`. */
  get(key: string): Row | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young.row
    const hot = this.#elder.get(key) ?? this.#unpack(key)
    if (hot !== undefined) this.#warm(key, hot)
    return hot?.row
  }

  /** The row, for reading only: what is packed stays packed. */
  peek(key: string): Row | undefined {
    return (this.#young.get(key) ?? this.#elder.get(key) ?? this.#unpack(key))?.row
  }

  set(key: string, row: Row): this {
    loosen(row)
    const young = this.#young.get(key)
    if (young !== undefined && young.row === row) {
      young.changed = true
      return this
    }
    if (young === undefined && !this.has(key)) this.#size += 1
    this.#warm(key, { row, changed: true })
    return this
  }

  delete(key: string): boolean {
    // Of all three, or what is left of it in one would come back.
    const was = [this.#young.delete(key), this.#elder.delete(key), this.#packed.delete(key)].includes(true)
    if (was) this.#size -= 1
    return was
  }

  /** The keys as they are now. */
  keys(): string[] {
    const hot = new Set([...this.#young.keys(), ...this.#elder.keys()])
    return [...hot, ...this.#packed.keys().filter((key) => !hot.has(key))]
  }

  /** Every row that is there now and still there when its turn comes, for reading only. */
  *[Symbol.iterator](): IterableIterator<readonly [key: string, row: Row]> {
    for (const key of this.keys()) {
      const row = this.peek(key)
      if (row !== undefined) yield [key, row]
    }
  }

  #unpack(key: string): Hot | undefined {
    const text = this.#packed.get(key)
    return text === undefined ? undefined : { row: unpackRow(text), changed: false }
  }

  #warm(key: string, hot: Hot): void {
    this.#young.set(key, hot)
    if (this.#young.size < this.#youngMax) return
    for (const [elderKey, { row, changed }] of this.#elder) {
      // What did not change is still packed as it was.
      if (changed && !this.#young.has(elderKey)) this.#packed.set(elderKey, packRow(row))
    }
    this.#elder = this.#young
    this.#young = new Map()
  }
}
