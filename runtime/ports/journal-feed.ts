// The journals of one app as somebody reads them who owns none of them: all partitions in one order, from any place on, for
// ever. Promises, proved by test/contract:
// - sequences rise, over all partitions; a partition's blocks come in its order, and every kept block behind `after` comes;
// - what is appended while a reader waits comes without being asked for again;
// - `at` gives the block of a sequence for as long as it is kept.

export interface JournalFeed {
  /** Names these journals: others, such as those of another number of partitions, have another name. */
  readonly source: string
  /** Opens a reader of what is behind a sequence; 0 for all that is kept. Rejects with JournalUnavailable. */
  open(after: number): Promise<FeedReader>
  /** Rejects with JournalUnavailable. */
  at(sequence: number): Promise<FeedBlock | undefined>
  /** The least and the greatest sequence that a kept block has; undefined if there is none. Rejects with JournalUnavailable. */
  bounds(): Promise<{ readonly oldest: number; readonly newest: number } | undefined>
}

export interface FeedReader {
  /** How many records were stored behind the place when it was opened. */
  readonly backlog: number
  /** The next record, once it is there. One call at a time. Rejects with JournalUnavailable, also when it is closed. */
  next(): Promise<FeedRecord>
  close(): void
}

export interface FeedRecord {
  readonly sequence: number
  /** Records that are stored behind this one. */
  readonly behind: number
  /** Absent for a record that is no block of these journals. */
  readonly block?: FeedBlock
}

export interface FeedBlock {
  readonly partition: number
  readonly sequence: number
  readonly bytes: Uint8Array
}

