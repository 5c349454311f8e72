// What leaves the app through streams: facts, one message each, and frames of records for other apps. Whatever is not
// acknowledged is published again, in order, with what follows it; readers drop what they have by its number (R2, R4).
import * as Effect from "effect/Effect"
import { assert } from "../kernel/assert.ts"
import { limits } from "../kernel/limits.ts"
import type { Message } from "../message/message.ts"
import type { PeerFrame } from "../message/peer.ts"
import { type Destination, parseDestination } from "./channel-id.ts"
import type { Delivery } from "./delivery.ts"
import { committedCount } from "./dispatch.ts"
import type { Outbox } from "./outbox.ts"
import { closeRoomWhenFull } from "./receive.ts"

/** Publishes for as long as the partition is owned. Each destination by itself: one that refuses holds no other up. */
export const publishing = Effect.fnUntraced(function* (delivery: Delivery): Effect.fn.Return<never> {
  const busy = new Set<string>()
  for (;;) {
    delivery.facts.closeUnsafe()
    for (const [id, outbox] of delivery.partition.outboxes) {
      const destination = parseDestination(id)
      if (busy.has(id) || destination.type === "lane" || committedCount(delivery, id, outbox, 0) === 0) continue
      busy.add(id)
      const done = Effect.sync(() => {
        busy.delete(id)
        // What became committed after the last look, and before this, is looked for again.
        delivery.facts.openUnsafe()
      })
      yield* Effect.forkChild(Effect.ensuring(publishTo(delivery, id, destination, outbox), done))
    }
    yield* delivery.facts.await
  }
})

function publishTo(delivery: Delivery, id: string, destination: Destination, outbox: Outbox): Effect.Effect<void> {
  if (destination.type === "peer") return publishFrames(delivery, id, destination, outbox)
  return publishFacts(delivery, id, destination.partition, outbox)
}

/** Publishes committed events of one event partition in order, for as long as the partition is owned. */
const publishFacts = Effect.fnUntraced(function* (
  delivery: Delivery,
  destination: string,
  eventPartition: number,
  outbox: Outbox,
): Effect.fn.Return<void> {
  const { partition, ports } = delivery
  for (;;) {
    const window = Math.min(limits.factsInFlightMax, committedCount(delivery, destination, outbox, 0))
    const owed = outbox.owed(0, window)
    if (owed.messages.length === 0) return
    const results = yield* Effect.forEach(
      owed.messages,
      (event, index) => {
        assert(event.type === "event", "an event destination holds events")
        const fact = {
          eventPartition,
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
    closeRoomWhenFull(delivery)
    // What follows a failure may be stored already: readers drop it as a gap, and it is published again behind it (R4).
    if (failed !== -1) yield* Effect.sleep(limits.publishRetryMs)
  }
})

type PeerDestination = Extract<Destination, { type: "peer" }>

/** Sends committed records to one partition of another app, in frames, a few of them on their way at once. */
const publishFrames = Effect.fnUntraced(function* (
  delivery: Delivery,
  id: string,
  destination: PeerDestination,
  outbox: Outbox,
): Effect.fn.Return<void> {
  for (;;) {
    const owed = outbox.owed(0, Math.min(limits.outboxRecordsMax, committedCount(delivery, id, outbox, 0)))
    if (owed.messages.length === 0) return
    const frames = framesOf(delivery, destination, owed)
    const results = yield* Effect.forEach(frames, (frame) => Effect.result(delivery.ports.egress.send(frame)), {
      concurrency: "unbounded", // framesOf bounds them; sending in order keeps their order in the stream
    })
    const failed = results.findIndex((result) => result._tag === "Failure")
    const stored = failed === -1 ? frames : frames.slice(0, failed)
    outbox.confirm(owed.first - 1 + stored.reduce((count, { messages }) => count + messages.length, 0))
    closeRoomWhenFull(delivery)
    if (failed !== -1) yield* Effect.sleep(limits.publishRetryMs)
  }
})

function framesOf(
  { partition }: Delivery,
  { app, partition: to, lane }: PeerDestination,
  owed: { readonly first: number; readonly messages: readonly Message[] },
): readonly PeerFrame[] {
  const frames: PeerFrame[] = []
  for (let start = 0; start < owed.messages.length && frames.length < limits.peerFramesInFlightMax;) {
    const count = frameLength(owed.messages, start)
    const messages = owed.messages.slice(start, start + count)
    const { incarnation, index: source } = partition
    frames.push({ app, partition: to, lane, incarnation, source, first: owed.first + start, messages })
    start += count
  }
  return frames
}

/** How many records from `start` fit one message: at least one. */
function frameLength(messages: readonly Message[], start: number): number {
  let count = 0
  for (let bytes = 0; start + count < messages.length && count < limits.inputRecordsMax; count += 1) {
    bytes += Buffer.byteLength(JSON.stringify(messages[start + count]), "utf8")
    if (count > 0 && bytes > limits.frameBytesMax - 4096) break
  }
  return count
}
