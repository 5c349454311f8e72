// How long one try may take, and how often it is tried again: of a saga's command and of its undo, and of a handler that
// does I/O.
import type { Backoff } from "../kernel/backoff.ts"
import { type Duration, durationMs } from "../kernel/duration.ts"
import { InvalidInput } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"

export interface RetryOptions {
  /** Tries after the first; 0 for none. Default 3 for a saga's command, 10 for a handler. A handler may say `Infinity`. */
  readonly times?: number
  /** The pause before the second try. Default 200 ms. */
  readonly from?: Duration
  /** What each further pause is multiplied by; 1 or more. Default 2. */
  readonly factor?: number
  /** The longest pause. Default 30 seconds. */
  readonly max?: Duration
}

export interface PolicyOptions {
  /** How long one try may take. Default 30 seconds. */
  readonly timeout?: Duration
  /** A try that times out or fails with a fault is followed by a pause and the next try, with the same effect key. */
  readonly retry?: RetryOptions
}

export interface RetryPolicy extends Backoff {
  readonly times: number
}

export interface Policy {
  readonly timeoutMs: number
  /** A handler that has not said for so long that it goes on counts as failed. */
  readonly heartbeatMs?: number
  readonly retry: RetryPolicy
}

/** A saga's options with defaults filled in. Throws InvalidInput, naming `where`, on what cannot be a policy. */
export function policy(options: PolicyOptions, where: string): Policy {
  const { times = 3 } = options.retry ?? {}
  if (!Number.isSafeInteger(times) || times > limits.retriesPerCommandMax) throw badTimes(where, times)
  return fill(options, times, where)
}

/** A handler's options with defaults filled in: it may be tried for ever. Throws InvalidInput, naming `where`. */
export function handlerPolicy(options: PolicyOptions, where: string): Policy {
  const { times = 10 } = options.retry ?? {}
  if (!Number.isSafeInteger(times) && times !== Number.POSITIVE_INFINITY) throw badTimes(where, times)
  return fill(options, times, where)
}

function fill(options: PolicyOptions, times: number, where: string): Policy {
  const { from = "200 millis", factor = 2, max = "30 seconds" } = options.retry ?? {}
  const timeoutMs = durationMs(options.timeout ?? "30 seconds")
  if (timeoutMs === 0) throw new InvalidInput(`${where}: a timeout is longer than 0`)
  if (times < 0) throw badTimes(where, times)
  if (!Number.isFinite(factor) || factor < 1) throw new InvalidInput(`${where}: retry.factor ${factor} is not 1 or more`)
  return { timeoutMs, retry: { times, fromMs: durationMs(from), factor, maxMs: durationMs(max) } }
}

function badTimes(where: string, times: number): InvalidInput {
  return new InvalidInput(`${where}: retry.times ${times} is not a whole number from 0 to ${limits.retriesPerCommandMax}`)
}
