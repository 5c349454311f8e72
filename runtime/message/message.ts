// The typed records that move between actors. `type` tells them apart; every one names its addressee in `to`.
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

export type Message = CommandMessage | ReplyMessage | EventMessage | TimerMessage | SettledMessage

/** Asks an actor to do something, or (direction "undo") to take back what the effect `undoes` did. */
export interface CommandMessage {
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
  /** Not to be carried out before this time, in ms since 1970. */
  readonly dueMs?: number
  /** Not to be carried out from this time on: what is late is parked. */
  readonly expiresMs?: number
  /** "high" overtakes what waits in its partition. */
  readonly priority?: "high"
  /** Steps that an earlier life of this record has done: it was redriven (R23). */
  readonly steps?: Steps
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
  readonly trace?: string
}

/** A fact, delivered to one actor that reacts to it. CloudEvents `source` + `id` name it (R10). */
export interface EventMessage {
  readonly type: "event"
  readonly to: Address
  readonly name: string
  readonly payload: Json
  /** The version of its contract; absent: 1. */
  readonly version?: number
  readonly id: string
  readonly source: string
  /** The key of the actor that emitted it. */
  readonly subject: string
  readonly timeMs: number
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
  readonly trace?: string
}

/** The saga `scope` has ended: its effects need not be remembered any longer. Travels behind its commands (R11). */
export interface SettledMessage {
  readonly type: "settled"
  readonly to: Address
  readonly scope: string
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
