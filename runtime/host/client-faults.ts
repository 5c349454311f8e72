// What a client's calls reject with, besides what the edge says itself (NotAccepted).
import { Fault } from "../kernel/fault.ts"

/** Too much waits for the app, or for this client. Nothing was stored: the same call may be made again. */
export class Overloaded extends Fault {
  readonly _tag = "Overloaded"
  readonly code = "OVERLOADED"
  readonly retry = "later"
  /** When there will be room, as far as the rate of the last seconds tells. */
  readonly retryAfterMs: number

  constructor(what: string, retryAfterMs: number, options?: ErrorOptions) {
    super(`${what}; try again in ${retryAfterMs} ms`, options)
    this.retryAfterMs = retryAfterMs
  }
}

/** No outcome within the time that the caller gave. What was asked may still happen; ask again with the same key. */
export class NoOutcome extends Fault {
  readonly _tag = "NoOutcome"
  readonly code = "NO_OUTCOME"
  readonly retry = "later"
}

/** The partition's journal does not reach to a receipt that it gave: it was put back to an older copy. */
export class ReceiptUnknown extends Fault {
  readonly _tag = "ReceiptUnknown"
  readonly code = "RECEIPT_UNKNOWN"
  readonly retry = "never"
}
