// The clock of a sweep: it goes on only when it is told to, by leaps. What has become due in a leap is woken at its end, in the
// order in which it was due.
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

interface Sleeper {
  readonly dueMs: number
  readonly wake: () => void
}

export interface LeapClock {
  readonly clock: Clock.Clock
  readonly nowMs: () => number
  leap(ms: number): void
}

export function leapClock(beginsMs: number): LeapClock {
  const sleepers = new Set<Sleeper>()
  let nowMs = beginsMs
  const now = () => nowMs
  const nanos = () => BigInt(nowMs) * 1_000_000n
  const clock: Clock.Clock = {
    currentTimeMillisUnsafe: now,
    currentTimeMillis: Effect.sync(now),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    sleep: (duration) => {
      const ms = Duration.toMillis(duration)
      if (ms <= 0) return Effect.yieldNow
      return Effect.callback((resume: (over: Effect.Effect<void>) => void) => {
        const sleeper: Sleeper = { dueMs: nowMs + ms, wake: () => resume(Effect.void) }
        sleepers.add(sleeper)
        return Effect.sync(() => void sleepers.delete(sleeper))
      })
    },
  }
  return {
    clock,
    nowMs: now,
    leap(ms) {
      nowMs += ms
      const due = [...sleepers].filter(({ dueMs }) => dueMs <= nowMs).toSorted((a, b) => a.dueMs - b.dueMs)
      for (const sleeper of due) if (sleepers.delete(sleeper)) sleeper.wake()
    },
  }
}
