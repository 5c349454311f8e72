// What one process knows of the partitions: which are its share, which it runs, and which it cannot run and why.
import type { Clock } from "effect/Clock"
import * as Deferred from "effect/Deferred"
import type { Effect } from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import type { AppShape, Delivery, Ports } from "../delivery/delivery.ts"
import type { PartitionLost } from "../delivery/loop.ts"
import type { Observer } from "../delivery/observer.ts"
import { Slots } from "../delivery/slots.ts"
import { Fault } from "../kernel/fault.ts"
import type { CorruptJournal, NewerFormat } from "../message/block.ts"
import type { Members } from "../ports/members.ts"
import { Lease } from "./lease.ts"
import { UnreadableInputs } from "./unreadable-inputs.ts"
import type { Watch } from "./watched-ports.ts"

/** The code that runs a partition threw where nothing may: what it holds in memory is not to be trusted. */
export class PartitionCrashed extends Fault {
  readonly _tag = "PartitionCrashed"
  readonly code = "PARTITION_CRASHED"
  readonly retry = "later"
}

export type EngineFault = PartitionLost | CorruptJournal | NewerFormat | PartitionCrashed

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

/** A partition that this process claims or runs. */
export interface Taken {
  readonly watch: Watch
  /** Absent while its journal is being read. */
  delivery: Delivery | undefined
  fiber: Fiber.Fiber<void> | undefined
}

/** A partition that this process does not claim any more, until an operator says so. */
export interface Stopped {
  readonly state: "broken" | "refused"
  readonly fault: EngineFault
}

/** "draining": nothing new is let in. "left": everything is handed over, and the others know. */
export type Phase = "owning" | "draining" | "left"

export interface OwnershipState {
  readonly options: OwnershipOptions
  readonly clock: Clock
  readonly lease: Lease
  readonly slots: Slots
  readonly appending: Set<Delivery>
  readonly taken: Map<number, Taken>
  /** The partitions that are claimed and run here. */
  readonly deliveries: Map<number, Delivery>
  readonly stopped: Map<number, Stopped>
  /** Partitions that are not run while their input cannot be read. */
  readonly unreadable: UnreadableInputs
  /** Partitions that an operator lets be claimed as their journals and inputs are. */
  readonly resyncs: Set<number>
  /** When the code of a partition crashed, lately. */
  readonly crashes: Map<number, readonly number[]>
  readonly lostWith: Deferred.Deferred<never, EngineFault>
  /** Fails with what leaves nothing of the app that this process could run. */
  readonly lost: Effect<never, EngineFault>
  /** Open once everything in the first share runs, or is known not to run. */
  readonly settled: Latch.Latch
  isSettled: boolean
  others: boolean
  /** The partitions that are this process's share by the last beat. */
  share: ReadonlySet<number>
  /** Until then who is a member is not believed; monotonic. Undefined: it is. */
  unsureUntilNanos: bigint | undefined
  /** The last heartbeat had no answer. */
  isUnheard: boolean
  phase: Phase
  /** When the last round of beating was over, whatever came of it; monotonic. */
  roundNanos: bigint
}

export function newOwnership(options: OwnershipOptions, clock: Clock): OwnershipState {
  const lostWith = Deferred.makeUnsafe<never, EngineFault>()
  return {
    options,
    clock,
    lease: new Lease(clock),
    slots: new Slots(() => Number(clock.monotonicTimeNanosUnsafe()) / 1e6, options.observer.breaker),
    appending: new Set(),
    taken: new Map(),
    deliveries: new Map(),
    stopped: new Map(),
    unreadable: new UnreadableInputs(clock),
    resyncs: new Set(),
    crashes: new Map(),
    lostWith,
    lost: Deferred.await(lostWith),
    settled: Latch.makeUnsafe(false),
    isSettled: false,
    others: false,
    share: new Set(),
    unsureUntilNanos: undefined,
    isUnheard: false,
    phase: "owning",
    roundNanos: clock.monotonicTimeNanosUnsafe(),
  }
}

/** Opens the latch once everything in the share runs or is known not to; an empty share is. */
export function noteSettled(state: OwnershipState): void {
  const { deliveries, stopped, unreadable } = state
  const isKnown = (partition: number) =>
    deliveries.has(partition) || stopped.has(partition) || unreadable.of(partition) !== undefined
  if (![...state.share].every(isKnown)) return
  state.isSettled = true
  state.settled.openUnsafe()
}
