// The loop: runs one partition from claim to loss. Plain functions per record, a handful of fibers per partition:
// deciding and committing overlap, so a block carries everything that became ready while the last one was under way.
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { limits } from "../kernel/limits.ts"
import type { AppendUnknown, Fenced, JournalUnavailable } from "../ports/journal.ts"
import type { InputBehind, InputReader, InputSource, InputUnavailable } from "../ports/inputs.ts"
import type { LaneReceiver } from "../ports/lanes.ts"
import { tendSubscriptions } from "./catching-up.ts"
import { takeCautiously } from "./caution.ts"
import { destinationId, latestStreamChannel, nextStreamChannel, parseDestination, streamName } from "./channel-id.ts"
import { commit, cutBlock } from "./commit.ts"
import { inputPosition, streamPosition } from "./decode.ts"
import type { Delivery } from "./delivery.ts"
import { dispatch, resend } from "./dispatch.ts"
import { tellHandled } from "./handled-events.ts"
import { concludeHandlings, startHandlings } from "./handling.ts"
import { handle, releaseSlots, reopenMailboxes, tendMailboxes } from "./mailbox.ts"
import { channelOf, timeOf } from "./partition.ts"
import { tellProgress } from "./progress.ts"
import { publishing } from "./publishing.ts"
import { closeRoomWhenFull, receiveFrame, receiveStream } from "./receive.ts"
import { settle } from "./settle.ts"
import { confirmSuspicion, isForeignMark, type JournalBehind, suspect, unlessTaken } from "./suspicion.ts"
import { openSubscriptions } from "./subscribing.ts"
import { fireTimers } from "./timers.ts"
import { forgettingHistory, purgeInput, truncateJournal } from "./truncation.ts"
import { wakeActors } from "./waking.ts"

/** Why a partition stopped: everything it held in memory is forgotten with it. */
export type PartitionLost = Fenced | AppendUnknown | JournalUnavailable | InputUnavailable | InputBehind | JournalBehind

export const inputSources = ["external", "events", "replies"] as const satisfies readonly InputSource[]

/**
 * Runs an owned partition until it is lost or its scope closes. `allReady` completes when every partition that this
 * process owns is attached, so that no timer fires while replies are still on their way (R20).
 */
export const runPartition = Effect.fnUntraced(function* (
  delivery: Delivery,
  allReady: Effect.Effect<void>,
): Effect.fn.Return<never, PartitionLost, Scope> {
  const { lanes } = delivery.ports
  yield* Effect.acquireRelease(
    Effect.sync(() => lanes.attach(delivery.partition.index, laneReceiver(delivery))),
    (detach) => Effect.sync(detach),
  )
  yield* Effect.addFinalizer(() => Effect.sync(() => releaseSlots(delivery)))
  const opening = Effect.forEach(inputSources, (source) => openSource(delivery, source), { concurrency: "unbounded" })
  const asking = delivery.ports.inputs.bounds("events", delivery.partition.index)
  const [bounds, readers] = yield* Effect.all([asking, opening], { concurrency: "unbounded" })
  delivery.events.adopts = bounds.first > 1
  openSubscriptions(delivery, bounds)
  if (delivery.pending.length > 0) delivery.decided.openUnsafe()
  lanes.ready(delivery.partition.index)
  for (const { source, reader } of readers) if (reader.backlog > 0) delivery.unreadBefore.set(source, reader.backlog)
  return yield* Effect.raceAllFirst([
    deciding(delivery),
    committing(delivery),
    ...readers.map(({ source, channel, reader }) => receiveStream(delivery, source, channel, reader)),
    publishing(delivery),
    resending(delivery),
    fireTimers(delivery, allReady),
    tendBacklog(delivery, readers),
    tending(delivery),
    delivery.deadlines.watch,
    tendSubscriptions(delivery),
    purgeInput(delivery, readers),
    forgettingHistory(delivery),
    tellProgress(delivery, readers),
    tellHandled(delivery, readers),
    confirmSuspicion(delivery),
  ])
})

function laneReceiver(delivery: Delivery): LaneReceiver {
  return {
    frame: (frame) => receiveFrame(delivery, frame),
    confirmation: (confirmation) => {
      const { incarnation, destination, lane, low, resend: again } = confirmation
      if (incarnation !== delivery.partition.incarnation) return
      const id = destinationId({ type: "lane", partition: destination, lane })
      const outbox = delivery.partition.outboxes.get(id)
      if (isForeignMark(outbox, confirmation))
        return suspect(delivery, `partition ${destination} has decided record ${low} of it (${lane}), which it never made`)
      if (again === true) return resend(delivery, id, low)
      outbox?.confirm(low)
      if (delivery.isFull) closeRoomWhenFull(delivery)
    },
    peerReady: (partition) => {
      for (const lane of ["commands", "replies"] as const) resend(delivery, destinationId({ type: "lane", partition, lane }), 0)
    },
  }
}

const openSource = Effect.fnUntraced(function* (delivery: Delivery, source: InputSource) {
  const { inputs } = delivery.ports
  const stream = yield* inputs.stream(source)
  const { partition } = delivery
  const opening = (channel: string) =>
    Effect.map(inputs.open(source, partition.index, inputPosition(channelOf(partition, channel), stream)), (reader) => {
      if (source === "events") noteOpened(delivery, stream, channel, reader)
      return { source, channel, reader }
    })
  const opened = opening(latestStreamChannel(partition.channels, source, stream, partition.index))
  if (!partition.resynced) return yield* Effect.catchTag(opened, "InputBehind", (behind) => unlessTaken(delivery, behind))
  // All that is kept is read once more: what was decided is known by its effect key.
  const anew = nextStreamChannel(partition.channels, source, stream, partition.index)
  return yield* Effect.catchTag(opened, "InputBehind", () => opening(anew))
})

