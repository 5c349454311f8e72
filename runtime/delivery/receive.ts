// receive: take what arrives for the partition. Lane frames are handed over by their source; input streams are pulled,
// and only while there is room, so that a slow partition slows its senders and not its memory.
import * as Effect from "effect/Effect"
import { limits } from "../kernel/limits.ts"
import type { InputReader, InputRecord, InputSource, InputUnavailable } from "../ports/inputs.ts"
import type { Confirmation, LaneFrame } from "../ports/lanes.ts"
import { admitLaneRecord, admitStreamRecord } from "./admit.ts"
import { laneChannel } from "./channel-id.ts"
import { claimAt } from "./claim-runs.ts"
import type { Delivery } from "./delivery.ts"
import type { Reading } from "./event-reading.ts"
import { type DecodedWork, decodeEvent, decodeExternal, decodePeer } from "./decode.ts"
import { handOnMisplaced } from "./misplaced.ts"
import { channelOf } from "./partition.ts"
import { hasForgotten, isOtherDecided, isOtherRecord, suspect } from "./suspicion.ts"

/** Takes the records of one frame, in order, until one must wait for the source to send again (R4). */
export function receiveFrame(delivery: Delivery, frame: LaneFrame): void {
  const { incarnation, source, destination, lane } = frame
  const { partition, observer } = delivery
  observer.reached?.(partition, "receive", "before")
  const id = laneChannel(incarnation, source, lane)
  const channel = channelOf(partition, id)
  const low = delivery.committedLow.get(id) ?? 0
  const tell = (mark: number, more: Pick<Confirmation, "resend"> = {}) => {
    const claim = channel.claims.at(mark)
    const known = claim === undefined ? {} : { claim }
    delivery.ports.lanes.confirm({ incarnation, source, destination, lane, low: mark, ...known, ...more })
  }
  // What is committed here already was sent because its confirmation was lost, and no later block may ever repeat it.
  if (frame.first <= low) tell(low)
  if (channel.adopts) channel.adopt(frame.first - 1)
  if (hasForgotten(channel, frame)) {
    const what = `${frame.confirmed}, and the journal knows ${channel.low}`
    return suspect(delivery, `it had confirmed records of partition ${source} (${lane}) up to ${what}`)
  }
  // The source, which is told under which claim the record was made that is known here, will find out what is wrong.
  if (isOtherRecord(channel, frame)) return tell(channel.high, { resend: true })
  for (const [index, message] of frame.messages.entries()) {
    const number = frame.first + index
    if (isOtherDecided(channel, frame, number)) return tell(number, { resend: true })
    if (message.type === "settled" && isOvertaking(delivery, frame)) break
    const known = channel.high
    observer.reached?.(partition, "admit", "before", message)
    const admitted = admitLaneRecord(delivery, { id, channel, lane }, number, message)
    observer.reached?.(partition, "admit", "after", message)
    if (channel.high > known) channel.noteClaim(number, claimAt(frame.claims ?? [], number) ?? "")
    if (admitted === "gap") tell(channel.high, { resend: true })
    // A full lane asks for nothing: the source sends again by itself, when there may be room.
    if (admitted !== "taken") break
  }
  observer.reached?.(partition, "receive", "after")
  delivery.work.openUnsafe()
}

/** Pulls one input stream for as long as the partition is owned. */
export const receiveStream = Effect.fnUntraced(function* (
  delivery: Delivery,
  source: InputSource,
  channelId: string,
  reader: InputReader,
): Effect.fn.Return<never, InputUnavailable> {
  const { events, partition, observer } = delivery
  const channel = channelOf(partition, channelId)
  const adopts = source === "events" && events.adopts
  for (;;) {
    // What other apps owe an answer to, or undo, is never made to wait for new work (R1).
    if (source !== "replies") yield* delivery.room.await
    const record = yield* reader.next
    observer.reached?.(partition, "receive", "before")
    channel.noteRead(record)
    observer.reached?.(partition, "decode", "before")
    const works = decodeRecord(delivery, source, record)
    observer.reached?.(partition, "decode", "after")
    for (const { number, marks, work } of works) {
      const message = work.type === "message" ? work.message : undefined
      observer.reached?.(partition, "admit", "before", message)
      admitStreamRecord(delivery, { id: channelId, channel, lane: source, adopts }, number, marks, work)
      observer.reached?.(partition, "admit", "after", message)
    }
    if (source === "events") noteRead(events.main, record)
    noteReadBefore(delivery, source)
    observer.reached?.(partition, "receive", "after")
    closeRoomWhenFull(delivery)
    delivery.work.openUnsafe()
  }
})

/** An undo that is still under way would find everything forgotten, and be remembered for ever (R11): it comes first. */
function isOvertaking({ partition }: Delivery, { incarnation, source, repliesTo = 0 }: LaneFrame): boolean {
  const replies = channelOf(partition, laneChannel(incarnation, source, "replies"))
  return !replies.adopts && replies.high < repliesTo
}

function noteReadBefore({ unreadBefore }: Delivery, source: InputSource): void {
  const left = unreadBefore.get(source)
  if (left === undefined) return
  if (left > 1) unreadBefore.set(source, left - 1)
  else unreadBefore.delete(source)
}

/** A record was read and admitted. */
export function noteRead(reading: Reading, { number }: InputRecord): void {
  reading.position = number
  reading.unread = Math.max(0, reading.unread - 1)
}

function decodeRecord({ app, partition }: Delivery, source: InputSource, record: InputRecord): readonly DecodedWork[] {
  if (source === "events") return decodeEvent(record)
  const works = source === "external" ? decodeExternal(record) : decodePeer(record, source)
  return works.map((decoded) => handOnMisplaced(decoded, partition, app.partitions))
}

/** Only input from outside waits for room (R1); what is owed inside the app is never refused. */
export function closeRoomWhenFull(delivery: Delivery): void {
  const { queue, undecidedCount } = delivery
  const waiting = queue.length("urgent") + queue.length("external") + queue.length("events") + undecidedCount
  const isFull =
    waiting >= limits.externalInFlightMax ||
    unconfirmedCount(delivery) >= limits.outboxRecordsMax ||
    delivery.partition.held.count >= limits.mailboxPartitionMax ||
    delivery.partition.parked.size >= limits.parkedPartitionMax
  delivery.isFull = isFull
  if (isFull) delivery.room.closeUnsafe()
  else delivery.room.openUnsafe()
}

function unconfirmedCount(delivery: Delivery): number {
  let count = 0
  for (const outbox of delivery.partition.outboxes.values()) count += outbox.unconfirmedCount
  return count
}
