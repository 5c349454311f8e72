// A journal that is written from its beginning in one go, out of what other journals hold: block 0, then entries, as many
// to a block as it takes, then marks. Who reads it finds it as if its last owner had closed it.
import * as Effect from "effect/Effect"
import { limits } from "../kernel/limits.ts"
import { type BlockHead, encodeBlock, encodeEntry, type Entry } from "../message/block.ts"
import type { AppendUnknown, Fenced, Journal, JournalUnavailable } from "../ports/journal.ts"
import { commit, nextHead } from "./commit.ts"
import { portions } from "./compaction.ts"
import { emptyPartition, type Partition } from "./partition.ts"
import type { KeptMarks } from "./re-key.ts"

type Writing = Effect.Effect<void, Fenced | AppendUnknown | JournalUnavailable>

type Marks = Partial<Pick<BlockHead, "low" | "last">>

/** Room for the head of a block that holds no marks. */
const headBytesMax = 4096

export class NewJournal {
  readonly #journal: Journal
  readonly #partition: Partition
  readonly #atMs: number
  #entries: string[] = []
  #bytes = 0

  /** `atMs`: not before the last block of any journal that its entries are from. */
  constructor(journal: Journal, identity: Pick<Partition, "app" | "index" | "incarnation">, atMs: number) {
    this.#journal = journal
    this.#partition = { ...emptyPartition(identity.app, identity.index), incarnation: identity.incarnation, epoch: 1 }
    this.#atMs = atMs
  }

  write(entry: Entry): Writing {
    const encoded = encodeEntry(entry)
    const bytes = Buffer.byteLength(encoded, "utf8") + 1
    const isFull = this.#entries.length > 0 && this.#bytes + bytes > limits.blockBytesMax - headBytesMax
    const writing = isFull ? this.#append("decisions") : Effect.void
    return Effect.map(writing, () => {
      this.#entries.push(encoded)
      this.#bytes += bytes
    })
  }

  /** The last blocks: whatever waits, the marks, and the word that nothing was under way, if that is true. */
  finish({ low, decided, last }: KeptMarks, isClosed: boolean): Writing {
    return Effect.gen({ self: this }, function* () {
      for (const some of portions(decided)) yield* this.write({ from: some })
      if (this.#entries.length > 0) yield* this.#append("decisions")
      for (let start = 0; start < low.length; start += limits.movedMarksMax)
        yield* this.#append("decisions", { low: Object.fromEntries(low.slice(start, start + limits.movedMarksMax)) })
      for (let start = 0; start < last.length; start += limits.movedMarksMax)
        yield* this.#append("decisions", { last: Object.fromEntries(last.slice(start, start + limits.movedMarksMax)) })
      yield* this.#append(isClosed ? "closed" : "epoch")
    })
  }

  /** Deletes what was written here. What somebody else has written since stays. */
  get discard(): Effect.Effect<void> {
    const { index, sequence } = this.#partition
    return sequence === 0 ? Effect.void : this.#journal.purge(index, sequence + 1)
  }

  #append(kind: BlockHead["kind"], marks: Marks = {}): Writing {
    return Effect.suspend((): Writing => {
      const begin = this.#partition.blockNumber === -1 ? this.#commit("genesis", {}, []) : Effect.void
      const entries = this.#entries
      this.#entries = []
      this.#bytes = 0
      return Effect.andThen(begin, Effect.suspend(() => this.#commit(kind, marks, entries)))
    })
  }

  #commit(kind: BlockHead["kind"], marks: Marks, entries: readonly string[]): Writing {
    const moved = kind === "genesis" ? { moved: true as const } : {}
    const head = { ...nextHead(this.#partition, this.#atMs), kind, ...moved, low: {}, confirmed: {}, ...marks }
    return commit({ journal: this.#journal }, this.#partition, { head, bytes: encodeBlock(head, entries) })
  }
}
