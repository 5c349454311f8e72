// What reaches a partition from outside its app: the external lane (commands of clients) and events. Promises:
// - records come in stored order, without a gap, from the first one after `after`; pull only: nothing is pushed;
// - a record's number is its stream position and never changes; `stream` changes if the stream is made anew (R14);
// - nothing is skipped in silence: `next` fails with InputUnavailable, at once or at the next record, when its stream is not
//   the one any more that it was opened on, ends before what was read, or holds another record there; `open` says
//   InputBehind for the last two.
import type { Effect } from "effect/Effect"
import type { Scope } from "effect/Scope"
import type { InputBehind, InputUnavailable } from "./input-faults.ts"

export { InputBehind, InputUnavailable } from "./input-faults.ts"

export interface Inputs {
  /** InputUnavailable also if the stream is not `from.stream`. */
  open(source: InputSource, partition: number, from: InputPosition): Effect<InputReader, InputUnavailable | InputBehind, Scope>
  /** Deletes this partition's records of a source before stream position `before`: they are decided. Default: external. */
  purge(partition: number, before: number, source?: Exclude<InputSource, "events">): Effect<void>
  /** This app has decided a partition's events before a stream position: they may go once all apps have. Never fails. */
  handled(partition: number, before: number): Effect<void>
  /** Where a source's stream begins and ends now. What is before `first` is gone. */
  bounds(source: InputSource, partition: number): Effect<InputBounds, InputUnavailable>
  /** The position behind which the partition's first record stored at or after `timeMs` is; if there is none, the end. */
  positionAt(source: InputSource, partition: number, timeMs: number): Effect<number, InputUnavailable>
  /** Identity of the stream behind a source: changes when the stream is deleted and created again. */
  stream(source: InputSource): Effect<string, InputUnavailable>
}

/** "external": clients and other apps' commands. "replies": other apps' replies and undos. */
export type InputSource = "external" | "events" | "replies"

export interface InputBounds {
  /** The number of the first record that is kept; 1 if none was ever deleted. */
  readonly first: number
  /** When it was stored, in ms since 1970; something before 1970 if none is kept. */
  readonly firstMs: number
  /** The number of the last record that was stored. */
  readonly last: number
  /** Records of the partition before this number may be gone: `first`, or less if it is known what was deleted. */
  readonly keptFrom: number
}

/** Where reading begins, and what must be true of the stream for that to mean anything. */
export interface InputPosition {
  /** The first record is the first one stored behind this number; 0 for all. */
  readonly after: number
  /** A number that was read before: the stream must reach it. */
  readonly seen?: number
  /** `recordDigest` of the record that was under `seen`. It must be there still, unless it is an event: those grow old. */
  readonly digest?: string
  /** Identity of the stream that the numbers belong to. */
  readonly stream?: string
}

export interface InputReader {
  /** How many records were stored behind `after` when the reader was opened. */
  readonly backlog: number
  /** How many records are stored and not handed over by `next`, asked of the stream now. */
  readonly unread: Effect<number, InputUnavailable>
  /** Waits for the next record. */
  readonly next: Effect<InputRecord, InputUnavailable>
}

export interface InputRecord {
  readonly number: number
  readonly bytes: Uint8Array
  /** Lower-case header names. */
  readonly headers: Readonly<Record<string, string>>
}
