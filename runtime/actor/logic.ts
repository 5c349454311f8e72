// What the engine asks of an actor type, whether it is a service with handlers or a saga with a statechart:
// (state, message) -> decision. `decide` is pure: no clock, randomness or I/O. What takes I/O goes through `io`.
import type { Effect } from "effect/Effect"
import type { Attachment } from "../message/attachment.ts"
import type { Json } from "../message/json.ts"
import type { Address, Asker, EffectKey, EventMessage, Message, Requester, Timing } from "../message/message.ts"
import type { Outcome } from "../message/outcome.ts"
import type { Versions } from "../message/versions.ts"
import type { StartAt } from "../message/subscription.ts"
import type { OnPark } from "./definition.ts"
import type { ActorDescription } from "./description.ts"
import type { Accepted, Inspection } from "./inspection.ts"
import type { Flow } from "./flow-control.ts"
import type { Policy } from "./policy.ts"
import type { TimerChange } from "./timer.ts"

export interface ActorLogic {
  /** The service's name: first half of its actors' addresses, and their `service.name` in traces. */
  readonly service: string
  readonly kind: "service" | "saga"
  /**
   * Event type -> the key of the actor that reacts to it; undefined if none does, because of what it says. `version`: of
   * the payload; absent: 1.
   */
  readonly reactions: ReadonlyMap<string, (payload: Json, subject: string, version?: number) => string | undefined>
  /** How states are stored; absent: this actor type looks after its own. */
  readonly states?: Versions
  /** An actor that must be there although nobody calls it: it is sent `command` until its state says that it is awake. */
  readonly wake?: { readonly key: string; readonly command: string; isAwake(state: Json | undefined): boolean }
  /**
   * A small summary of a state for lists of actors; undefined leaves the actor out. `ask`: what the list is for, as whoever
   * asks for it says it. Pure.
   */
  summarize?(state: Json, self: Address, ask: Json): Json | undefined
  /** How a state stands, for tools; absent for actors that run no process. Pure. */
  inspect?(state: Json, self: Address): Inspection
  /** What may be said to a process in this state, or to a new one. */
  accepted?(state?: Json): Accepted
  /** What it was made of, of the version that decides this state, or a new one: tools that draw it know what it is. */
  madeOf?(state?: Json): unknown
  /** What it takes and tells, for documents. */
  describe?(): ActorDescription
  /**
   * Decides one message on the actor's committed-or-pending state (`undefined` for a key never seen).
   * Throws only on a defect: the engine then parks the message (a poison message).
   */
  decide(state: Json | undefined, message: Message, context: DecideContext): Decision
  /** Whether this message begins an actor that was never seen. Default: any may. */
  begins?(message: Message): boolean
  /** For how long an event that the actor cannot take yet may be held; undefined: it can take it now. Pure. */
  holdMs?(state: Json | undefined, message: EventMessage): number | undefined
  /** Whether a message is not handled again once its handling has begun: what fails, or is cut short, is dropped. */
  atMostOnce?(message: Message): boolean
  /** Of a saga: how it stands. */
  standing?(state: Json): Standing
  /** Until when a state is kept; undefined: for ever. Later it may be forgotten, if nothing else is known of the actor. */
  keptUntilMs?(state: Json): number | undefined
  /** Where it begins to read events when it is new. Default: "beginning". */
  readonly from?: StartAt
  /** Its state follows from events alone, so that it can be made anew from them (R23). */
  readonly isRebuildable?: boolean
  /** How messages are handled that take I/O; absent if this actor type has none. */
  readonly io?: IoLogic
  /** Whether an actor waits for an operator when one of its records is parked. Default: it goes on. */
  readonly onPark?: OnPark
  /** What it declares of itself for the flow graph; absent: nothing is known. */
  readonly flow?: ActorFlow
}

/** What sets an actor type off, and the events that may follow. */
export interface ActorFlow {
  readonly handlers: readonly HandlerFlow[]
  /** It only watches: that it sees an event does not mean that the event has an effect. */
  readonly observes?: true
}

export interface HandlerFlow {
  readonly trigger: { readonly type: "command" | "event" | "timer"; readonly name: string }
  /** Names of the events that it may emit; undefined: not declared. */
  readonly emits: readonly string[] | undefined
}

