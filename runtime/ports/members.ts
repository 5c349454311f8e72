// Who runs the app right now. Promises: a member that stops beating is gone after `memberTtlMs`; two members may
// disagree for a while about who is there: that costs a refused append, never a wrong one (the fence).
import type { Effect } from "effect/Effect"
import { Fault } from "../kernel/fault.ts"

export interface Members {
  /** Says that `member` is alive, and gives everybody who is, itself included. */
  beat(member: string): Effect<readonly string[], MembersUnavailable>
  /** Says goodbye, so that the others need not wait for the time to live to pass. Best effort. */
  leave(member: string): Effect<void>
}

export class MembersUnavailable extends Fault {
  readonly _tag = "MembersUnavailable"
  readonly code = "MEMBERS_UNAVAILABLE"
  readonly retry = "later"
}
