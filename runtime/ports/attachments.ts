// Where bytes are kept that are too large for a record, in pieces. Promises, proved by test/contract:
// - a piece that is stored is there, as it was given, until its age or `remove`; a lost answer fails, and may be repeated;
// - pieces of different names and buckets know nothing of each other; another process reads what this one stored;
// - what is not there, or not any more, is `undefined`, and not a fault.
import type { Effect } from "effect/Effect"
import { Fault } from "../kernel/fault.ts"

export interface Attachments {
  /** Stores one piece of at most `limits.attachmentPieceBytes` bytes in the bucket of this app. */
  store(name: string, index: number, piece: Uint8Array): Effect<void, AttachmentsUnavailable>
  read(bucket: string, name: string, index: number): Effect<Uint8Array | undefined, AttachmentsUnavailable>
  /** Removes all pieces. What is not there is removed already. */
  remove(bucket: string, name: string): Effect<void, AttachmentsUnavailable>
}

export class AttachmentsUnavailable extends Fault {
  readonly _tag = "AttachmentsUnavailable"
  readonly code = "ATTACHMENTS_UNAVAILABLE"
  readonly retry = "later"
}
