// What reaches a partition from outside its app: the external lane (commands of clients) and events. Promises:
// - records come in stored order, without a gap, from the first one after `after`; pull only: nothing is pushed;
// - a record's number is its stream position and never changes; `stream` changes if the stream is made anew (R14).
import type { Effect } from "effect/Effect"
import type { Scope } from "effect/Scope"
import { Fault } from "../kernel/fault.ts"

export interface Inputs {
  open(source: InputSource, partition: number, after: number): Effect<InputReader, InputUnavailable, Scope>
  /** Deletes this partition's external records before stream position `before`: they are decided, and so is the block. */
  purge(partition: number, before: number): Effect<void>
  /** Identity of the stream behind a source: changes when the stream is deleted and created again. */
  stream(source: InputSource): Effect<string, InputUnavailable>
}

export type InputSource = "external" | "events"

export interface InputReader {
  /** How many records were stored behind `after` when the reader was opened. */
  readonly backlog: number
  /** Waits for the next record. */
  readonly next: Effect<InputRecord, InputUnavailable>
}

export interface InputRecord {
  readonly number: number
  readonly bytes: Uint8Array
  /** Lower-case header names. */
  readonly headers: Readonly<Record<string, string>>
}

export class InputUnavailable extends Fault {
  readonly _tag = "InputUnavailable"
  readonly code = "INPUT_UNAVAILABLE"
  readonly retry = "later"
}
