// Services that have events to read which the partition's main reader has passed already: each reads by itself, on channels
// of its own, until it has come as far as the main reader, and then joins it (R22). Joining is journaled before the main
// reader's next record is decided for the service, and ends the reading of its own: so it gets each event once, in order.
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { limits } from "../kernel/limits.ts"
import type { Subscription } from "../message/subscription.ts"
import type { InputBehind, InputUnavailable } from "../ports/inputs.ts"
import { admitStreamRecord } from "./admit.ts"
import { decodeEvent } from "./decode.ts"
import type { Delivery } from "./delivery.ts"
import { eventPosition, type GroupReading, newReading } from "./event-reading.ts"
import { channelOf } from "./partition.ts"
import { closeRoomWhenFull, noteRead } from "./receive.ts"
import { change, channelOfGroup, isCaughtUp, placed, reacts, stopSubscription, sweepChannels } from "./subscribing.ts"

type Unreadable = InputUnavailable | InputBehind

/** Looks after the subscriptions for as long as the partition is owned. */
export const tendSubscriptions = Effect.fnUntraced(function* (delivery: Delivery): Effect.fn.Return<never, Unreadable> {
  const failed = Deferred.makeUnsafe<never, Unreadable>()
  return yield* Effect.raceFirst(tending(delivery, failed), Deferred.await(failed))
})

interface Running {
  readonly generation: number
  readonly fiber: Fiber.Fiber<void>
}

const tending = Effect.fnUntraced(function* (
  delivery: Delivery,
  failed: Deferred.Deferred<never, Unreadable>,
): Effect.fn.Return<never, Unreadable> {
  const { events, partition } = delivery
  const running = new Map<string, Running>()
  for (let ticks = 1; ; ticks += 1) {
    events.changed.closeUnsafe()
    yield* placeAll(delivery)
    for (const [service, { fiber, generation }] of running) {
      if (mayRead(delivery, service, generation) !== undefined) continue
      running.delete(service)
      yield* Fiber.interrupt(fiber)
    }
    for (const [service, { generation }] of partition.subscriptions) {
      const subscription = mayRead(delivery, service, generation)
      if (subscription === undefined || subscription.joined !== undefined || running.has(service)) continue
      const reading = Effect.scoped(catchUp(delivery, service, generation)).pipe(
        Effect.catch((fault) => Effect.sync(() => void Deferred.doneUnsafe(failed, Effect.fail(fault)))),
      )
      running.set(service, { generation, fiber: yield* Effect.forkChild(reading) })
    }
    endAll(delivery)
    if (ticks === 1 || events.catchUps.size > 0) sweepChannels(delivery)
    if (delivery.pending.length > 0) delivery.decided.openUnsafe()
    yield* Effect.raceFirst(events.changed.await, Effect.sleep(limits.subscriptionsTendMs))
    // Woken early or not: it looks about as often as it says.
    if (ticks % looksEvery === 0) yield* look(delivery)
  }
})

const looksEvery = Math.ceil(limits.unreadLookMs / limits.subscriptionsTendMs)

/** The subscription, if it still is one that reads by itself. */
function mayRead({ partition, app }: Delivery, service: string, generation: number): Subscription | undefined {
  const subscription = partition.subscriptions.get(service)
  if (subscription?.generation !== generation || subscription.catchUp === undefined) return undefined
  if (subscription.stopped !== undefined || subscription.rebuild !== undefined) return undefined
  return reacts(app, service) ? subscription : undefined
}

/** Asks the stream where those begin that do not know it yet. */
const placeAll = Effect.fnUntraced(function* (delivery: Delivery): Effect.fn.Return<void, InputUnavailable> {
  const { inputs } = delivery.ports
  const { index, subscriptions } = delivery.partition
  for (const [service, subscription] of subscriptions) {
    const { from } = subscription
    if (from === undefined || subscription.rebuild !== undefined) continue
    const bounds = yield* inputs.bounds("events", index)
    const { firstMs, last, keptFrom } = bounds
    const sinceMs = typeof from === "object" ? from.sinceMs : undefined
    const after = sinceMs === undefined ? last : yield* inputs.positionAt("events", index, sinceMs)
    // Meanwhile it may have been reset.
    if (subscriptions.get(service) !== subscription) continue
    change(delivery, { subscriptions: [[service, placed(delivery, subscription, from === "beginning" ? 0 : after)]] })
    if (sinceMs !== undefined && keptFrom > 1 && sinceMs < firstMs) stopSubscription(delivery, service, 0, keptFrom)
  }
})

