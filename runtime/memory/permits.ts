// Permits in memory, shared by all processes of a world: the times at which they were granted.
import * as Effect from "effect/Effect"
import type { Permits } from "../ports/permits.ts"

export function memoryPermits(): Permits {
  const granted = new Map<string, number[]>()
  return {
    take: ({ service, calls, perMs }, wanted) =>
      Effect.clockWith((clock) =>
        Effect.sync(() => {
          const nowMs = Number(clock.monotonicTimeNanosUnsafe()) / 1e6
          const counting = (granted.get(service) ?? []).filter((atMs) => nowMs - atMs < perMs)
          const count = Math.max(0, Math.min(wanted, calls - counting.length))
          granted.set(service, [...counting, ...Array.from({ length: count }, () => nowMs)])
          return count
        }),
      ),
  }
}
