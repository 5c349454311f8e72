// What a service says about the outside that its handlers call: how often it may be called, and when to leave it alone.
import { type Duration, durationMs } from "../kernel/duration.ts"
import { InvalidInput } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"

export interface RateOptions {
  /** Calls in any time of the length `per`: attempts of effectful handlers, retries among them. */
  readonly calls: number
  /** At least 100 ms. */
  readonly per: Duration
  /** Calls that may begin at once. Default: all of `calls`. */
  readonly burst?: number
}

export interface BreakerOptions {
  /** Faults that open it. Default 5. */
  readonly failures?: number
  /** The time in which they fall. Default 10 seconds. */
  readonly within?: Duration
  /**
   * Absent: they follow each other without a success. From 0 to 1: whatever succeeds between them, as long as they are so
   * large a share of all calls in that time.
   */
  readonly share?: number
  /** How long nothing is called before one call is tried. Default 30 seconds. */
  readonly openFor?: Duration
}

export interface FlowControlOptions {
  /** Effectful handlers under way in ONE PROCESS. Default: `limits.handlersPerServiceDefault`. */
  readonly concurrency?: number
  /** Calls of the service by the APP AS A WHOLE, however many processes run it and whoever takes over from whom. */
  readonly rate?: RateOptions
  /** For each key, of which one handler is under way at a time anyway; also for the app as a whole. */
  readonly perKey?: { readonly rate: RateOptions }
  /** Keeps ONE PROCESS from calling what fails. */
  readonly breaker?: BreakerOptions
}

/** At most so many calls begin in any time of `perMs`. */
export interface Rate {
  readonly calls: number
  readonly perMs: number
}

export interface BreakerPolicy {
  readonly failures: number
  readonly withinMs: number
  readonly share: number | undefined
  readonly openForMs: number
}

export interface Flow {
  readonly concurrency: number
  readonly rate?: Rate
  readonly keyRate?: Rate
  readonly breaker?: BreakerPolicy
}

/** Throws InvalidInput, naming `where`, on what cannot be kept. */
export function flowOf(options: FlowControlOptions, where: string): Flow {
  const { concurrency = limits.handlersPerServiceDefault, rate, perKey, breaker } = options
  if (!isCount(concurrency)) throw new InvalidInput(`${where}: concurrency ${concurrency} is not a whole number from 1 up`)
  return {
    concurrency,
    ...(rate === undefined ? {} : { rate: rateOf(rate, `${where}: rate`) }),
    ...(perKey === undefined ? {} : { keyRate: rateOf(perKey.rate, `${where}: perKey.rate`) }),
    ...(breaker === undefined ? {} : { breaker: breakerOf(breaker, `${where}: breaker`) }),
  }
}

/** A burst is a shorter time with fewer calls: so many in it that what was stated for the whole time is kept as well. */
function rateOf({ calls, per, burst = calls }: RateOptions, where: string): Rate {
  if (!isCount(calls)) throw new InvalidInput(`${where}.calls ${calls} is not a whole number from 1 up`)
  if (!isCount(burst) || burst > calls) throw new InvalidInput(`${where}.burst ${burst} is not a whole number from 1 to ${calls}`)
  const perMs = Math.ceil(durationMs(per) / Math.floor(calls / burst))
  if (perMs < limits.ratePerMsMin) {
    throw new InvalidInput(`${where}: ${burst} calls in ${perMs} ms: the time of a burst is at least ${limits.ratePerMsMin} ms`)
  }
  return { calls: burst, perMs }
}

function breakerOf(options: BreakerOptions, where: string): BreakerPolicy {
  const { failures = 5, within = "10 seconds", share, openFor = "30 seconds" } = options
  if (!isCount(failures) || failures > limits.breakerOutcomesMax)
    throw new InvalidInput(`${where}.failures ${failures} is not a whole number from 1 to ${limits.breakerOutcomesMax}`)
  if (share !== undefined && !(share > 0 && share <= 1))
    throw new InvalidInput(`${where}.share ${share} is not above 0 and at most 1`)
  const policy = { failures, withinMs: durationMs(within), share, openForMs: durationMs(openFor) }
  if (policy.withinMs === 0 || policy.openForMs === 0) throw new InvalidInput(`${where}: within and openFor are longer than 0`)
  return policy
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1
}
