// The journals of one app as a server stores them: one stream for all partitions, of which a power cut may lose what was not
// synced yet. Beside it everything that was ever stored is kept, for whoever judges the run: compaction deletes blocks.
import { Fenced, type JournalRecord, type SequenceRange } from "../ports/journal.ts"

export interface ArchivedRecord extends JournalRecord {
  readonly partition: number
  /** A power cut took it away. */
  cut: boolean
}

export class JournalStore {
  readonly #logs = new Map<number, JournalRecord[]>()
  #lastSequence = 0
  #syncedSequence = 0
  readonly archive: ArchivedRecord[] = []

  append(partition: number, bytes: Uint8Array, expected: number): number | Fenced {
    const log = this.log(partition)
    const last = log.at(-1)?.sequence ?? 0
    if (last !== expected)
      return new Fenced(`partition ${partition} is at ${last}, not at ${expected}: another process owns it now`)
    this.#lastSequence += 1
    const record = { sequence: this.#lastSequence, bytes }
    log.push(record)
    this.archive.push({ ...record, partition, cut: false })
    return this.#lastSequence
  }

  log(partition: number): JournalRecord[] {
    let log = this.#logs.get(partition)
    if (log === undefined) this.#logs.set(partition, (log = []))
    return log
  }

  read(partition: number, { from = 0, to = Number.POSITIVE_INFINITY }: SequenceRange): readonly JournalRecord[] {
    return this.log(partition).filter(({ sequence }) => sequence >= from && sequence <= to)
  }

  purge(partition: number, before: number): void {
    const log = this.log(partition)
    const kept = log.findIndex(({ sequence }) => sequence >= before)
    log.splice(0, kept === -1 ? log.length : kept)
  }

  /** From here on no power cut takes away what is stored now. */
  sync(): void {
    this.#syncedSequence = this.#lastSequence
  }

  /** Loses what was not synced, or, with `all`, everything. Sequences are given out again. Gives what partitions lost. */
  cutPower(all = false): ReadonlyMap<number, number> {
    const kept = all ? 0 : this.#syncedSequence
    const lost = new Map<number, number>()
    for (const [partition, log] of this.#logs) {
      const first = log.findIndex(({ sequence }) => sequence > kept)
      if (first === -1) continue
      lost.set(partition, log[first]?.sequence ?? 0)
      log.splice(first)
    }
    for (const record of this.archive) if (record.sequence > kept) record.cut = true
    this.#lastSequence = kept
    this.#syncedSequence = Math.min(this.#syncedSequence, kept)
    return lost
  }
}
