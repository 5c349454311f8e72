// Which partitions this process runs. Every beat: say that we live, see who else does, let go of what is no longer ours,
// claim what is (R8, R24). A partition that was lost is simply not owned any more; the next beat may claim it again.
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { Scope } from "effect/Scope"
import { assignPartitions } from "../delivery/assignment.ts"
import { newDelivery } from "../delivery/delivery.ts"
import { runPartition } from "../delivery/loop.ts"
import { claim } from "../delivery/recover.ts"
import { limits } from "../kernel/limits.ts"
import { blockVersion } from "../message/block.ts"
import { Fenced } from "../ports/journal.ts"
import type { Member } from "../ports/members.ts"
import { crashed, noteLoss } from "./losses.ts"
import {
  type EngineFault, newOwnership, noteSettled, type OwnershipOptions, type OwnershipState, type Taken,
} from "./ownership-state.ts"
import { newWatch, sampleUnread, watchedPorts } from "./watched-ports.ts"

/** Joins the members and owns its share until the scope closes. Ready when its first share is claimed. */
export const ownPartitions = Effect.fnUntraced(function* (
  options: OwnershipOptions,
): Effect.fn.Return<OwnershipState, EngineFault, Scope> {
  const state = newOwnership(options, yield* Effect.clockWith(Effect.succeed))
  yield* Effect.addFinalizer(() => handOver(state))
  yield* supplyPermits(state)
  const beating = Effect.forever(Effect.andThen(round(state), Effect.sleep(limits.memberBeatMs)))
  yield* Effect.forkScoped(beating)
  yield* Effect.raceFirst(state.settled.await, state.lost)
  return state
})

/** Gets permits for the services that have a rate, for as long as this process runs. */
const supplyPermits = Effect.fnUntraced(function* ({ options, slots }: OwnershipState): Effect.fn.Return<void, never, Scope> {
  const { permits } = options.ports
  if (permits === undefined) return
  for (const [service, { io }] of options.app.logics) {
    const stock = io === undefined ? undefined : slots.permitsOf(service, io.flow)
    if (stock !== undefined) yield* Effect.forkScoped(stock.supply(permits, () => slots.supplied(service)))
  }
})

/** Lets go of everything and says goodbye. Once: whoever has left stays away. */
export const handOver = Effect.fnUntraced(function* (state: OwnershipState): Effect.fn.Return<void> {
  if (state.phase === "left") return
  state.phase = "left"
  yield* letGo(state, [...state.taken.keys()])
  // Whoever cannot say goodbye is gone by then anyway.
  yield* Effect.timeoutOption(state.options.members.leave(state.options.self), limits.memberTtlMs)
})

const round = Effect.fnUntraced(function* (state: OwnershipState): Effect.fn.Return<void> {
  const isEnded = state.phase === "left" || (yield* beat(state))
  // What was given up waiting for has not come to an end: a process to which that happens always is to be started anew.
  if (isEnded) state.roundNanos = state.clock.monotonicTimeNanosUnsafe()
})

/** Without a heartbeat of its own a process claims nothing; what it owns the fence protects. False: it had no end. */
const beat = Effect.fnUntraced(function* (state: OwnershipState): Effect.fn.Return<boolean> {
  const { members, self } = state.options
  const refuses = [...state.stopped].flatMap(([partition, stopped]) => (stopped.state === "refused" ? [partition] : []))
  const sent = state.lease.sent()
  const said = Effect.result(members.beat({ name: self, reads: blockVersion, refuses }))
  const heard = yield* Effect.timeoutOption(said, limits.heartbeatMaxMs)
  if (heard._tag === "None" || heard.value._tag === "Failure") state.isUnheard = true
  else if (isUnsure(state, state.lease.beaten(sent))) yield* proveAgain(state)
  else yield* takeShare(state, heard.value.success)
  return heard._tag === "Some"
})

const takeShare = Effect.fnUntraced(function* (state: OwnershipState, members: readonly Member[]): Effect.fn.Return<void> {
  const { app, self } = state.options
  state.others = members.some(({ name }) => name !== self)
  const owners = assignPartitions(app.partitions, members)
  state.share = new Set(owners.flatMap((owner, partition) => (owner === self ? [partition] : [])))
  yield* letGo(state, [...state.taken.keys()].filter((partition) => !state.share.has(partition)))
  yield* proveAgain(state)
  for (const partition of state.share) {
    const isFree = !state.taken.has(partition) && !state.stopped.has(partition) && state.unreadable.mayTry(partition)
    if (isFree && state.phase === "owning") yield* take(state, partition)
  }
  noteSettled(state)
})

/**
 * Who was silent for so long that others may have taken it for gone was perhaps not alone: without the bucket everybody looks
 * gone. Until all have had the time to beat again nothing is claimed, and nothing let go of but what is not proved. A process
 * that is only slow comes late again and again, and is heard each time: it waits once, and then has a turn. Otherwise what
 * another has left would be claimed by nobody while it is slow.
 */
