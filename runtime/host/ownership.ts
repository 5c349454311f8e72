// Which partitions this process runs. Every beat: say that we live, see who else does, let go of what is no longer ours,
// claim what is (R8, R24). A partition that was lost is simply not owned any more; the next beat may claim it again.
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import type { Scope } from "effect/Scope"
import { assignPartitions } from "../delivery/assignment.ts"
import { type AppShape, type Delivery, newDelivery, type Ports } from "../delivery/delivery.ts"
import { type PartitionLost, runPartition } from "../delivery/loop.ts"
import type { Observer } from "../delivery/observer.ts"
import { claim } from "../delivery/recover.ts"
import { limits } from "../kernel/limits.ts"
import type { CorruptJournal } from "../message/block.ts"
import type { Members } from "../ports/members.ts"

export type EngineFault = PartitionLost | CorruptJournal

export interface OwnershipOptions {
  readonly app: AppShape
  readonly ports: Ports
  readonly members: Members
  /** This process among the members: unique, and a NATS key token. */
  readonly self: string
  readonly observer: Observer
  /** A new random identity for each journal that is created (R14). */
  readonly newIncarnation: () => string
}

export interface Ownership {
  /** The partitions that are claimed and run here. */
  readonly deliveries: ReadonlyMap<number, Delivery>
  /** Fails with what cannot be mended by claiming again, such as a journal that is broken. */
  readonly lost: Effect.Effect<never, EngineFault>
}

interface State {
  readonly options: OwnershipOptions
  readonly deliveries: Map<number, Delivery>
  readonly fibers: Map<number, Fiber.Fiber<void>>
  readonly lost: Deferred.Deferred<never, EngineFault>
  /** Open once the partitions of the first assignment are claimed. */
  readonly settled: Latch.Latch
  others: boolean
  /** The partitions that are this process's share by the last beat. */
  share: ReadonlySet<number>
}

/** Opens the latch once everything in the share is claimed; an empty share is. */
function noteClaimed({ share, deliveries, settled }: State): void {
  if ([...share].every((partition) => deliveries.has(partition))) settled.openUnsafe()
}

/** Joins the members and owns its share until the scope closes. Ready when its first share is claimed. */
export const ownPartitions = Effect.fnUntraced(function* (
  options: OwnershipOptions,
): Effect.fn.Return<Ownership, EngineFault, Scope> {
  const lost = yield* Deferred.make<never, EngineFault>()
  const settled = Latch.makeUnsafe(false)
  const state: State = { options, deliveries: new Map(), fibers: new Map(), lost, settled, others: false, share: new Set() }
  yield* Effect.addFinalizer(() => Effect.andThen(letGo(state, [...state.fibers.keys()]), options.members.leave(options.self)))
  const beating = Effect.forever(Effect.andThen(beat(state), Effect.sleep(limits.memberBeatMs)))
  yield* Effect.forkScoped(beating)
  yield* Effect.raceFirst(settled.await, Deferred.await(lost))
  return { deliveries: state.deliveries, lost: Deferred.await(lost) }
})

/** One round. Without a heartbeat of its own a process claims nothing; what it owns the fence protects. */
const beat = Effect.fnUntraced(function* (state: State): Effect.fn.Return<void> {
  const { app, members, self } = state.options
  const result = yield* Effect.result(members.beat(self))
  if (result._tag === "Failure") return
  state.others = result.success.some((member) => member !== self)
  const owners = assignPartitions(app.partitions, result.success)
  state.share = new Set(owners.flatMap((owner, partition) => (owner === self ? [partition] : [])))
  yield* letGo(state, [...state.fibers.keys()].filter((partition) => !state.share.has(partition)))
  for (const partition of state.share) if (!state.fibers.has(partition)) yield* take(state, partition)
  noteClaimed(state)
})

const letGo = Effect.fnUntraced(function* (state: State, partitions: readonly number[]): Effect.fn.Return<void> {
  const fibers = partitions.flatMap((partition) => state.fibers.get(partition) ?? [])
  yield* Fiber.interruptAll(fibers)
})

/** Starts to claim and run one partition; whatever ends it, it is forgotten entirely (R8). */
const take = Effect.fnUntraced(function* (state: State, partition: number): Effect.fn.Return<void> {
  const running = runOwned(state, partition).pipe(
    Effect.catch((fault) => noteLoss(state, partition, fault)),
    Effect.ensuring(Effect.sync(() => forget(state, partition))),
  )
  state.fibers.set(partition, yield* Effect.forkDetach(running))
})

const runOwned = Effect.fnUntraced(function* (state: State, index: number): Effect.fn.Return<void, EngineFault> {
  const { app, ports, observer, newIncarnation } = state.options
  const clock = yield* Effect.clockWith(Effect.succeed)
  const claimant = { app: app.name, index, incarnation: newIncarnation(), nowMs: clock.currentTimeMillisUnsafe() }
  const delivery = newDelivery(app, ports, yield* claim(ports, claimant), observer)
  state.deliveries.set(index, delivery)
  observer.owned([...state.deliveries.keys()])
  noteClaimed(state)
  yield* Effect.scoped(runPartition(delivery, timersMayFire(state)))
})

/** Replies of partitions that other processes own need a moment to be sent again (R20). */
function timersMayFire(state: State): Effect.Effect<void> {
  const grace = Effect.suspend(() => (state.others ? Effect.sleep(limits.takeOverGraceMs) : Effect.void))
  return Effect.andThen(state.settled.await, grace)
}

function noteLoss(state: State, partition: number, fault: EngineFault): Effect.Effect<void> {
  if (fault._tag === "Fenced") return Effect.sync(() => state.options.observer.fenced(partition))
  return fault.retry === "never" ? Effect.asVoid(Deferred.fail(state.lost, fault)) : Effect.void
}

function forget(state: State, partition: number): void {
  state.fibers.delete(partition)
  state.deliveries.delete(partition)
  state.options.observer.owned([...state.deliveries.keys()])
}
