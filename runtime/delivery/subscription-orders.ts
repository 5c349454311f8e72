// What operators do with the subscriptions of a partition: see them, and reset one (R23). A reset begins the service's next
// generation. "reprocess" is one order: from here on it reads again, on its present state. "rebuild" takes three, each given
// to all partitions before the next: pause, wipe, resume. Each order names the generation that it leads to, so that giving
// it again changes nothing.
import type { Json } from "../message/json.ts"
import type { EventsChange, StartAt, Subscription } from "../message/subscription.ts"
import type { Delivery } from "./delivery.ts"
import { deliveredTo, subscriptionsOf } from "./subscription-status.ts"
import { begun } from "./subscribing.ts"

export interface OrderedChange {
  readonly value: Json
  /** Absent: nothing is to be changed, now or any more. */
  readonly change?: EventsChange
}

export interface SubscriptionOrder {
  readonly name: string
  readonly service: string
  /** The generation that it leads to. */
  readonly generation: number
  readonly from: StartAt
}

export function isSubscriptionOrder(name: string): boolean {
  return ["reset", "pauseEvents", "drained", "wipe", "resumeEvents"].includes(name)
}

/** The subscriptions as JSON, with what a client needs to go on with a rebuild that was cut short. */
export function listSubscriptions(delivery: Delivery): Json {
  return subscriptionsOf(delivery).map((status) => {
    const subscription = delivery.partition.subscriptions.get(status.service)
    return { ...status, rebuildTo: subscription?.rebuild?.generation }
  })
}

/** What an order changes. What it throws becomes a refusal. */
export function orderSubscription(delivery: Delivery, order: SubscriptionOrder): OrderedChange {
  const { service } = order
  const subscription = delivery.partition.subscriptions.get(service)
  if (subscription === undefined) throw new Error(`this app has no service "${service}" that reacts to events`)
  if (order.name === "reset") return reprocess(delivery, subscription, order)
  return rebuild(delivery, subscription, order)
}

function reprocess(delivery: Delivery, subscription: Subscription, order: SubscriptionOrder): OrderedChange {
  const { service, generation, from } = order
  if (subscription.rebuild !== undefined) throw new Error(`${service} is being rebuilt: finish that first`)
  if (subscription.generation >= generation) return done
  const { stream } = subscription
  return changed(service, begun(delivery, { stream, generation, from }))
}

function rebuild(delivery: Delivery, subscription: Subscription, order: SubscriptionOrder): OrderedChange {
  const { service, generation, name, from } = order
  const { stream, rebuild: under, silentTo = 0 } = subscription
  const isOver = subscription.generation >= generation
  if (name === "resumeEvents") {
    if (under?.phase !== "wiped" || !isOver) return done
    return changed(service, begun(delivery, { stream, generation: subscription.generation, from, silentTo }))
  }
  if (isOver) return done
  if (name === "pauseEvents") {
    if (delivery.app.logics.get(service)?.isRebuildable !== true)
      throw new Error(`${service} has commands, timers or handlers that do I/O: only a state made from events can be rebuilt`)
    if (under !== undefined) return done
    const horizon = deliveredTo(delivery, service, subscription)
    const paused = { stream, generation: subscription.generation, silentTo: horizon }
    return changed(service, { ...paused, rebuild: { generation, phase: "paused" } })
  }
  if (under?.phase !== "paused") throw new Error(`${service} is not paused`)
  const isDrained = !isOnTheWay(delivery, service)
  if (name === "drained") return { value: { done: isDrained } }
  // One that had waited for its time has left in between.
  if (!isDrained) return { value: { done: false } }
  const wiped = { stream, generation, silentTo, rebuild: { generation, phase: "wiped" as const } }
  return { value: { done: true }, change: { subscriptions: [[service, wiped]], wipe: service } }
}

const done: OrderedChange = { value: { done: true } }

function changed(service: string, subscription: Subscription): OrderedChange {
  return { value: { done: true }, change: { subscriptions: [[service, subscription]] } }
}

/** Forwarded to an actor of any partition, and not known to be decided. */
function isOnTheWay({ partition }: Delivery, service: string): boolean {
  for (const outbox of partition.outboxes.values()) {
    const { messages } = outbox.owed(0, outbox.unconfirmedCount)
    if (messages.some((message) => message.type === "event" && message.to.service === service)) return true
  }
  return false
}
