// What a new owner makes of the subscriptions that its journal tells of, before it reads any event: services that are new
// begin, services that are gone wait, and what left the stream before it was read is not passed over in silence (R22).
import { Fault } from "../kernel/fault.ts"
import type { Entry } from "../message/block.ts"
import type { EventsChange, Subscription } from "../message/subscription.ts"
import type { InputBounds } from "../ports/inputs.ts"
import { groupChannel, groupOf, isFactChannel } from "./channel-id.ts"
import { seal } from "./decided.ts"
import { positionOf } from "./decode.ts"
import type { Delivery } from "./delivery.ts"
import { eventPosition } from "./event-reading.ts"
import { ready } from "./ready.ts"

/** Events left their stream, by age, before a service had them. It gets no more of them until an operator resets it. */
export class EventsLost extends Fault {
  readonly _tag = "EventsLost"
  readonly code = "EVENTS_LOST"
  readonly retry = "never"
}

/** A journaled change of the subscriptions. The caller sees to it that the block is cut. */
export function change(delivery: Delivery, events: EventsChange, rest: Omit<Entry, "from" | "events"> = {}): void {
  ready(delivery, seal({ from: [], ...rest, events }))
}

/** The main reader's place must be known: `delivery.events`. */
export function openSubscriptions(delivery: Delivery, bounds: InputBounds): void {
  const { partition, events, app } = delivery
  const changed = new Map<string, Subscription>()
  for (const [service, subscription] of partition.subscriptions) {
    const now = reopened(delivery, bounds, service, subscription, reacts(app, service))
    if (now === subscription) continue
    changed.set(service, now)
    if (now.stopped !== undefined) tellStopped(delivery, service, now.stopped.why)
  }
  for (const { service, from = "beginning" } of app.logics.values()) {
    if (!reacts(app, service) || partition.subscriptions.has(service)) continue
    const first = { stream: events.stream, generation: 1 }
    // Before there were subscriptions every service got what the main reader read: what it has had is not repeated.
    changed.set(service, partition.format === 1 ? { ...first, joined: 0 } : begun(delivery, { ...first, from }))
  }
  const forget = readUpTo(delivery) > 0 && bounds.keptFrom > readUpTo(delivery) + 1 ? factChannels(delivery) : []
  if (changed.size > 0 || forget.length > 0)
    change(delivery, { ...(changed.size > 0 && { subscriptions: [...changed] }), ...(forget.length > 0 && { forget }) })
}

/** One that is taken out of its app, or reacts to nothing any more, reads nothing. */
export function reacts({ logics }: Delivery["app"], service: string): boolean {
  return (logics.get(service)?.reactions.size ?? 0) > 0
}

/** From the beginning: no position has to be asked for. */
export function begun(delivery: Delivery, subscription: Subscription): Subscription {
  if (subscription.from !== "beginning") return subscription
  return placed(delivery, subscription, 0)
}

/** It gets all that is behind `after`: from the main reader, if that has not read it yet; else by itself at first. */
export function placed({ events }: Delivery, { from: _, ...subscription }: Subscription, after: number): Subscription {
  if (after >= events.main.position) return { ...subscription, joined: after }
  return { ...subscription, catchUp: { after } }
}

/** Up to where all is read, as the journal tells. */
function readUpTo({ partition, events }: Delivery): number {
  return Math.max(events.main.decided, partition.eventsReadTo)
}

function reopened(
  delivery: Delivery,
  bounds: InputBounds,
  service: string,
  subscription: Subscription,
  isRead: boolean,
): Subscription {
  const { events } = delivery
  const { joined, catchUp, rebuild, generation } = subscription
  // Its positions mean nothing on another stream, which has nothing that was read before.
  if (subscription.stream !== events.stream) {
    const { stream } = events
    return rebuild === undefined ? { stream, generation, joined: 0 } : { stream, generation, rebuild }
  }
  if (subscription.stopped !== undefined || joined === undefined) return subscription
  const now = catchUp === undefined ? subscription : rejoined(delivery, service, subscription, catchUp.after)
  if (now.joined === undefined) return now
  const had = Math.max(joined, readUpTo(delivery))
  const { keptFrom } = bounds
  if (had > 0 && keptFrom > had + 1) return stop(now, had, lostText(delivery, service, had, keptFrom))
  // It will be there again, perhaps, and then goes on from here.
  return isRead ? now : { ...withoutJoined(now), catchUp: { after: had } }
}

