// A record on its way from admission to its decision.
import type { Entry, ParkedEntry } from "../message/block.ts"
import type { EventMessage, Message } from "../message/message.ts"
import type { InputRecord } from "../ports/inputs.ts"

/** A record that was received and admitted, with the marks it will move. */
export interface Inbound {
  readonly lane: InboundLane
  readonly from: Entry["from"]
  readonly work: Work
}

export type InboundLane = "replies" | "commands" | "external" | "events"

export type Work =
  | { readonly type: "message"; readonly message: Message }
  /** A record that came to the wrong partition, on its way to the right one (R16); or nothing, for a repetition. */
  | { readonly type: "forward"; readonly messages: readonly Message[] }
  | EventWork
  /** What could not be decoded. */
  | { readonly type: "park"; readonly parked: Omit<ParkedEntry, "atMs"> }

/** A fact, as it came, on its way to the actors that react to it (R22). */
export interface EventWork extends Pick<InputRecord, "bytes" | "headers"> {
  readonly type: "event"
  readonly event: EventMessage
  readonly position: number
  /** Who alone it was read for; absent: all that have joined the main reader. */
  readonly group?: Group
}

/** A service as a consumer of events, since it was reset last. */
export interface Group {
  readonly service: string
  readonly generation: number
}
