// The typed records that move between actors. `type` tells them apart; every one names its addressee in `to`.
import { unreachable } from "../kernel/assert.ts"
import type { Json } from "./json.ts"
import type { Outcome } from "./outcome.ts"

/** One actor: one key of one service (or of one saga, which is an actor too). */
export interface Address {
  readonly service: string
  readonly key: string
}

/** A requester outside the app: a subject that core NATS answers on, and its id for the request (R21). */
export interface Requester {
  readonly subject: string
  readonly request: string
}

/** An actor, perhaps of another app, that is replied to later: about the command that it sent as `effect`. */
export interface Asker {
  readonly actor: Address & { readonly app?: string; readonly partitions?: number }
  readonly effect: EffectKey
}

/**
 * Names one effect for ever, whatever the attempt: `<saga>/<key>:<transition>:<n>` when a saga sends it.
 * It is the idempotency key of a command (R11).
 */
export type EffectKey = string

/** What a handler has done already, by the names of its steps: `context.run(name, ...)`. */
export type Steps = readonly (readonly [name: string, value: Json])[]

/** The step under which the last progress of a handler is kept; a user's step cannot have its name. */
export const progressStep = "$progress"

/**
 * Why a record is there. What has neither was sent from outside, and begins a correlation of its own: `followsFrom`.
 * A reply is caused by the command that it answers, and a timer by the actor's record that set it.
 */
export interface Caused {
  /** The first cause of all: the id of a client's request or event. */
  readonly correlation?: string
  /** Id of the record whose decision sent this one. */
  readonly causation?: string
}

/** When a command or an event may be handled, and how urgent it is. */
export interface Timing {
  /** Not to be carried out before this time, in ms since 1970. */
  readonly dueMs?: number
  /** Not to be carried out from this time on: what is late is parked. */
  readonly expiresMs?: number
  /** "high" overtakes what waits in its partition. */
  readonly priority?: "high"
}

export type Message = CommandMessage | ReplyMessage | EventMessage | TimerMessage | SettledMessage

/** Asks an actor to do something, or (direction "undo") to take back what the effect `undoes` did. */
export interface CommandMessage extends Caused, Timing {
  readonly type: "command"
  readonly to: Address
  readonly name: string
  readonly payload: Json
  /** The version of its contract; absent: 1. */
  readonly version?: number
  readonly effect: EffectKey
  readonly direction: "do" | "undo"
  /** With direction "undo": the effect to take back. */
  readonly undoes?: EffectKey
  /** Counts from 1. */
  readonly attempt: number
  readonly replyTo?: Address | Requester
  /** Steps that an earlier life of this record has done: it was redriven (R23). */
  readonly steps?: Steps
  /** A saga's command that an operator has sent again. */
  readonly redriven?: true
  /** `<service>/<key>` of the saga until whose end the participant remembers the effect (R11). */
  readonly scope?: string
  /** W3C traceparent of the span that sent it. */
  readonly trace?: string
}

/** Tells the sender of a command what became of it. */
export interface ReplyMessage {
  readonly type: "reply"
  readonly to: Address
  readonly effect: EffectKey
  readonly outcome: Outcome
  readonly correlation?: string
  readonly trace?: string
}

/** A fact, delivered to one actor that reacts to it. CloudEvents `source` + `id` name it (R10). */
export interface EventMessage extends Caused, Timing {
  readonly type: "event"
  readonly to: Address
  readonly name: string
  readonly payload: Json
  /** The version of its contract; absent: 1. */
  readonly version?: number
  readonly id: string
  readonly source: string
  /** What it is about: by default the key of the actor that emitted it. */
  readonly subject: string
  readonly timeMs: number
  /** Published by no engine: nothing but its source and id tells a repetition (R22). */
  readonly foreign?: true
  /** It has waited for its actor's state, and is parked if it still has to at this time. */
  readonly heldUntilMs?: number
  /** Of the subscription that delivers it; absent: the first. Another generation's delivery is another effect (R23). */
  readonly generation?: number
  /** It is repeated to rebuild a state: what its handler sends is not sent again. */
  readonly silent?: true
  /** Steps that an earlier life of this record has done: it was redriven (R23). */
  readonly steps?: Steps
  readonly trace?: string
}

/** A timer of the actor itself that has become due. */
export interface TimerMessage {
  readonly type: "timer"
  readonly to: Address
  readonly name: string
  readonly dueMs: number
  readonly payload: Json
  readonly correlation?: string
  readonly trace?: string
}

/** The saga `scope` has ended: its effects need not be remembered any longer. Travels behind its commands (R11). */
export interface SettledMessage {
  readonly type: "settled"
  readonly to: Address
  readonly scope: string
}

/** Names a record for whatever follows from it. */
export function recordId(message: Message): string {
  switch (message.type) {
    case "command":
    case "reply":
      return message.effect
    case "event":
      return message.id
    case "timer":
      return `${addressText(message.to)} ${message.name} ${message.dueMs}`
    case "settled":
      return message.scope
    default:
      return unreachable(message)
  }
}

/** Source and id of an event in one text, as CloudEvents tells events apart. What a reset delivers again is another one (R23). */
export function eventId({ source, id, generation = 1 }: Pick<EventMessage, "source" | "id" | "generation">): string {
  return generation === 1 ? `${source}/${id}` : `${source}/${id}#${generation}`
}

/** What a record's decision writes into the records that it sends. */
export function followsFrom(message: Message): Required<Caused> {
  const causation = recordId(message)
  const correlation = "correlation" in message ? message.correlation : undefined
  return { correlation: correlation ?? causation, causation }
}

export function isUrgent(message: Message): boolean {
  return "priority" in message && message.priority === "high"
}

export function isRequester(replyTo: Address | Requester): replyTo is Requester {
  return "subject" in replyTo
}

export function addressText(address: Address): string {
  return `${address.service}/${address.key}`
}

/** The address that `addressText` made the text from: a service's name holds no slash, a key may. */
export function parseAddress(text: string): Address {
  const slash = text.indexOf("/")
  return { service: text.slice(0, slash), key: text.slice(slash + 1) }
}
