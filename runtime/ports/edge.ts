// How a client outside the app reaches it: blocks of commands into the external lane, answers back to one inbox; and events
// into the event stream. Promises: what was accepted is durable; answers come at most once, and may not come at all (R21);
// a partition whose input is full refuses at once, and the other partitions and apps do not notice (R15).
import { Fault } from "../kernel/fault.ts"
import type { FactContent } from "../message/fact.ts"
import type { Outcome } from "../message/outcome.ts"
import type { Progress } from "../message/progress.ts"
import type { Receipt } from "../message/receipt.ts"

export interface Edge {
  /**
   * Resolves with the block's position in the input stream when it is durable. Rejects with InputFull: nothing was stored;
   * or with NotAccepted: it may be stored all the same.
   */
  submit(partition: number, block: Uint8Array): Promise<number>
  /**
   * Resolves when the event is durable in the event stream, in a partition of it. Rejects with NotAccepted: it may be stored
   * all the same, and publishing it again with the same source and id is safe.
   */
  publish(partition: number, event: FactContent): Promise<void>
  /** Subject that answers to this client go to. */
  readonly inbox: string
  /** Calls back with every answer until the edge closes. */
  listen(answered: (request: string, outcome: Outcome, receipt?: Receipt) => void): void
  /** Calls back with what the owners of the app's partitions say of their progress, until the edge closes. */
  watch(progressed: (progress: Progress) => void): void
  close(): Promise<void>
}

/** A block of commands was refused, or its acknowledgement never came. Sending it again with the same effect keys is safe. */
export class NotAccepted extends Fault {
  readonly _tag = "NotAccepted"
  readonly code = "NOT_ACCEPTED"
  readonly retry = "later"
}

/** The input holds as many undecided blocks as it may. Nothing was stored. */
export class InputFull extends Fault {
  readonly _tag = "InputFull"
  readonly code = "INPUT_FULL"
  readonly retry = "later"
}
