// The engine of one process: owns the app's partitions on whatever ports it is given. A partition that lost its journal
// or inputs for a while is claimed anew; one that another process took ends this engine, which then knows nothing more.
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import type { Scope } from "effect/Scope"
import { type AppShape, type Delivery, isIdle, newDelivery, type Ports } from "../delivery/delivery.ts"
import { type PartitionLost, runPartition } from "../delivery/loop.ts"
import type { Observer } from "../delivery/observer.ts"
import { claim } from "../delivery/recover.ts"
import type { Row } from "../delivery/row.ts"
import { limits } from "../kernel/limits.ts"
import type { CorruptJournal, ParkedEntry } from "../message/block.ts"
import type { Json } from "../message/json.ts"
import { addressText, type Address } from "../message/message.ts"
import { partitionOf } from "../message/key.ts"

export type EngineFault = PartitionLost | CorruptJournal

export interface EngineOptions {
  readonly observer: Observer
  /** A new random identity for each journal that is created (R14). */
  readonly newIncarnation: () => string
}

export interface Engine {
  /** Fails when this process can no longer own its partitions. */
  readonly lost: Effect.Effect<never, EngineFault>
  /** The rows of one service that this process holds: decided, and durable once the engine is idle. */
  rows(service: string): IterableIterator<readonly [key: string, state: Json]>
  row(address: Address): Row | undefined
  parked(): readonly ParkedEntry[]
  isIdle(): boolean
}

/** Claims every partition of the app, and runs them until the scope closes. Ready when all are claimed. */
export const startEngine = Effect.fnUntraced(function* (
  app: AppShape,
  ports: Ports,
  options: EngineOptions,
): Effect.fn.Return<Engine, EngineFault, Scope> {
  const deliveries = new Map<number, Delivery>()
  const allReady = Latch.makeUnsafe(false)
  const lost = yield* Deferred.make<never, EngineFault>()
  const indexes = Array.from({ length: app.partitions }, (_, index) => index)
  const own = (index: number) =>
    claimPartition(app, ports, options, index).pipe(
      Effect.tap((delivery) => Effect.sync(() => deliveries.set(index, delivery))),
    )
  const claimed = yield* Effect.forEach(indexes, own, { concurrency: limits.claimsAtOnceMax })
  for (const delivery of claimed) {
    const first = Effect.scoped(runPartition(delivery, allReady.await))
    const again = Effect.suspend(() =>
      Effect.flatMap(own(delivery.partition.index), (next) => Effect.scoped(runPartition(next, allReady.await))),
    )
    const supervised = first.pipe(Effect.catchIf(isPassing, (fault) => retryPassing(again, fault)))
    yield* Effect.forkScoped(supervised.pipe(Effect.catch((fault) => Deferred.fail(lost, fault))))
  }
  allReady.openUnsafe()
  return {
    lost: Deferred.await(lost),
    *rows(service) {
      for (const { partition } of deliveries.values()) {
        for (const [key, { state }] of partition.rows) {
          if (state !== undefined && key.startsWith(`${service}/`))
            yield [key.slice(service.length + 1), state] as const
        }
      }
    },
    row: (address) =>
      deliveries.get(partitionOf(address.key, app.partitions))?.partition.rows.get(addressText(address)),
    parked: () => [...deliveries.values()].flatMap(({ partition }) => [...partition.parked.values()]),
    isIdle: () => [...deliveries.values()].every(isIdle),
  }
})

const claimPartition = Effect.fnUntraced(function* (
  app: AppShape,
  ports: Ports,
  options: EngineOptions,
  index: number,
) {
  const clock = yield* Effect.clockWith(Effect.succeed)
  const claimant = {
    app: app.name,
    index,
    incarnation: options.newIncarnation(),
    nowMs: clock.currentTimeMillisUnsafe(),
  }
  const partition = yield* claim(ports, claimant)
  return newDelivery(app, ports, partition, options.observer)
})

/** A fault after which claiming the partition anew can help. */
function isPassing(fault: EngineFault): boolean {
  return fault.retry !== "never"
}

const retryPassing = Effect.fnUntraced(function* (
  run: Effect.Effect<never, EngineFault>,
  fault: EngineFault,
): Effect.fn.Return<never, EngineFault> {
  let last = fault
  for (let attempt = 1; attempt <= limits.reclaimsMax; attempt += 1) {
    yield* Effect.sleep(limits.reclaimPauseMs)
    const result = yield* Effect.result(run)
    if (result._tag === "Failure" && !isPassing(result.failure)) return yield* Effect.fail(result.failure)
    if (result._tag === "Failure") last = result.failure
  }
  return yield* Effect.fail(last)
})
