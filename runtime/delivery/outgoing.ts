// Numbers the outgoing records of one decision, per destination (R3), and writes the trace into them.
import type { OutgoingCommand, OutgoingEvent } from "../actor/logic.ts"
import type { Entry } from "../message/block.ts"
import { partitionOf } from "../message/key.ts"
import {
  type Address,
  addressText,
  type Asker,
  type Caused,
  type CommandMessage,
  type EventMessage,
  followsFrom,
  isRequester,
  type Message,
  type Requester,
} from "../message/message.ts"
import { foreignName, ownEffect, type Peer, type PeerAddress } from "../message/peer.ts"
import type { Outcome } from "../message/outcome.ts"
import { versionMark } from "../message/versions.ts"
import type { LaneName } from "../ports/lanes.ts"
import type { ProcessSpan, Sending } from "../ports/telemetry.ts"
import { destinationId } from "./channel-id.ts"
import type { Delivery } from "./delivery.ts"

export class Outgoing {
  readonly #delivery: Delivery
  readonly #span: ProcessSpan | undefined
  readonly #cause: Caused
  readonly #last = new Map<string, number>()
  readonly #out: (readonly [destination: string, number: number, message: Message])[] = []

  /** `because`: the record whose decision sends all this. */
  constructor(delivery: Delivery, span: ProcessSpan | undefined, because?: Message) {
    this.#delivery = delivery
    this.#span = span
    this.#cause = because === undefined ? {} : followsFrom(because)
  }

  command(from: Address, command: OutgoingCommand): void {
    const { to, name, effect, direction } = command
    const message: CommandMessage = {
      type: "command",
      ...command,
      replyTo: from,
      scope: addressText(from),
      ...this.#cause,
      ...this.#trace({ type: "command", to, name, effect, direction }),
    }
    // An undo travels with the replies, so that a full command lane cannot hold compensation up (R1).
    const lane = direction === "undo" ? "replies" : "commands"
    const peer = this.#peerOf(to)
    if (peer === undefined) this.#toActor(message, lane)
    else this.#toPeer(peer, lane, this.#abroad(message, from))
  }

  /** A record on its way to its actor, such as a fact to one that reacts to it; keeps the trace of who made it. */
  forward(message: Message): void {
    const isUrgent = message.type === "reply" || (message.type === "command" && message.direction === "undo")
    this.#toActor(message, isUrgent ? "replies" : "commands")
  }

  event(from: Address, event: OutgoingEvent, timeMs: number): void {
    const { app, partition } = this.#delivery
    const { name, payload, key: subject = from.key, ...timing } = event
    const eventPartition = partitionOf(subject, app.eventPartitions)
    const destination = destinationId({ type: "events", partition: eventPartition })
    const number = this.#next(destination)
    const message: EventMessage = {
      type: "event",
      to: from,
      name,
      payload,
      ...versionMark(event.version),
      id: `${partition.incarnation}.${eventPartition}.${number}`,
      source: `${app.name}/${from.service}`,
      subject,
      timeMs,
      ...timing,
      ...this.#cause,
      ...this.#trace({ type: "event", to: from, name }),
    }
    this.#out.push([destination, number, message])
  }

  /** Tells a participant that the saga has ended. Behind its commands, in their lane (R11). */
  settled(saga: Address, to: Address): void {
    const peer = this.#peerOf(to)
    const scope = addressText(saga)
    if (peer === undefined) return this.#toActor({ type: "settled", to, scope }, "commands")
    this.#toPeer(peer, "commands", { type: "settled", to, scope: foreignName(this.#delivery.app.name, scope) })
  }

  /** A parked record on its way again, to its own partition (R23). */
  redrive(message: Message): void {
    const isOfSaga = message.type === "command" && message.direction === "do" && message.scope !== undefined
    this.#toActor(isOfSaga ? { ...message, redriven: true } : message, message.type === "reply" ? "replies" : "commands")
  }

  /** The reply to a command: a record to the actor that sent it, or an answer to a requester outside, which is returned. */
  reply(message: Message, outcome: Outcome | undefined): readonly { readonly to: Requester; readonly outcome: Outcome }[] {
    if (message.type !== "command" || outcome === undefined || message.replyTo === undefined) return []
    if (isRequester(message.replyTo)) return [{ to: message.replyTo, outcome }]
    const { replyTo: actor, effect, name, correlation } = message
    this.#replyTo({ actor, effect }, outcome, name, correlation)
    return []
  }

  /** The reply to a command that was decided long ago, by an actor that answers when it has come to its end. */
  replyLater(asker: Asker, outcome: Outcome): void {
    this.#replyTo(asker, outcome, "start", this.#cause.correlation)
  }

  /** Its effect says what a reply is caused by. */
  #replyTo({ actor, effect }: Asker, outcome: Outcome, name: string, correlation: string | undefined): void {
    const to = { service: actor.service, key: actor.key }
    const cause = correlation === undefined ? {} : { correlation }
    const rest = { outcome, ...cause, ...this.#trace({ type: "reply", to, name, effect, failed: outcome.type !== "done" }) }
    const { app, partitions } = actor
    if (app === undefined || partitions === undefined)
      return this.#toActor({ type: "reply", to, effect, ...rest }, "replies")
    this.#toPeer({ app, partitions, ...to }, "replies", { type: "reply", to, effect: ownEffect(app, effect), ...rest })
  }

  entry(): Pick<Entry, "out"> {
    return this.#out.length === 0 ? {} : { out: this.#out }
  }

  /** A service that this app has itself is never a peer's. */
  #peerOf({ service }: Address): Peer | undefined {
    const { logics, peers } = this.#delivery.app
    return logics.has(service) ? undefined : peers?.get(service)
  }

  /** The command under names that no other app uses, with the way back. */
  #abroad(message: CommandMessage, from: Address): CommandMessage {
    const { name: app, partitions } = this.#delivery.app
    const { effect, undoes, scope } = message
    const replyTo: PeerAddress = { ...from, app, partitions }
    return {
      ...message,
      replyTo,
      effect: foreignName(app, effect),
      ...(undoes === undefined ? {} : { undoes: foreignName(app, undoes) }),
      ...(scope === undefined ? {} : { scope: foreignName(app, scope) }),
    }
  }

  #toPeer({ app, partitions }: Peer, lane: LaneName, message: Message): void {
    const destination = destinationId({ type: "peer", app, partition: partitionOf(message.to.key, partitions), lane })
    this.#out.push([destination, this.#next(destination), message])
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
