// What waits for the app, as one client knows: records of its own that are accepted or on their way and not yet decided,
// and, as owners tell, records in durable mailboxes. At the bound the client refuses at once, without asking the server.
import { isOlder, type Progress } from "../message/progress.ts"
import { DrainRate } from "./drain-rate.ts"

/** One record of this client, from before it is submitted until it is known to be decided, or not to be accepted. */
export interface PendingRecord {
  isOpen: boolean
}

interface Block {
  readonly position: number
  readonly records: readonly PendingRecord[]
  /** How many of the first ones are known to be decided. */
  decided: number
}

interface PendingPartition {
  /** The newest that its owners have told. */
  progress: Progress | undefined
  /** In the order of their positions. */
  blocks: Block[]
}

export class PendingRecords {
  readonly max: number
  readonly #partitions = new Map<number, PendingPartition>()
  readonly #rate: DrainRate
  #open = 0
  #held = 0

  constructor(max: number, nowMs: number) {
    this.max = max
    this.#rate = new DrainRate(nowMs)
  }

  get count(): number {
    return this.#open + this.#held
  }

  get isFull(): boolean {
    return this.count >= this.max
  }

  /** Counts one more. */
  take(nowMs: number): PendingRecord {
    if (this.count === 0) this.#rate.begin(nowMs)
    this.#open += 1
    return { isOpen: true }
  }

  /** The outcome of a record is known, so it is decided. */
  answered(record: PendingRecord, nowMs: number): void {
    if (record.isOpen) this.#rate.note(1, nowMs)
    this.release(record)
  }

  /** Counts it no more: it was not accepted. */
  release(record: PendingRecord): void {
    if (!record.isOpen) return
    record.isOpen = false
    this.#open -= 1
  }

  /** A block of records was accepted. Blocks of one partition come in the order of their positions. */
  accepted(partition: number, position: number, records: readonly PendingRecord[]): void {
    const pending = this.#of(partition)
    pending.blocks.push({ position, records, decided: 0 })
    // Its owner may have been quicker than this client.
    this.#settle(pending)
  }

  progressed(progress: Progress, nowMs: number): void {
    const pending = this.#of(progress.partition)
    const known = pending.progress
    if (known !== undefined && isOlder(progress, known)) return
    const before = this.count
    pending.progress = progress
    this.#held += progress.held - (known?.held ?? 0)
    // Positions in a stream that is gone mean nothing in the one that was made anew, and what was in it is gone too.
    if (known !== undefined && known.stream !== progress.stream) this.#forget(pending)
    this.#settle(pending)
    if (before > 0) this.#rate.note(before - this.count, nowMs)
  }

  /** When about a tenth of the bound is free again, at the rate of the last seconds. */
  retryAfterMs(nowMs: number): number {
    return this.#rate.timeMs(Math.max(1, this.count - this.max + this.max / 10), nowMs)
  }

  #settle(pending: PendingPartition): void {
    const { progress, blocks } = pending
    if (progress === undefined) return
    let whole = 0
    for (const block of blocks) {
      if (block.position > progress.position) break
      const isBehind = block.position < progress.position
      const decided = isBehind ? block.records.length : Math.min(progress.records, block.records.length)
      for (const record of block.records.slice(block.decided, decided)) this.release(record)
      block.decided = decided
      if (decided < block.records.length) break
      whole += 1
    }
    blocks.splice(0, whole)
  }

  #forget(pending: PendingPartition): void {
    for (const { records } of pending.blocks) for (const record of records) this.release(record)
    pending.blocks = []
  }

  #of(partition: number): PendingPartition {
    let pending = this.#partitions.get(partition)
    if (pending === undefined) this.#partitions.set(partition, (pending = { progress: undefined, blocks: [] }))
    return pending
  }
}
