// Permits to call the outside: what the processes of an app share to keep a rate together. Promises, proved by
// test/contract:
// - of one limit at most `calls` permits are granted in any time of `perMs`, whoever asks, and whichever process ends;
// - what is older counts no more: at the latest a second later there are permits again;
// - a permit whose answer was lost counts all the same, so that what is doubtful makes calls fewer and never more;
// - limits of different services know nothing of each other; of a limit that was changed, what was granted before counts.
import type { Effect } from "effect/Effect"
import { Fault } from "../kernel/fault.ts"

export interface Permits {
  /** Takes permits for about `wanted` calls, if there are. Gives for how many: 0 if there is none now. */
  take(limit: PermitLimit, wanted: number): Effect<number, PermitsUnavailable>
}

export interface PermitLimit {
  readonly service: string
  readonly calls: number
  readonly perMs: number
}

export class PermitsUnavailable extends Fault {
  readonly _tag = "PermitsUnavailable"
  readonly code = "PERMITS_UNAVAILABLE"
  readonly retry = "later"
}
