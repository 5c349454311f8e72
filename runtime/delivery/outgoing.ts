// Numbers the outgoing records of one decision, per destination (R3), and writes the trace into them.
import type { OutgoingCommand, OutgoingEvent } from "../actor/logic.ts"
import type { Entry } from "../message/block.ts"
import { partitionOf } from "../message/key.ts"
import {
  type Address,
  addressText,
  type CommandMessage,
  type EventMessage,
  isRequester,
  type Message,
  type Requester,
} from "../message/message.ts"
import type { Outcome } from "../message/outcome.ts"
import type { LaneName } from "../ports/lanes.ts"
import type { ProcessSpan, Sending } from "../ports/telemetry.ts"
import { destinationId } from "./channel-id.ts"
import type { Delivery } from "./delivery.ts"

export class Outgoing {
  readonly #delivery: Delivery
  readonly #span: ProcessSpan | undefined
  readonly #last = new Map<string, number>()
  readonly #out: (readonly [destination: string, number: number, message: Message])[] = []

  constructor(delivery: Delivery, span: ProcessSpan | undefined) {
    this.#delivery = delivery
    this.#span = span
  }

  command(from: Address, command: OutgoingCommand): void {
    const { to, name, effect, direction } = command
    const message: CommandMessage = {
      type: "command",
      ...command,
      replyTo: from,
      scope: addressText(from),
      ...this.#trace({ type: "command", to, name, effect, direction }),
    }
    // An undo travels with the replies, so that a full command lane cannot hold compensation up (R1).
    this.#toActor(message, direction === "undo" ? "replies" : "commands")
  }

  /** A fact on its way to one actor that reacts to it; keeps the emitter's trace. */
  forward(event: EventMessage): void {
    this.#toActor(event, "commands")
  }

  event(from: Address, event: OutgoingEvent, timeMs: number): void {
    const { app, partition } = this.#delivery
    const eventPartition = partitionOf(from.key, app.eventPartitions)
    const destination = destinationId({ type: "events", partition: eventPartition })
    const number = this.#next(destination)
    const message: EventMessage = {
      type: "event",
      to: from,
      name: event.name,
      payload: event.payload,
      id: `${partition.incarnation}.${eventPartition}.${number}`,
      source: `${app.name}/${from.service}`,
      subject: from.key,
      timeMs,
      ...this.#trace({ type: "event", to: from, name: event.name }),
    }
    this.#out.push([destination, number, message])
  }

  /** Tells a participant that the saga has ended. Behind its commands, in their lane (R11). */
  settled(saga: Address, to: Address): void {
    this.#toActor({ type: "settled", to, scope: addressText(saga) }, "commands")
  }

  /** A parked record on its way again, to its own partition (R23). */
  redrive(message: Message): void {
    this.#toActor(message, message.type === "reply" ? "replies" : "commands")
  }

  /** The reply to a command: a record to the actor that sent it, or an answer to a requester outside, which is returned. */
  reply(
    message: Message,
    outcome: Outcome | undefined,
  ): readonly { readonly to: Requester; readonly outcome: Outcome }[] {
    if (message.type !== "command" || outcome === undefined || message.replyTo === undefined) return []
    if (isRequester(message.replyTo)) return [{ to: message.replyTo, outcome }]
    const { replyTo: to, effect, name } = message
    this.#toActor(
      { type: "reply", to, effect, outcome, ...this.#trace({ type: "reply", to, name, effect }) },
      "replies",
    )
    return []
  }

  entry(): Pick<Entry, "out"> {
    return this.#out.length === 0 ? {} : { out: this.#out }
  }

  #toActor(message: Message, lane: LaneName): void {
    const partition = partitionOf(message.to.key, this.#delivery.app.partitions)
    const destination = destinationId({ type: "lane", partition, lane })
    this.#out.push([destination, this.#next(destination), message])
  }

  #next(destination: string): number {
    const before = this.#last.get(destination) ?? this.#delivery.partition.outboxes.get(destination)?.last ?? 0
    this.#last.set(destination, before + 1)
    return before + 1
  }

  #trace(sending: Sending): { trace?: string } {
    const trace = this.#span?.send(sending)
    return trace === undefined ? {} : { trace }
  }
}
