// dispatch: hand on the outgoing records of a committed block. They are durable in the journal, which keeps them until
// their destination confirms: the journal is the outbox, and everything here may be lost and is then sent again (R4, R7).
import type { Message } from "../message/message.ts"
import { destinationId, parseDestination } from "./channel-id.ts"
import type { Decided } from "./decided.ts"
import type { Delivery } from "./delivery.ts"
import type { Outbox } from "./outbox.ts"
import { outboxOf } from "./partition.ts"

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
  // What is settled has to come behind every undo of its saga (R11).
  for (const lane of ["replies", "commands"] as const) {
    for (const [id, frame] of frames) {
      const destination = parseDestination(id)
      if ((destination.type === "lane" ? destination.lane : "commands") === lane) sendFrame(delivery, id, frame)
    }
  }
}

function sendFrame(
  delivery: Delivery,
  id: string,
  frame: { readonly first: number; readonly messages: readonly Message[] },
): void {
  const { partition, ports } = delivery
  const destination = parseDestination(id)
  if (destination.type !== "lane") return void delivery.facts.openUnsafe()
  const outbox = outboxOf(partition, id)
  const settles = destination.lane === "commands" && frame.messages.some(({ type }) => type === "settled")
  ports.lanes.send({
    incarnation: partition.incarnation,
    source: partition.index,
    destination: destination.partition,
    lane: destination.lane,
    first: frame.first,
    messages: frame.messages,
    confirmed: outbox.confirmed,
    claims: outbox.claims.list,
    ...(settles ? { repliesTo: delivery.dispatched.get(destinationId({ ...destination, lane: "replies" })) ?? 0 } : {}),
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
export function committedCount(delivery: Delivery, destination: string, outbox: Outbox, after: number): number {
  const committed = delivery.dispatched.get(destination) ?? 0
  return Math.max(0, committed - Math.max(after, outbox.confirmed))
}