/** Reads until the service has joined the main reader. */
const catchUp = Effect.fnUntraced(function* (delivery: Delivery, service: string, generation: number) {
  const { partition, ports, events } = delivery
  const id = channelOfGroup(delivery, service, generation)
  const channel = channelOf(partition, id)
  const begin = mayRead(delivery, service, generation)?.catchUp?.after ?? 0
  const bounds = yield* ports.inputs.bounds("events", partition.index)
  const reading: GroupReading = { ...newReading(Math.max(begin, eventPosition(channel.low))), generation }
  const subscription = mayRead(delivery, service, generation)
  if (subscription === undefined) return
  events.catchUps.set(service, reading)
  const { keptFrom, first } = bounds
  if (reading.position > 0 && keptFrom > reading.position + 1)
    return stopSubscription(delivery, service, reading.position, keptFrom)
  if (reading.position === 0 && keptFrom > Math.max(1, events.main.position))
    return skipGone(delivery, service, subscription, keptFrom - 1)
  const from = { stream: events.identity, after: reading.position, seen: reading.position }
  const reader = yield* ports.inputs.open("events", partition.index, from)
  reading.reader = reader
  reading.unread = reader.backlog
  const adopts = begin > 0 || first > 1
  while (!joins(delivery, service, reading)) {
    yield* delivery.room.await
    const record = yield* reader.next
    if (mayRead(delivery, service, generation) === undefined) return
    for (const { number, marks, work } of decodeEvent(record, { service, generation }))
      admitStreamRecord(delivery, { id, channel, lane: "events", adopts }, number, marks, work)
    noteRead(reading, record)
    closeRoomWhenFull(delivery)
    delivery.work.openUnsafe()
  }
  events.changed.openUnsafe()
})

/** From the beginning, and of what the main reader has read nothing is kept: it joins at once. */
function skipGone(delivery: Delivery, service: string, { catchUp: _, ...live }: Subscription, joined: number): void {
  change(delivery, { subscriptions: [[service, { ...live, joined }]] })
  delivery.events.changed.openUnsafe()
}

/** Whether it has come as far as the main reader: from here on it gets what that one reads. */
function joins(delivery: Delivery, service: string, { position, generation }: GroupReading): boolean {
  const subscription = mayRead(delivery, service, generation)
  if (subscription === undefined) return true
  if (position < delivery.events.main.position) return false
  change(delivery, { subscriptions: [[service, { ...subscription, joined: position }]] })
  return true
}

/** What was to be read by itself is decided: nothing is left of it. */
function endAll(delivery: Delivery): void {
  for (const [service, subscription] of delivery.partition.subscriptions) {
    if (!isCaughtUp(delivery, service, subscription)) continue
    const { catchUp: _, ...live } = subscription
    change(delivery, { subscriptions: [[service, live]] })
  }
}

/** Looks how much is stored and not read. What cannot be seen stays as it was seen last. */
const look = Effect.fnUntraced(function* (delivery: Delivery): Effect.fn.Return<void> {
  const { events, partition, ports } = delivery
  if (partition.subscriptions.size === 0) return
  const clock = yield* Effect.clockWith(Effect.succeed)
  events.quietNotedMs ??= clock.currentTimeMillisUnsafe() - limits.quietEventsNoteMs + limits.quietEventsFirstMs
  const isDue = clock.currentTimeMillisUnsafe() >= events.quietNotedMs + limits.quietEventsNoteMs
  const wanted = isDue || events.catchUps.size > 0
  const bounds = wanted ? yield* Effect.result(ports.inputs.bounds("events", partition.index)) : undefined
  for (const reading of [events.main, ...events.catchUps.values()]) {
    const unread = yield* Effect.result(reading.reader?.unread ?? Effect.succeed(0))
    if (unread._tag === "Success") reading.unread = unread.success
  }
  if (bounds?._tag !== "Success") return
  const { last, keptFrom } = bounds.success
  for (const [service, reading] of events.catchUps) {
    // The main reader had them, and they left before this one got to them.
    const isPassed = reading.unread === 0 && reading.position < events.main.position && keptFrom > reading.position + 1
    if (isPassed && mayRead(delivery, service, reading.generation) !== undefined)
      stopSubscription(delivery, service, reading.position, keptFrom)
  }
  if (isDue && noteQuiet(delivery, last)) events.quietNotedMs = clock.currentTimeMillisUnsafe()
})

/** A partition that had no events for long must not look as if it had missed some. True if there is nothing left to note. */
function noteQuiet(delivery: Delivery, last: number): boolean {
  const { partition, events } = delivery
  const { position, decided, unread } = events.main
  if (unread > 0 || decided < position) return false
  const { quiet } = events
  events.quiet = { position, last }
  // Seen twice, as a record may be on its way from the reader.
  if (quiet?.position !== position) return false
  if (quiet.last > Math.max(position, partition.eventsReadTo)) change(delivery, { readTo: quiet.last })
  return true
}
