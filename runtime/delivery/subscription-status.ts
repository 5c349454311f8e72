// How far each service has come with the events of a partition, for operators and metrics.
import type { Message } from "../message/message.ts"
import { stateOf, type Subscription, type SubscriptionState } from "../message/subscription.ts"
import { groupChannel, parseDestination } from "./channel-id.ts"
import type { Delivery } from "./delivery.ts"

/** Up to where a service has got its events in this partition. */
export function deliveredTo({ events }: Pick<Delivery, "events">, service: string, subscription: Subscription): number {
  const { joined, catchUp, stopped, generation, silentTo = 0 } = subscription
  if (stopped !== undefined) return Math.max(stopped.position, silentTo)
  const { decided: main } = events.main
  if (joined !== undefined && (catchUp === undefined || main > joined)) return Math.max(main, joined, silentTo)
  const own = events.catchUps.get(service)
  return Math.max(own?.generation === generation ? own.decided : (catchUp?.after ?? 0), silentTo)
}

/** One service in one partition, as operators see it. */
export interface SubscriptionStatus {
  readonly service: string
  readonly generation: number
  readonly state: SubscriptionState
  /** Events up to this position of the stream were delivered to its actors. */
  readonly position: number
  /**
   * Events that are stored for this partition, or on their way to its actors, and not decided. Those that are not read
   * yet are counted whatever their type, as of the last look at the stream (`limits.unreadLookMs`).
   */
  readonly lag: number
  /** Why it is stopped. */
  readonly why?: string
}

type Shown = Pick<Delivery, "events" | "queue" | "partition">

export function subscriptionsOf(delivery: Shown): readonly SubscriptionStatus[] {
  const { subscriptions } = delivery.partition
  const waiting = subscriptions.size === 0 ? undefined : onTheWay(delivery)
  return [...subscriptions].map(([service, subscription]) => ({
    service,
    generation: subscription.generation,
    state: stateOf(subscription),
    position: deliveredTo(delivery, service, subscription),
    lag: unreadBy(delivery, service, subscription) + (waiting?.get(service) ?? 0),
    ...(subscription.stopped === undefined ? {} : { why: subscription.stopped.why }),
  }))
}

/** What the main reader has not read, or, of one that catches up, what its own reader has not. */
function unreadBy({ events, queue, partition }: Shown, service: string, subscription: Subscription): number {
  const own = events.catchUps.get(service)
  const channel = own && partition.channels.get(groupChannel(events.channel, service, own.generation))
  if (own !== undefined) return own.unread + (channel?.openCount ?? 0)
  if (subscription.joined === undefined || subscription.stopped !== undefined) return events.main.unread
  return events.main.unread + queue.length("events")
}

/** By service: forwarded, and not known to be decided; or decided to wait in a durable mailbox. */
function onTheWay({ partition }: Shown): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  const count = (message: Message) => {
    const { service } = message.to
    if (message.type === "event") counts.set(service, (counts.get(service) ?? 0) + 1)
  }
  for (const [destination, outbox] of partition.outboxes)
    if (parseDestination(destination).type === "lane") outbox.owed(0, outbox.unconfirmedCount).messages.forEach(count)
  for (const row of partition.held.rows()) for (const { message } of partition.held.of(row).values()) count(message)
  return counts
}
