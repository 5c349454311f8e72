// Time as a thing that happens in a given / when / then test: nothing waits, and days take no time.
import { type Duration, durationMs } from "../kernel/duration.ts"

export interface TimePasses {
  readonly type: "time passes"
  readonly ms: number
}

/** `when(after("2 days"))`: timers that become due in that time fire, each at its time. */
export function after(duration: Duration): TimePasses {
  return { type: "time passes", ms: durationMs(duration) }
}

/** When given / when / then tests begin, unless they say otherwise: the first of January 2026, in UTC. */
export const startOfTimeMs = 1_767_225_600_000
