// What leaves the app: facts into the event stream, and answers to requesters outside. Promises:
// - `publish` succeeds only when the event is stored; a failure may have stored it, so it is published again and the
//   event's source and number let readers drop the repetition (R10);
// - `answer` is at most once and keeps nothing: a requester that hears nothing asks again with the same id (R21);
// - `progress` is at most once and keeps nothing: it is said again.
import type { Effect } from "effect/Effect"
import { Fault } from "../kernel/fault.ts"
import type { EventMessage, Requester } from "../message/message.ts"
import type { Outcome } from "../message/outcome.ts"
import type { PeerFrame } from "../message/peer.ts"
import type { Progress } from "../message/progress.ts"
import type { Receipt } from "../message/receipt.ts"

export interface Egress {
  publish(event: OutgoingFact): Effect<void, PublishFailed>
  /** Succeeds only when the frame is stored for the other app; a failure may have stored it, so it is sent again (R2). */
  send(frame: PeerFrame): Effect<void, PublishFailed>
  /** `receipt` names the block that made the outcome durable. */
  answer(to: Requester, outcome: Outcome, receipt?: Receipt): void
  /** Tells every client of the app how far a partition has come. */
  progress(progress: Progress): void
}

export interface OutgoingFact {
  readonly eventPartition: number
  /** Journal that emitted it and its dense number towards this event partition: what readers deduplicate by. */
  readonly incarnation: string
  readonly source: number
  readonly number: number
  readonly event: EventMessage
}

export class PublishFailed extends Fault {
  readonly _tag = "PublishFailed"
  readonly code = "PUBLISH_FAILED"
  readonly retry = "later"
}