/** If the last owner ended before all that is up to `joined` was decided, nothing behind it was: it has to join again. */
function rejoined(delivery: Delivery, service: string, subscription: Subscription, after: number): Subscription {
  const { joined = 0, generation } = subscription
  const low = groupMark(delivery.partition, delivery.events.channel, service, generation)
  if (Math.max(after, eventPosition(low)) < joined) return withoutJoined(subscription)
  const { catchUp: _, ...live } = subscription
  return live
}

function withoutJoined({ joined: _, ...subscription }: Subscription): Subscription {
  return subscription
}

function stop(subscription: Subscription, position: number, why: string): Subscription {
  return { ...subscription, stopped: { position, why } }
}

/** Stops a subscription: events behind `position` are gone. */
export function stopSubscription(delivery: Delivery, service: string, position: number, first: number): void {
  const subscription = delivery.partition.subscriptions.get(service)
  if (subscription === undefined) return
  const why = lostText(delivery, service, position, first)
  change(delivery, { subscriptions: [[service, stop(subscription, position, why)]] })
  tellStopped(delivery, service, why)
  delivery.events.changed.openUnsafe()
}

function lostText({ partition, app }: Delivery, service: string, position: number, first: number): string {
  return (
    `service ${service} of ${app.name} has read the events of partition ${partition.index} up to ${position}, and the first ` +
    `that is kept is ${first}: what was between may be lost; it gets no events until an operator resets it`
  )
}

function tellStopped({ observer, partition }: Delivery, service: string, why: string): void {
  observer.unsubscribed(partition.index, service, new EventsLost(why))
}

function factChannels({ partition }: Delivery): readonly string[] {
  return [...partition.channels.keys()].filter((id) => isFactChannel(id) && groupOf(id) === undefined)
}

/** Forgets the channels of groups whose own reading is over, once nothing of theirs is under way. */
export function sweepChannels(delivery: Delivery): void {
  const { partition, committedLow, events } = delivery
  const alive = new Set<string>()
  for (const [service, { catchUp, generation }] of partition.subscriptions)
    if (catchUp !== undefined) alive.add(`${service}.${generation}`)
  const over = [...partition.channels].flatMap(([id, channel]) => {
    const group = groupOf(id)
    return group === undefined || alive.has(group) || channel.openCount > 0 ? [] : [id]
  })
  if (over.length === 0) return
  change(delivery, { forget: over })
  for (const id of over) committedLow.delete(id)
  for (const [service, { generation }] of events.catchUps)
    if (!alive.has(`${service}.${generation}`)) events.catchUps.delete(service)
}

/** The main reader's channel, and that of a group. */
export function channelOfGroup({ events }: Delivery, service: string, generation: number): string {
  return groupChannel(events.channel, service, generation)
}

/** The low mark of a group's own reading. */
export function groupMark({ channels }: Delivery["partition"], channel: string, service: string, generation: number): number {
  return channels.get(groupChannel(channel, service, generation))?.low ?? 0
}

/** Whether all that a group was to read by itself is decided: what it gets from now on is what the main reader reads. */
export function isCaughtUp(delivery: Delivery, service: string, { joined, catchUp, generation }: Subscription): boolean {
  if (joined === undefined || catchUp === undefined) return false
  return (delivery.partition.channels.get(channelOfGroup(delivery, service, generation))?.openCount ?? 0) === 0
}

/** Up to where the events of this partition are needed by no service of this app any more, of `low` that the main reader has. */
export function handledUpTo({ partition, app, committedLow, events }: Delivery, low: number): number {
  let upTo = low
  for (const [service, { catchUp, from, rebuild, generation, stopped }] of partition.subscriptions) {
    if (stopped !== undefined || !reacts(app, service)) continue
    if (from !== undefined || rebuild !== undefined) return 0
    const own = committedLow.get(groupChannel(events.channel, service, generation)) ?? 0
    if (catchUp !== undefined) upTo = Math.min(upTo, Math.max(catchUp.after, positionOf(own)))
  }
  return upTo
}
