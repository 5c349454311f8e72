// The engine of one process: runs its share of the app's partitions on whatever ports it is given, and shows what it holds.
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { isIdle } from "../delivery/delivery.ts"
import type { Row } from "../delivery/row.ts"
import { type Metrics, Tally, type Timed } from "../delivery/stats.ts"
import { limits } from "../kernel/limits.ts"
import type { ParkedEntry } from "../message/block.ts"
import type { Json } from "../message/json.ts"
import { partitionOf } from "../message/key.ts"
import { addressText, type Address } from "../message/message.ts"
import { drain } from "./drain.ts"
import { gaugesOfAll, type Health, healthOf } from "./health.ts"
import { claimAgain, type ClaimAgainOptions } from "./losses.ts"
import { ownPartitions } from "./ownership.ts"
import type { EngineFault, OwnershipOptions } from "./ownership-state.ts"

export interface Engine {
  /** Fails when every partition of the app is broken: nothing is left that this process could run. */
  readonly lost: Effect.Effect<never, EngineFault>
  /** The partitions that this process runs now. */
  owned(): readonly number[]
  /** The rows of one service that this process holds: decided, and durable once the engine is idle. */
  rows(service: string): IterableIterator<readonly [key: string, state: Json]>
  row(address: Address): Row | undefined
  parked(): readonly ParkedEntry[]
  isIdle(): boolean
  health(): Health
  metrics(): Metrics
  /** `timed` is told every duration that the metrics count, from now on. */
  tellDurations(timed: Timed): void
  /** A partition that is broken, or whose format is too new, is tried again. False if it is neither. */
  claimAgain(partition: number, options?: ClaimAgainOptions): boolean
  /**
   * Takes nothing new, finishes what was taken, and hands the partitions over to the other members. False if that was
   * not finished in time (`limits.drainMaxMs`); they are handed over all the same, and nothing is lost.
   */
  drain(withinMs?: number): Effect.Effect<boolean>
}

export type EngineOptions = OwnershipOptions

/** Runs until the scope closes. Ready when this process has claimed its first share; broken partitions do not count. */
export const startEngine = Effect.fnUntraced(function* (
  options: EngineOptions,
): Effect.fn.Return<Engine, EngineFault, Scope> {
  const tally = new Tally()
  const state = yield* ownPartitions({ ...options, observer: tally.observing(options.observer) })
  const { deliveries, lost } = state
  const { partitions } = options.app
  return {
    lost,
    owned: () => [...deliveries.keys()].toSorted((a, b) => a - b),
    *rows(service) {
      for (const { partition } of deliveries.values()) {
        for (const key of partition.rows.keys()) {
          const rowState = key.startsWith(`${service}/`) ? partition.rows.peek(key)?.state : undefined
          if (rowState !== undefined) yield [key.slice(service.length + 1), rowState] as const
        }
      }
    },
    row: (address) => deliveries.get(partitionOf(address.key, partitions))?.partition.rows.peek(addressText(address)),
    parked: () => [...deliveries.values()].flatMap(({ partition }) => [...partition.parked.values()]),
    isIdle: () => [...deliveries.values()].every(isIdle),
    health: () => healthOf(state),
    metrics: () => ({ ...gaugesOfAll(state), ...tally.counts }),
    tellDurations: (timed) => tally.tell(timed),
    claimAgain: (partition, how) => claimAgain(state, partition, how),
    drain: (withinMs = limits.drainMaxMs) => drain(state, withinMs),
  }
})
