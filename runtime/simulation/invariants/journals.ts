// The journals of a history: of each partition the blocks that count, in order.
import type { Entry } from "../../message/block.ts"
import { addressText } from "../../message/message.ts"
import type { BlockHappening, History } from "../history.ts"

/** One entry of a block. */
export interface Place {
  readonly entry: Entry
  readonly block: BlockHappening
  /** The actor, as `addressText`; "" if it is about none. */
  readonly row: string
}

export interface JournalOf {
  readonly app: string
  readonly partition: number
  readonly blocks: readonly BlockHappening[]
  /** Every entry, oldest first: made once for all checks. */
  readonly places: readonly Place[]
  /** Sequences from which on a fault of the storage took blocks away, at any time. */
  readonly cuts: readonly number[]
}

/** `app/partition` -> its journal. What a cut took away is not there, unless it was written again. */
export function journalsOf({ happenings }: History): ReadonlyMap<string, JournalOf> {
  const journals = new Map<string, Writable>()
  const journalOf = ({ app, partition }: Pick<JournalOf, "app" | "partition">) => {
    const id = journalId(app, partition)
    let journal = journals.get(id)
    if (journal === undefined) journals.set(id, (journal = { app, partition, blocks: [], cuts: [], places: [] }))
    return journal
  }
  for (const happening of happenings) {
    if (happening.type === "block") journalOf(happening).blocks.push(happening)
    if (happening.type !== "cut") continue
    const journal = journalOf(happening)
    journal.cuts.push(happening.from)
    journal.blocks = journal.blocks.filter(({ sequence }) => sequence < happening.from)
  }
  for (const { blocks, places } of journals.values()) {
    for (const block of blocks) {
      for (const entry of block.block.decisions) {
        places.push({ entry, block, row: entry.to === undefined ? "" : addressText(entry.to) })
      }
    }
  }
  return journals
}

interface Writable extends JournalOf {
  blocks: BlockHappening[]
  readonly cuts: number[]
  readonly places: Place[]
}

export function journalId(app: string, partition: number): string {
  return `${app}/${partition}`
}

/** How a message names a block. */
export function blockName({ app, partition, sequence, block }: BlockHappening): string {
  return `block ${block.number} (sequence ${sequence}, epoch ${block.epoch}) of ${app} partition ${partition}`
}
