// A clock that stands still until the test lets time pass, and then lets everything that became ready run.
import { setImmediate as turn } from "node:timers/promises"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"

export interface VirtualClock {
  readonly clock: TestClock.TestClock
  /** Lets `ms` pass, in steps; what is due runs after each of them. */
  pass(ms: number, stepMs?: number): Promise<void>
  /** A jump, as when the whole process stood still: nothing runs in between. */
  jump(ms: number): Promise<void>
}

export async function virtualClock(): Promise<VirtualClock> {
  const clock = await Effect.runPromise(Effect.scoped(TestClock.make()))
  const settle = async () => {
    for (let n = 0; n < 20; n += 1) await turn()
  }
  return {
    clock,
    async pass(ms, stepMs = 50) {
      for (let passed = 0; passed <= ms; passed += stepMs) {
        await settle()
        if (passed < ms) await Effect.runPromise(clock.adjust(stepMs))
      }
    },
    async jump(ms) {
      await Effect.runPromise(clock.adjust(ms))
      await settle()
    },
  }
}