function isUnsure(state: OwnershipState, isLate: boolean): boolean {
  const nowNanos = state.clock.monotonicTimeNanosUnsafe()
  const waits = state.unsureUntilNanos !== undefined && !state.isUnheard
  if (isLate && !waits) state.unsureUntilNanos = nowNanos + BigInt(limits.memberTtlMs) * 1_000_000n
  state.isUnheard = false
  if (state.unsureUntilNanos === undefined) return false
  if (nowNanos < state.unsureUntilNanos) return true
  state.unsureUntilNanos = undefined
  return false
}

export const letGo = Effect.fnUntraced(function* (
  state: OwnershipState,
  partitions: readonly number[],
): Effect.fn.Return<void> {
  const fibers = partitions.flatMap((partition) => state.taken.get(partition)?.fiber ?? [])
  yield* Fiber.interruptAll(fibers)
})

/** Starts to claim and run one partition; whatever ends it, it is forgotten entirely (R8). */
const take = Effect.fnUntraced(function* (state: OwnershipState, partition: number): Effect.fn.Return<void> {
  const { appended } = state.options.observer
  const attached = () => state.unreadable.opened(partition)
  const watch = newWatch({ partition, lease: state.lease, clock: state.clock, appended, attached })
  const taken: Taken = { watch, delivery: undefined, fiber: undefined }
  state.taken.set(partition, taken)
  const running = runOwned(state, taken).pipe(
    Effect.catchDefect((defect) => Effect.fail(crashed(state, partition, defect))),
    Effect.catch((fault) => Effect.sync(() => noteLoss(state, partition, fault))),
    Effect.ensuring(Effect.sync(() => forget(state, partition))),
  )
  taken.fiber = yield* Effect.forkDetach(running)
})

const runOwned = Effect.fnUntraced(function* (
  state: OwnershipState,
  taken: Taken,
): Effect.fn.Return<void, EngineFault> {
  const { app, observer, newIncarnation } = state.options
  const { watch } = taken
  const index = watch.partition
  const ports = watchedPorts(state.options.ports, watch)
  const { name, logics } = app
  yield* state.unreadable.look(ports.inputs, index)
  const nowMs = state.clock.currentTimeMillisUnsafe()
  const resync = state.resyncs.has(index)
  const partition = yield* claim(ports, { app: name, index, incarnation: newIncarnation(), nowMs, resync, logics })
  state.resyncs.delete(index)
  if (state.phase !== "owning") return
  const sharing = { slots: state.slots, appending: state.appending, mayAct: () => state.lease.mayAct(index) }
  const delivery = newDelivery(app, ports, partition, observer, sharing)
  taken.delivery = delivery
  state.deliveries.set(index, delivery)
  observer.owned([...state.deliveries.keys()])
  noteSettled(state)
  const running = Effect.andThen(Effect.forkScoped(sampleUnread(watch)), runPartition(delivery, timersMayFire(state)))
  yield* Effect.scoped(running)
})

/** Replies of partitions that other processes own need a moment to be sent again (R20). */
function timersMayFire(state: OwnershipState): Effect.Effect<void> {
  const grace = Effect.suspend(() => (state.others ? Effect.sleep(limits.takeOverGraceMs) : Effect.void))
  return Effect.andThen(state.settled.await, grace)
}

/** Others may have taken this process for gone: asks the journal whether its partitions are still its own (R10). */
const proveAgain = Effect.fnUntraced(function* (state: OwnershipState): Effect.fn.Return<void> {
  const doubtful = [...state.taken.values()].filter(({ watch }) => !state.lease.isProved(watch.partition))
  yield* Effect.forEach(doubtful, (taken) => prove(state, taken), { concurrency: "unbounded", discard: true })
})

const prove = Effect.fnUntraced(function* (
  state: OwnershipState,
  { watch, delivery }: Taken,
): Effect.fn.Return<void> {
  // What it is appending will show it.
  if (delivery === undefined || watch.appendingSinceMs !== undefined) return
  const sent = state.lease.sent()
  const { journal } = state.options.ports
  const read = yield* Effect.timeoutOption(Effect.result(journal.last(watch.partition)), limits.memberBeatMs)
  if (read._tag === "None" || read.value._tag === "Failure") return
  const sequence = read.value.success?.sequence ?? 0
  if (sequence === delivery.partition.sequence) return state.lease.proved(watch.partition, sent)
  if (sequence < delivery.partition.sequence || watch.appendingSinceMs !== undefined) return
  const taken = `the journal of partition ${watch.partition} is at ${sequence}, not at ${delivery.partition.sequence}`
  noteLoss(state, watch.partition, new Fenced(`${taken}: another process owns it now`))
  yield* letGo(state, [watch.partition])
})

function forget(state: OwnershipState, partition: number): void {
  state.taken.delete(partition)
  state.deliveries.delete(partition)
  state.lease.forget(partition)
  state.options.observer.owned([...state.deliveries.keys()])
}
