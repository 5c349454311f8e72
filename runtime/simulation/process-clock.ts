// The clock of one process: it need not agree with that of others, and may be set while the process runs.
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Kernel } from "./kernel.ts"
import type { Owner } from "./owner.ts"

/** When simulations begin: the first of January 2026, in UTC. */
export const beginningMs = 1_767_225_600_000

/** What the owner's wall clock says, in ms since 1970. */
export function wallMs(kernel: Kernel, { skew }: Owner): number {
  return beginningMs + Math.floor(kernel.nowMs * skew.rate + skew.offsetMs)
}

/** What its monotonic clock says: nobody sets it, and it does not stand still while the process does. */
export function monotonicMs(kernel: Kernel, { skew }: Owner): number {
  return kernel.nowMs * skew.rate + skew.sinceMs
}

export function processClock(kernel: Kernel, owner: Owner): Clock.Clock {
  const wall = () => wallMs(kernel, owner)
  const nanos = (ms: number) => BigInt(Math.round(ms * 1000)) * 1000n
  const monotonic = () => nanos(monotonicMs(kernel, owner))
  const wallNanos = () => nanos(wall())
  return {
    currentTimeMillisUnsafe: wall,
    currentTimeMillis: Effect.sync(wall),
    monotonicTimeNanosUnsafe: monotonic,
    monotonicTimeNanos: Effect.sync(monotonic),
    currentTimeNanosUnsafe: wallNanos,
    currentTimeNanos: Effect.sync(wallNanos),
    sleep: (duration) => {
      const ms = Duration.toMillis(duration)
      if (ms <= 0) return Effect.yieldNow
      if (!Number.isFinite(ms)) return Effect.never
      return Effect.callback((resume: (over: Effect.Effect<void>) => void) => {
        const pending = kernel.after(ms / owner.skew.rate, owner, "sleep", () => resume(Effect.void))
        return Effect.sync(() => pending.cancel())
      })
    },
  }
}
