// Who runs the app right now, and what each of them can do. Promises, proved by test/contract:
// - a member that stops beating is gone after `memberTtlMs`, and one that left is gone at once;
// - what a member said with its last beat is what the others get with their next;
// - two members may disagree for a while about who is there: that costs a refused append, never a wrong one (the fence).
import type { Effect } from "effect/Effect"
import { Fault } from "../kernel/fault.ts"

export interface Members {
  /** Says that `member` is alive, and gives everybody who is, itself included, in the order of their names. */
  beat(member: Member): Effect<readonly Member[], MembersUnavailable>
  /** Says goodbye, so that the others need not wait for the time to live to pass. Best effort. Do not beat behind it. */
  leave(name: string): Effect<void>
}

export interface Member {
  /** Unique, and a NATS key token. */
  readonly name: string
  /** The newest format of journal blocks that it reads (R17). */
  readonly reads: number
  /** Partitions that it cannot take, because their journals have a newer format. */
  readonly refuses: readonly number[]
}

export class MembersUnavailable extends Fault {
  readonly _tag = "MembersUnavailable"
  readonly code = "MEMBERS_UNAVAILABLE"
  readonly retry = "later"
}
