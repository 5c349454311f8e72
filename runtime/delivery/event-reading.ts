// How far a partition has come in the event stream: its main reader, and one more for each service that catches up.
import * as Latch from "effect/Latch"
import { limits } from "../kernel/limits.ts"
import type { InputReader } from "../ports/inputs.ts"

/** One reader, in positions of the stream. */
export interface Reading {
  /** The last record that was admitted, or, at first, was decided before. */
  position: number
  /** The last record that was decided. */
  decided: number
  /** Records that were stored and not read when it was last looked at, less those read since. */
  unread: number
  reader: InputReader | undefined
}

export interface GroupReading extends Reading {
  readonly generation: number
}

export interface EventReading {
  /** Identity of the stream; the name that positions in it go by, which a resync changes; the channel of the main reader. */
  identity: string
  stream: string
  channel: string
  /** The stream has lost records: the first event of a source that is seen need not be its number 1. */
  adopts: boolean
  readonly main: Reading
  readonly catchUps: Map<string, GroupReading>
  /** Where the stream ended when it was last seen that nothing is left to read, and when that was last journaled. */
  quiet: { readonly position: number; readonly last: number } | undefined
  quietNotedMs: number | undefined
  /** Opened when a subscription has changed. */
  readonly changed: Latch.Latch
}

export function newReading(position = 0): Reading {
  return { position, decided: position, unread: 0, reader: undefined }
}

export function newEventReading(): EventReading {
  return {
    identity: "",
    stream: "",
    channel: "",
    adopts: false,
    main: newReading(),
    catchUps: new Map(),
    quiet: undefined,
    quietNotedMs: undefined,
    changed: Latch.makeUnsafe(false),
  }
}

/** The stream position of a channel's mark. */
export function eventPosition(mark: number): number {
  return Math.floor(mark / limits.inputRecordsMax)
}
