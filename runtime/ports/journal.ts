// The fenced log of one app: one subject per partition, one writer at a time. Promises, proved by test/contract:
// - an append that succeeded is durable, in order, and the last record of its partition;
// - an append whose expected sequence is not the last one stores nothing and fails with Fenced;
// - AppendUnknown may or may not have been stored: retry the identical bytes, then read the last record (R9);
// - `last` and `first` answer through the leader: they see every acknowledged append.
import type { Effect } from "effect/Effect"
import { Fault } from "../kernel/fault.ts"

export interface Journal {
  /** Appends one block; `expected` is the sequence of the partition's last record, 0 for none. Gives its sequence. */
  append(partition: number, bytes: Uint8Array, expected: number): Effect<number, Fenced | AppendUnknown>
  last(partition: number): Effect<JournalRecord | undefined, JournalUnavailable>
  /** The oldest record that is kept. */
  first(partition: number): Effect<JournalRecord | undefined, JournalUnavailable>
  /** Visits every kept record of the partition in the range, in order, up to the last one at the time of the call. */
  read(partition: number, visit: (record: JournalRecord) => void, range?: SequenceRange): Effect<void, JournalUnavailable>
  /** Deletes the partition's records before `sequence`. Best effort: what stays is deleted the next time. */
  purge(partition: number, sequence: number): Effect<void>
}

/** Sequences, both included; there need not be a record at either. */
export interface SequenceRange {
  /** Default: the first kept record. */
  readonly from?: number
  /** Default: the last record. */
  readonly to?: number
}

export interface JournalRecord {
  readonly sequence: number
  readonly bytes: Uint8Array
}

/** Somebody else has written: this process no longer owns the partition. */
export class Fenced extends Fault {
  readonly _tag = "Fenced"
  readonly code = "FENCED"
  readonly retry = "never"
}

/** No answer came. Nothing may be concluded from that. */
export class AppendUnknown extends Fault {
  readonly _tag = "AppendUnknown"
  readonly code = "APPEND_UNKNOWN"
  readonly retry = "now"
}

export class JournalUnavailable extends Fault {
  readonly _tag = "JournalUnavailable"
  readonly code = "JOURNAL_UNAVAILABLE"
  readonly retry = "later"
}
