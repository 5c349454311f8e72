// A decision between the moment it is made and the moment its block is durable.
import type { Entry } from "../message/block.ts"
import type { Requester } from "../message/message.ts"
import type { Outcome } from "../message/outcome.ts"
import type { Closing, ProcessSpan } from "../ports/telemetry.ts"

/** A decision that is applied in memory and waits for its block. */
export interface Decided {
  readonly entry: Entry
  readonly encoded: string
  readonly span: ProcessSpan | undefined
  readonly closing: Omit<Closing, "nowMs">
  readonly answers: readonly { readonly to: Requester; readonly outcome: Outcome }[]
}