function noteOpened({ events, partition }: Delivery, stream: string, channel: string, reader: InputReader): void {
  const { low, decided } = channelOf(partition, channel)
  const position = streamPosition(Math.max(low, ...decided))
  Object.assign(events, { identity: stream, stream: streamName(channel), channel })
  Object.assign(events.main, { position, decided: streamPosition(low), reader, unread: reader.backlog })
}

/** receive has queued it; load and decide it, and let it wait for the next block, or for its actor. */
const deciding = Effect.fnUntraced(function* (delivery: Delivery): Effect.fn.Return<never> {
  const clock = yield* Effect.clockWith(Effect.succeed)
  reopenMailboxes(delivery, clock.currentTimeMillisUnsafe())
  yield* takeCautiously(delivery)
  wakeActors(delivery, timeOf(delivery.partition, clock.currentTimeMillisUnsafe()))
  for (;;) {
    yield* delivery.work.await
    const nowMs = timeOf(delivery.partition, clock.currentTimeMillisUnsafe())
    for (let taken = 0; taken < limits.decisionsPerTurnMax; taken += 1) {
      const inbound = delivery.queue.take()
      if (inbound === undefined) break
      handle(delivery, inbound, nowMs)
    }
    concludeHandlings(delivery, nowMs)
    if (delivery.queue.size === 0) delivery.work.closeUnsafe()
    closeRoomWhenFull(delivery)
    if (delivery.pending.length > 0) delivery.decided.openUnsafe()
    yield* startHandlings(delivery)
    yield* Effect.yieldNow
  }
})

/** commit, dispatch, settle: one block at a time. */
const committing = Effect.fnUntraced(function* (
  delivery: Delivery,
): Effect.fn.Return<never, Fenced | AppendUnknown | JournalUnavailable, Scope> {
  const clock = yield* Effect.clockWith(Effect.succeed)
  const { observer, partition } = delivery
  const { appending } = delivery.sharing
  yield* Effect.addFinalizer(() => Effect.sync(() => appending.delete(delivery)))
  for (;;) {
    yield* delivery.decided.await
    if (delivery.pending.length === 0) {
      delivery.decided.closeUnsafe()
      continue
    }
    yield* gathering(delivery)
    delivery.compaction.step(partition, delivery.pending)
    observer.reached?.(partition, "commit", "before")
    const cut = cutBlock(delivery, clock.currentTimeMillisUnsafe())
    delivery.committing = true
    appending.add(delivery)
    yield* commit(delivery.ports, partition, cut)
    appending.delete(delivery)
    delivery.committing = false
    observer.reached?.(partition, "commit", "after")
    observer.reached?.(partition, "dispatch", "before")
    dispatch(delivery, cut.decisions)
    observer.reached?.(partition, "dispatch", "after")
    observer.reached?.(partition, "settle", "before")
    settle(delivery, cut, clock.currentTimeMillisUnsafe())
    observer.reached?.(partition, "settle", "after")
    yield* truncateJournal(delivery, cut)
  }
})

/**
 * The journals of a namespace are one stream, which stores one block after the other: while another partition's block is on
 * its way nothing is lost by deciding first what is ready, and blocks become fewer and larger. Turns are short when there is
 * little to do, and a partition that is alone does not wait.
 */
const gathering = Effect.fnUntraced(function* ({ sharing: { appending } }: Delivery): Effect.fn.Return<void> {
  for (let turn = 0; turn < limits.gatheringTurnsMax && appending.size > 0; turn += 1) yield* Effect.yieldNow
})

/** What has left its stream before it could be read, as events do by age, is not waited for. */
const tendBacklog = Effect.fnUntraced(function* (
  { unreadBefore }: Delivery,
  readers: readonly { readonly source: InputSource; readonly reader: InputReader }[],
): Effect.fn.Return<never> {
  while (unreadBefore.size > 0) {
    yield* Effect.sleep(limits.takeOverGraceMs)
    for (const { source, reader } of readers) {
      if (!unreadBefore.has(source)) continue
      const unread = yield* Effect.result(reader.unread)
      if (unread._tag === "Success" && unread.success === 0) unreadBefore.delete(source)
    }
  }
  return yield* Effect.never
})

/** Pauses before another try that are over, and records that hold the window up. */
const tending = Effect.fnUntraced(function* (delivery: Delivery): Effect.fn.Return<never> {
  const clock = yield* Effect.clockWith(Effect.succeed)
  for (;;) {
    yield* Effect.sleep(limits.timerTickMs)
    delivery.sharing.slots.tend()
    tendMailboxes(delivery, timeOf(delivery.partition, clock.currentTimeMillisUnsafe()))
    if (delivery.pending.length > 0) delivery.decided.openUnsafe()
    // What was kept from starting, because this process may have been taken for gone, is looked at again (R10).
    if (delivery.starting.length > 0) delivery.work.openUnsafe()
  }
})

/** Sends again what a destination has left unconfirmed for a whole period; nothing moves while confirmations flow. */
const resending = Effect.fnUntraced(function* (delivery: Delivery): Effect.fn.Return<never> {
  let before = new Map<string, number>()
  for (;;) {
    yield* Effect.sleep(limits.resendAfterMs)
    const now = new Map<string, number>()
    for (const [destination, outbox] of delivery.partition.outboxes) {
      if (outbox.unconfirmedCount === 0 || parseDestination(destination).type !== "lane") continue
      now.set(destination, outbox.confirmed)
      if (before.get(destination) === outbox.confirmed) resend(delivery, destination, 0)
    }
    before = now
  }
})
