// Who gets an event: each service that reacts to it and whose subscription has come to it (R22). What one service cannot
// take, because it breaks that service's contract or its `keyOf` or `when` throws, is parked for that service alone.
import type { ActorLogic } from "../actor/logic.ts"
import type { Entry, ParkedEntry } from "../message/block.ts"
import { checkFits, readFact } from "../message/fact.ts"
import { checkKey } from "../message/key.ts"
import type { EventMessage } from "../message/message.ts"
import { type Subscription, takesFromMain } from "../message/subscription.ts"
import { type Decided, seal } from "./decided.ts"
import { parkedBytes, parkedFor } from "./decode.ts"
import type { Delivery } from "./delivery.ts"
import type { EventWork } from "./inbound.ts"
import { Outgoing } from "./outgoing.ts"

/** Forwards an event. The marks are in the last decision: what is parked twice, because of a crash, is parked once. */
export function deliverEvent(delivery: Delivery, from: Entry["from"], work: EventWork, nowMs: number): readonly Decided[] {
  const messages: EventMessage[] = []
  const parked: Decided[] = []
  for (const { logic, subscription } of receivers(delivery, work)) {
    const { generation } = subscription
    try {
      const message = addressed(logic, subscription, work.event, work.position)
      if (message !== undefined) messages.push(message)
    } catch (error) {
      parked.push(seal({ from: [], parked: parkedFor(parkedEvent(work, error, nowMs), { service: logic.service, generation }) }))
    }
  }
  noteDelivered(delivery, work)
  return [...parked, forwarded(delivery, from, work, messages, nowMs)]
}

/** What is too large for so many is parked for all of them. */
function forwarded(
  delivery: Delivery,
  from: Entry["from"],
  work: EventWork,
  messages: readonly EventMessage[],
  nowMs: number,
): Decided {
  const out = new Outgoing(delivery, undefined)
  try {
    checkFits(work.bytes.length, messages.length)
    for (const message of messages) out.forward(message)
    return seal({ from, ...out.entry() })
  } catch (error) {
    const parked = parkedEvent(work, error, nowMs)
    return seal({ from, parked: work.group === undefined ? parked : parkedFor(parked, work.group) })
  }
}

function parkedEvent({ position, bytes, headers }: EventWork, error: unknown, atMs: number): ParkedEntry {
  return { ...parkedBytes("events", { number: position, bytes, headers }, error), position, atMs }
}

interface Receiver {
  readonly logic: ActorLogic
  readonly subscription: Subscription
}

function* receivers({ app, partition }: Delivery, { event, position, group }: EventWork): IterableIterator<Receiver> {
  for (const [service, subscription] of partition.subscriptions) {
    const logic = app.logics.get(service)
    if (logic?.reactions.has(event.name) !== true) continue
    if (group === undefined ? takesFromMain(subscription, position) : isRead(subscription, service, group))
      yield { logic, subscription }
  }
}

/** What was read for a generation that is over by now is nobody's. */
function isRead({ generation, catchUp, stopped }: Subscription, service: string, group: Required<EventWork>["group"]): boolean {
  return service === group.service && generation === group.generation && catchUp !== undefined && stopped === undefined
}

function addressed(
  logic: ActorLogic,
  { generation, silentTo = 0 }: Pick<Subscription, "generation" | "silentTo">,
  event: EventMessage,
  position: number,
): EventMessage | undefined {
  const key = logic.reactions.get(event.name)?.(event.payload, event.subject, event.version)
  if (key === undefined) return undefined
  checkKey(key)
  return {
    ...event,
    to: { service: logic.service, key },
    ...(generation > 1 ? { generation } : {}),
    ...(position <= silentTo ? { silent: true } : {}),
  }
}

function noteDelivered({ events }: Delivery, { position, group }: EventWork): void {
  if (group === undefined) events.main.decided = position
  else {
    const reading = events.catchUps.get(group.service)
    if (reading?.generation === group.generation) reading.decided = position
  }
}

/**
 * What parked bytes of an event say, now that it can perhaps be read or taken. For the service that it was parked for; if
 * nobody could read it, for those that would have got it from the main reader. Throws like the first time if not.
 */
export function deliverAgain({ app, partition }: Delivery, parked: ParkedEntry): readonly EventMessage[] {
  const { bytes = "", headers = {}, position = Number.MAX_SAFE_INTEGER, service, generation = 1 } = parked
  const { event } = readFact(headers, Buffer.from(bytes, "base64"))
  return [...partition.subscriptions].flatMap(([name, subscription]) => {
    const logic = app.logics.get(name)
    const isMeant = service === undefined ? takesFromMain(subscription, position) : service === name
    const as = service === undefined ? subscription : { generation }
    const message = logic === undefined || !isMeant ? undefined : addressed(logic, as, event, position)
    return message === undefined ? [] : [message]
  })
}
