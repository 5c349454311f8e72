// The journals of a history: of each partition the blocks that count, in order.
import type { Entry } from "../../message/block.ts"
import type { BlockHappening, History } from "../history.ts"

/** One entry of a block. */
export interface Place {
  readonly entry: Entry
  readonly block: BlockHappening
}

export interface JournalOf {
  readonly app: string
  readonly partition: number
  readonly blocks: readonly BlockHappening[]
  /** Sequences from which on a fault of the storage took blocks away, at any time. */
  readonly cuts: readonly number[]
}

/** `app/partition` -> its journal. What a cut took away is not there, unless it was written again. */
export function journalsOf({ happenings }: History): ReadonlyMap<string, JournalOf> {
  const journals = new Map<string, { app: string; partition: number; blocks: BlockHappening[]; cuts: number[] }>()
  const journalOf = ({ app, partition }: { readonly app: string; readonly partition: number }) => {
    const id = journalId(app, partition)
    let journal = journals.get(id)
    if (journal === undefined) journals.set(id, (journal = { app, partition, blocks: [], cuts: [] }))
    return journal
  }
  for (const happening of happenings) {
    if (happening.type === "block") journalOf(happening).blocks.push(happening)
    if (happening.type !== "cut") continue
    const journal = journalOf(happening)
    journal.cuts.push(happening.from)
    journal.blocks = journal.blocks.filter(({ sequence }) => sequence < happening.from)
  }
  return journals
}

/** Every entry of a journal, oldest first. */
export function* placesOf({ blocks }: JournalOf): IterableIterator<Place> {
  for (const block of blocks) for (const entry of block.block.decisions) yield { entry, block }
}

export function journalId(app: string, partition: number): string {
  return `${app}/${partition}`
}

/** How a message names a block. */
export function blockName({ app, partition, sequence, block }: BlockHappening): string {
  return `block ${block.number} (sequence ${sequence}, epoch ${block.epoch}) of ${app} partition ${partition}`
}
