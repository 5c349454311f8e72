// dispatch: hand on the outgoing records of a committed block. They are durable in the journal, which keeps them until
// their destination confirms: the journal is the outbox, and everything here may be lost and is then sent again (R4, R7).
import * as Effect from "effect/Effect"
import { assert } from "../kernel/assert.ts"
import { limits } from "../kernel/limits.ts"
import type { Message } from "../message/message.ts"
import { parseDestination } from "./channel-id.ts"
import type { Decided } from "./decided.ts"
import type { Delivery } from "./delivery.ts"
import type { Outbox } from "./outbox.ts"

/** Hands on what one block sends: lane records as one frame per destination, events to the publisher. */
export function dispatch(delivery: Delivery, decisions: readonly Decided[]): void {
  const frames = new Map<string, { first: number; messages: Message[] }>()
  for (const { entry } of decisions) {
    for (const [destination, number, message] of entry.out ?? []) {
      const frame = frames.get(destination)
      if (frame === undefined) frames.set(destination, { first: number, messages: [message] })
      else frame.messages.push(message)
      delivery.dispatched.set(destination, number)
    }
  }
  for (const [destination, frame] of frames) sendFrame(delivery, destination, frame)
}

function sendFrame(
  delivery: Delivery,
  destinationId: string,
  frame: { readonly first: number; readonly messages: readonly Message[] },
): void {
  const { partition, ports } = delivery
  const destination = parseDestination(destinationId)
  if (destination.type === "events") return void delivery.facts.openUnsafe()
  ports.lanes.send({
    incarnation: partition.incarnation,
    source: partition.index,
    destination: destination.partition,
    lane: destination.lane,
    first: frame.first,
    messages: frame.messages,
  })
}

/** Sends everything that one destination has not confirmed, oldest first (go-back-N). Committed records only. */
export function resend(delivery: Delivery, destination: string, after: number): void {
  const outbox = delivery.partition.outboxes.get(destination)
  if (outbox === undefined) return
  const owed = outbox.owed(after, committedCount(delivery, destination, outbox, after))
  if (owed.messages.length === 0) return
  delivery.observer.resent(owed.messages.length)
  sendFrame(delivery, destination, owed)
}

/** How many records behind `after` may leave: none that a block still has to make durable. */
function committedCount(delivery: Delivery, destination: string, outbox: Outbox, after: number): number {
  const committed = delivery.dispatched.get(destination) ?? 0
  return Math.max(0, committed - Math.max(after, outbox.confirmed))
}

/** Publishes committed events of one event partition in order, for as long as the partition is owned. */
export const publishFacts = Effect.fnUntraced(function* (
  delivery: Delivery,
  destination: string,
): Effect.fn.Return<void> {
  const { partition, ports } = delivery
  const target = parseDestination(destination)
  assert(target.type === "events", "facts go to event partitions")
  const outbox = partition.outboxes.get(destination)
  if (outbox === undefined) return
  for (;;) {
    const window = Math.min(limits.factsInFlightMax, committedCount(delivery, destination, outbox, 0))
    const owed = outbox.owed(0, window)
    if (owed.messages.length === 0) return
    const results = yield* Effect.forEach(
      owed.messages,
      (event, index) => {
        assert(event.type === "event", "an event destination holds events")
        const fact = {
          eventPartition: target.partition,
          incarnation: partition.incarnation,
          source: partition.index,
          number: owed.first + index,
          event,
        }
        return Effect.result(ports.egress.publish(fact))
      },
      { concurrency: "unbounded" }, // the window bounds it; publishing in order keeps their order in the stream
    )
    const failed = results.findIndex((result) => result._tag === "Failure")
    const stored = failed === -1 ? results.length : failed
    outbox.confirm(owed.first + stored - 1)
    // What follows a failure may be stored already: readers drop it as a gap, and it is published again behind it (R4).
    if (failed !== -1) yield* Effect.sleep(limits.publishRetryMs)
  }
})
