// How long to wait before the next try.

export interface Backoff {
  readonly fromMs: number
  readonly factor: number
  readonly maxMs: number
}

/** The pause before try `attempt + 1`, where `attempt` counts from 1. */
export function backoffMs(backoff: Backoff, attempt: number): number {
  return Math.min(backoff.maxMs, Math.round(backoff.fromMs * backoff.factor ** (attempt - 1)))
}

/**
 * The same, up to a quarter shorter: `seed`, a hash of what is tried, spreads tries that failed together, so that whoever
 * comes back is not met by all of them at once. No randomness, because the same run must wait the same time (G11).
 */
export function spreadBackoffMs(backoff: Backoff, attempt: number, seed: number): number {
  const share = (Math.imul(seed ^ attempt, 0x9e3779b1) >>> 0) / 2 ** 32
  return Math.round(backoffMs(backoff, attempt) * (1 - share / 4))
}
