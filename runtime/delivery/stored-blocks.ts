// What a partition knows of its stored journal as a whole: where a recovery begins, how much was written since, and which
// older blocks are still there. The owner notes the blocks that it writes and a reader those that it reads, so both know
// the same. What lies before the reader's first block the checkpoint tells it.
import { limits } from "../kernel/limits.ts"
import type { BlockHead, BlockRun, Checkpoint } from "../message/block.ts"

interface Run {
  readonly sequence: number
  bytes: number
  readonly fromMs: number
  untilMs: number
}

/** How long, and up to how many bytes, blocks are kept that no recovery needs. */
export interface HistoryWindow {
  readonly keptMs: number
  readonly bytesMax: number
}

export class StoredBlocks {
  /** Journal sequence of the block where the newest finished round of compaction began; 0 if no round is known. */
  base = 0
  /** Characters of what that round carried. */
  liveSize = 0
  /** Bytes written since that block, it included. */
  grownBytes = 0
  /** The newest block that begins a round, finished or not. */
  #begun: { readonly number: number; readonly sequence: number; bytes: number } | undefined
  /** All blocks that are there, oldest first; a round begins with a run of its own. */
  #runs: Run[] = []

  /** All blocks that are there, as far as is known: what is alive, and history. */
  get bytes(): number {
    return this.#runs.reduce((sum, run) => sum + run.bytes, 0)
  }

  /** A block is stored: appended by this process, or read. */
  note({ number, atMs, begins }: Pick<BlockHead, "number" | "atMs" | "begins">, sequence: number, bytes: number): void {
    if (begins === true) this.#begun = { number, sequence, bytes: 0 }
    if (this.#begun !== undefined) this.#begun.bytes += bytes
    this.grownBytes += bytes
    const run = this.#runs.at(-1)
    const isFull = run === undefined || run.bytes + bytes > limits.historyRunBytes || atMs - run.fromMs > limits.historyRunMs
    if (isFull || begins === true) this.#runs.push({ sequence, bytes, fromMs: atMs, untilMs: atMs })
    else {
      run.bytes += bytes
      run.untilMs = atMs
    }
    if (this.#runs.length > limits.historyRunsMax) this.#runs = inPairs(this.#runs, [this.base, this.#begun?.sequence ?? 0])
  }

  /** A round is finished: its checkpoint is stored. Unknown is one that began before the first block that was read. */
  finish({ since, carried = 0, runs = [] }: Checkpoint): void {
    if (this.#begun?.number !== since) return
    this.base = this.#begun.sequence
    this.liveSize = carried
    this.grownBytes = this.#begun.bytes
    const first = this.#runs[0]?.sequence ?? 0
    const older = runs.filter(([sequence]) => sequence < first)
    this.#runs.unshift(...older.map(([sequence, bytes, untilMs]) => ({ sequence, bytes, fromMs: untilMs, untilMs })))
  }

  /** The runs before the round that begins, or began, with block `since`. */
  before(since: number): readonly BlockRun[] {
    const end = this.#begun?.number === since ? this.#begun.sequence : Number.POSITIVE_INFINITY
    return this.#runs.filter(({ sequence }) => sequence < end).map((run) => [run.sequence, run.bytes, run.untilMs])
  }

  /** Gives up what is too old or too much; gives the sequence before which all may be deleted, if that is anything new. */
  expire({ keptMs, bytesMax }: HistoryWindow, nowMs: number): number | undefined {
    const isNeeded = ({ sequence }: Run) => sequence >= this.base
    const history = this.#runs.filter((run) => !isNeeded(run))
    let bytes = history.reduce((sum, run) => sum + run.bytes, 0)
    let gone = 0
    for (const run of history) {
      if (keptMs > 0 && bytes <= bytesMax && run.untilMs + keptMs >= nowMs) break
      bytes -= run.bytes
      gone += 1
    }
    if (gone === 0) return undefined
    this.#runs.splice(0, gone)
    return Math.min(this.base, this.#runs[0]?.sequence ?? this.base)
  }
}

/** Half as many runs, each of two neighbours; but rounds keep their own beginnings. */
function inPairs(runs: readonly Run[], rounds: readonly number[]): Run[] {
  const paired: Run[] = []
  let isOpen = false
  for (const run of runs) {
    const last = paired.at(-1)
    if (isOpen && last !== undefined && !rounds.includes(run.sequence)) {
      last.bytes += run.bytes
      last.untilMs = run.untilMs
      isOpen = false
    } else {
      paired.push({ ...run })
      isOpen = true
    }
  }
  return paired
}
