// Time that passes when a test says so: pauses of days take milliseconds, and nothing is waited for in vain.
import { setImmediate as turn } from "node:timers/promises"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"

export interface VirtualClock {
  readonly clock: Clock.Clock
  /** Lets time pass in steps of `stepMs` (default 50), and after each lets everything run that it has set going. */
  pass(ms: number, stepMs?: number): Promise<void>
  /** A jump, as when the whole process stood still: nothing runs in between. */
  jump(ms: number): Promise<void>
}

/** Begins at 0. Give its `clock` to `startInMemory`. */
export async function virtualClock(): Promise<VirtualClock> {
  const clock = await Effect.runPromise(Effect.scoped(TestClock.make()))
  const settle = async () => {
    for (let n = 0; n < 20; n += 1) await turn()
  }
  return {
    clock,
    async pass(ms, stepMs = 50) {
      await settle()
      for (let passed = 0; passed < ms; passed += stepMs) {
        await Effect.runPromise(clock.adjust(Math.min(stepMs, ms - passed)))
        await settle()
      }
    },
    async jump(ms) {
      await Effect.runPromise(clock.adjust(ms))
      await settle()
    },
  }
}
