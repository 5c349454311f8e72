// Waits for what happens in another process, which has no signal for it.
import { setTimeout as sleep } from "node:timers/promises"

const pollMs = 50

/** Trying again cannot help. */
export class Ended extends Error {}

/** Rejects with what `holds` threw last; at once if that is `Ended`. */
export async function untilTrue(what: string, holds: () => Promise<boolean>, withinMs: number): Promise<void> {
  const untilMs = performance.now() + withinMs
  let reason: unknown
  while (performance.now() < untilMs) {
    try {
      if (await holds()) return
      reason = undefined
    } catch (error) {
      if (error instanceof Ended) throw error
      reason = error
    }
    await sleep(pollMs)
  }
  throw new Error(`waited ${withinMs / 1000} s in vain until ${what}`, { cause: reason })
}
