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
