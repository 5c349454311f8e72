// The subscriptions of a partition as its journal tells of them, whether or not anybody runs it: nothing is claimed.
import * as Effect from "effect/Effect"
import type { CorruptJournal, NewerFormat } from "../message/block.ts"
import type { InputBehind, InputUnavailable } from "../ports/inputs.ts"
import type { JournalUnavailable } from "../ports/journal.ts"
import { latestStreamChannel } from "./channel-id.ts"
import type { AppShape, Ports } from "./delivery.ts"
import { type EventReading, eventPosition, newEventReading, newReading } from "./event-reading.ts"
import type { Partition } from "./partition.ts"
import { RecordQueue } from "./record-queue.ts"
import { recover } from "./recover.ts"
import { groupMark } from "./subscribing.ts"
import { type SubscriptionStatus, subscriptionsOf } from "./subscription-status.ts"

type ReadFault = CorruptJournal | NewerFormat | JournalUnavailable | InputUnavailable | InputBehind

export const storedSubscriptions = Effect.fnUntraced(function* (
  ports: Pick<Ports, "journal" | "inputs">,
  app: AppShape,
  index: number,
): Effect.fn.Return<readonly SubscriptionStatus[], ReadFault> {
  const partition = yield* recover(ports, { app: app.name, index, logics: app.logics })
  const stream = yield* ports.inputs.stream("events")
  const events = newEventReading()
  Object.assign(events, { channel: latestStreamChannel(partition.channels, "events", stream, index) })
  const low = partition.channels.get(events.channel)?.low ?? 0
  const unreadBehind = (after: number) => backlog(ports, index, after)
  const main = eventPosition(low)
  Object.assign(events.main, { position: main, decided: main, unread: yield* unreadBehind(main) })
  for (const [service, { catchUp, generation }] of partition.subscriptions) {
    if (catchUp === undefined) continue
    const position = Math.max(catchUp.after, eventPosition(groupMark(partition, events.channel, service, generation)))
    events.catchUps.set(service, { ...newReading(position), generation, unread: yield* unreadBehind(position) })
  }
  return statusOf(events, partition)
})

function statusOf(events: EventReading, partition: Partition): readonly SubscriptionStatus[] {
  return subscriptionsOf({ events, partition, queue: new RecordQueue() })
}

const backlog = Effect.fnUntraced(function* ({ inputs }: Pick<Ports, "inputs">, index: number, after: number) {
  const reader = yield* inputs.open("events", index, { after })
  return reader.backlog
}, Effect.scoped)
