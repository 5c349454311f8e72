// A record on its way from admission to its decision.
import type { Entry, ParkedEntry } from "../message/block.ts"
import type { Message } from "../message/message.ts"

/** A record that was received and admitted, with the marks it will move. */
export interface Inbound {
  readonly lane: InboundLane
  readonly from: Entry["from"]
  readonly work: Work
}

export type InboundLane = "replies" | "commands" | "external" | "events"

export type Work =
  | { readonly type: "message"; readonly message: Message }
  /** A fact on its way to the actors that react to it (R22), or a record that came to the wrong partition (R16). */
  | { readonly type: "forward"; readonly messages: readonly Message[] }
  /** What could not be decoded. */
  | { readonly type: "park"; readonly parked: Omit<ParkedEntry, "atMs"> }
