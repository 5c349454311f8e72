// How long one try of a step's command may take, and how often it is tried again. The same policy holds for its undo.
import type { Backoff } from "../../runtime/kernel/backoff.ts"
import { type Duration, durationMs } from "../../runtime/kernel/duration.ts"
import { InvalidInput } from "../../runtime/kernel/fault.ts"
import { limits } from "../../runtime/kernel/limits.ts"

export interface RetryOptions {
  /** Tries after the first; 0 for none. Default 3. */
  readonly times?: number
  /** The pause before the second try. Default 200 ms. */
  readonly from?: Duration
  /** What each further pause is multiplied by; 1 or more. Default 2. */
  readonly factor?: number
  /** The longest pause. Default 30 seconds. */
  readonly max?: Duration
}

export interface PolicyOptions {
  /** How long one try waits for its reply. Default 30 seconds. */
  readonly timeout?: Duration
  /** A try that times out or is answered with a fault is followed by a pause and the next try, same effect key. */
  readonly retry?: RetryOptions
}

export interface RetryPolicy extends Backoff {
  readonly times: number
}

/** The options with defaults filled in. Throws InvalidInput, naming `where`, on what cannot be a policy. */
export function policy(options: PolicyOptions, where: string): { timeoutMs: number; retry: RetryPolicy } {
  const { times = 3, from = "200 millis", factor = 2, max = "30 seconds" } = options.retry ?? {}
  const timeoutMs = durationMs(options.timeout ?? "30 seconds")
  if (timeoutMs === 0) throw new InvalidInput(`${where}: a timeout is longer than 0`)
  if (!Number.isSafeInteger(times) || times < 0 || times > limits.retriesPerCommandMax) {
    throw new InvalidInput(`${where}: retry.times ${times} is not a whole number from 0 to ${limits.retriesPerCommandMax}`)
  }
  if (!Number.isFinite(factor) || factor < 1) throw new InvalidInput(`${where}: retry.factor ${factor} is not 1 or more`)
  return { timeoutMs, retry: { times, fromMs: durationMs(from), factor, maxMs: durationMs(max) } }
}
