// A decision between the moment it is made and the moment its block is durable.
import { type DecidedRecord, encodeEntry, type Entry } from "../message/block.ts"
import { addressText, type Message, type Requester } from "../message/message.ts"
import type { Outcome } from "../message/outcome.ts"
import type { Closing, ProcessSpan } from "../ports/telemetry.ts"

/** A record that was given up, and why. */
export interface Dropped {
  readonly id: string
  /** The actor, as `addressText`. */
  readonly row: string
  readonly code: string
  readonly message: string
}

/** A decision that is applied in memory and waits for its block. */
export interface Decided {
  readonly entry: Entry
  /** The actor that the entry is of, as `addressText`. */
  readonly row: string | undefined
  readonly encoded: string
  readonly span: ProcessSpan | undefined
  readonly closing: Omit<Closing, "nowMs">
  readonly answers: readonly { readonly to: Requester; readonly outcome: Outcome }[]
  /** The record is given up: its reaction is handled at most once, or its actor has ended or never began. */
  readonly dropped?: Dropped
  /** It changes nothing: compaction writes what is alive again. */
  readonly carried?: true
  /** Called when its block is durable. */
  readonly durable?: () => void
}

/** What an entry says of the record that it decides; `isRemembered`: it names the effect, or the scope, anyway. */
export function decidedRecord(message: Message, isRemembered = false): DecidedRecord {
  const { type } = message
  if (message.type === "settled") return isRemembered ? { type } : { type, id: message.scope }
  if (message.type === "reply") return { type, id: message.effect, outcome: message.outcome.type }
  const { name } = message
  if (message.type === "timer") return { type, name }
  if (message.type === "event") return { type, name, id: `${message.source}/${message.id}` }
  const { undoes, effect } = message
  return { type, name, ...(isRemembered ? {} : { id: effect }), ...(undoes === undefined ? {} : { undoes }) }
}

/** Encodes a decision, once, when it is made: what is too large is noticed before it is in a block (R13). */
export function seal(
  entry: Entry,
  span?: ProcessSpan,
  closing: Decided["closing"] = {},
  answers: Decided["answers"] = [],
): Decided {
  const row = entry.to === undefined ? undefined : addressText(entry.to)
  return { entry, row, encoded: encodeEntry(entry), span, closing, answers }
}