/** The effectful half of an actor type. Whatever `perform` fails with is a fault: tried again by policy, then parked. */
export interface IoLogic {
  /** How many handlings at once, how often, and when to leave the outside alone. */
  readonly flow: Flow
  /** The policy for a message that takes I/O; undefined for one that `decide` decides. */
  policy(message: Message): Policy | undefined
  /** Whether what a handler of this message does outside is taken back by a handler that does I/O too. */
  isTakenBack(message: Message): boolean
  /** Completes when this process may run the actor type, or fails with what is missing outside. */
  prepare?(): Effect<void, unknown>
  /** Handles a message on committed state. Interruption aborts its signal. */
  perform(state: Json | undefined, message: Message, context: PerformContext): Effect<Decision, unknown>
}

export interface PerformContext extends DecideContext {
  /** Told just before the handler is called: from then on it may have had its effect. */
  calling(): void
  /** Made when it is asked for. */
  signal(): AbortSignal
  readonly deadlineMs: number
  readonly attempt: number
  /** What the step of this name gave earlier, if it was journaled. */
  recall(step: string): { readonly value: Json } | undefined
  /** Journals what a step gave; resolves when that is durable. */
  record(step: string, value: Json): Promise<void>
  /** Calls user code under the span of this attempt. */
  within<Value>(call: () => Value): Value
  /** The attempt goes on, and this is how far it is. */
  beat(progress: Json | undefined): void
  readonly lastProgress: Json | undefined
  /** The bytes of an attachment, checked. */
  fetch(ref: Attachment): Effect<Uint8Array, unknown>
  /** The app that runs the actor: with `self` it names the actor in a store that several apps share. */
  readonly app: string
  /** What the actor's newest decision remembered of an inbox outside the journal. */
  readonly inbox: Json | undefined
  /** What an adapter hands to handlers besides, such as a transaction. */
  readonly resources?: object
}

export interface DecideContext {
  readonly self: Address
  /** The decision's time, read once by the host; the only clock a decision may use. */
  readonly nowMs: number
  /** For an undo: what the effect that is being undone was asked and what it answered (R11). */
  readonly did?: { readonly payload: Json; readonly version?: number; readonly value: Json }
}

export interface Decision {
  /** The new state; the same reference means unchanged. `undefined` forgets the row. */
  readonly state: Json | undefined
  /** What became of the message, if it is a command. */
  readonly outcome?: Outcome
  readonly send?: readonly OutgoingCommand[]
  readonly emit?: readonly OutgoingEvent[]
  readonly timers?: readonly TimerChange[]
  /**
   * Who is told now what became of an earlier message. A requester outside the app: once the decision is committed, at
   * most once, kept nowhere. An actor: by a reply like any other.
   */
  readonly answer?: readonly { readonly to: Requester | Asker; readonly outcome: Outcome }[]
  /** Participants that may forget this saga's effects, because it has ended. */
  readonly release?: readonly Address[]
  /** The actor is a saga that has ended with this decision. */
  readonly ended?: SagaEnd
  /** An operator let the actor go on: it is parked no more. */
  readonly resumed?: true
  /** A monitor raised an alarm of this kind. */
  readonly alarm?: string
  /** The message changes nothing, because it came for an actor that has ended or never began: counted, and told. */
  readonly dropped?: { readonly code: string; readonly message: string }
  /** How far the actor has come with an inbox outside the journal; the next handling is told. */
  readonly inbox?: Json
  /** The actor cannot go on by itself: shown to operators with this reason (G2). */
  readonly parked?: { readonly code: string; readonly message: string }
}

export interface Standing {
  readonly state: "running" | "compensating" | "parked" | "ended"
  /** With the saga's name and key it names one life of it: the same order may be placed again on an empty journal. */
  readonly startedMs: number
}

export interface SagaEnd {
  readonly outcome: "completed" | "compensated" | "killed"
  readonly startedMs: number
  /** Why it was compensated: the refusal's or fault's code. */
  readonly reason?: string
}

/** A command before the engine adds the sender, the scope and the trace. */
export interface OutgoingCommand {
  readonly to: Address
  readonly name: string
  readonly payload: Json
  readonly version?: number
  readonly effect: EffectKey
  readonly direction: "do" | "undo"
  readonly undoes?: EffectKey
  readonly attempt: number
}

export interface OutgoingEvent extends Timing {
  readonly name: string
  readonly payload: Json
  readonly version?: number
  /** Its subject. Absent: the key of the actor that emits it. */
  readonly key?: string
}
