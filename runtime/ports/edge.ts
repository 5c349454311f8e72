// How a client outside the app reaches it: blocks of commands into the external lane, answers back to one inbox.
// Promises: a block that was accepted is durable; answers come at most once, and may not come at all (R21).
import type { Outcome } from "../message/outcome.ts"
import { Fault } from "../kernel/fault.ts"

export interface Edge {
  /** Resolves when the block is durable. Rejects with NotAccepted; it may be stored all the same. */
  submit(partition: number, block: Uint8Array): Promise<void>
  /** Subject that answers to this client go to. */
  readonly inbox: string
  /** Calls back with every answer until the edge closes. */
  listen(answered: (request: string, outcome: Outcome) => void): void
  close(): Promise<void>
}

/** A block of commands was refused, or its acknowledgement never came. Sending it again with the same effect keys is safe. */
export class NotAccepted extends Fault {
  readonly _tag = "NotAccepted"
  readonly code = "NOT_ACCEPTED"
  readonly retry = "later"
}
