// The engine of one process: runs its share of the app's partitions on whatever ports it is given, and shows what it holds.
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { isIdle } from "../delivery/delivery.ts"
import type { Row } from "../delivery/row.ts"
import type { ParkedEntry } from "../message/block.ts"
import type { Json } from "../message/json.ts"
import { partitionOf } from "../message/key.ts"
import { addressText, type Address } from "../message/message.ts"
import { type EngineFault, ownPartitions, type OwnershipOptions } from "./ownership.ts"

export interface Engine {
  /** Fails with what this process cannot mend by claiming its partitions again. */
  readonly lost: Effect.Effect<never, EngineFault>
  /** The partitions that this process runs now. */
  owned(): readonly number[]
  /** The rows of one service that this process holds: decided, and durable once the engine is idle. */
  rows(service: string): IterableIterator<readonly [key: string, state: Json]>
  row(address: Address): Row | undefined
  parked(): readonly ParkedEntry[]
  isIdle(): boolean
}

/** Runs until the scope closes. Ready when this process has claimed its first share. */
export const startEngine = Effect.fnUntraced(function* (
  options: OwnershipOptions,
): Effect.fn.Return<Engine, EngineFault, Scope> {
  const { deliveries, lost } = yield* ownPartitions(options)
  const { partitions } = options.app
  return {
    lost,
    owned: () => [...deliveries.keys()].toSorted((a, b) => a - b),
    *rows(service) {
      for (const { partition } of deliveries.values()) {
        for (const [key, { state }] of partition.rows) {
          if (state === undefined || !key.startsWith(`${service}/`)) continue
          yield [key.slice(service.length + 1), state] as const
        }
      }
    },
    row: (address) => deliveries.get(partitionOf(address.key, partitions))?.partition.rows.get(addressText(address)),
    parked: () => [...deliveries.values()].flatMap(({ partition }) => [...partition.parked.values()]),
    isIdle: () => [...deliveries.values()].every(isIdle),
  }
})
