// The data behind a service: what its builder collects, its logic runs, and tools read.
import type { Duration } from "../kernel/duration.ts"
import type { ContractOptions, EventName } from "../message/contract.ts"
import type { JsonSchema } from "../message/json-schema.ts"
import type { Schema } from "../message/schema.ts"
import type { Versions } from "../message/versions.ts"
import type { StartAt } from "../message/subscription.ts"
import type { HandlerContext } from "./handler-context.ts"
import type { Effectful } from "./effectful.ts"
import type { Flow } from "./flow-control.ts"
import type { Result } from "./result.ts"

export type PureRun<State, Payload, Value> = (
  state: State,
  payload: Payload,
  context: HandlerContext,
) => Result<State, Value>

/** A pure function of state and payload, or one that does I/O and says so: `effectful(...)`. */
export type Handler<State, Payload, Value> = PureRun<State, Payload, Value> | Effectful<State, Payload, Value>

/** What a handler declares besides what it does. */
export interface HandlerOptions {
  /**
   * The facts that it may publish: the flow graph is drawn from them, and emitting any other parks the record.
   * Absent: it may publish anything, and the graph says that it does not know.
   */
  readonly emits?: readonly EventName[]
}

/**
 * "exactly once": the state change and everything sent happen once; what fails is tried again by policy, then parked.
 * "at most once": the handling begins once, and that is durable before it does; what fails, or is cut short by a crash, is
 * dropped, counted and reported.
 */
export type DeliveryChoice = "exactly once" | "at most once"

/** What a command may say besides: its version, the upcasters from older ones, and its payload as JSON Schema. */
export interface CommandOptions extends HandlerOptions, ContractOptions {}

export interface ReactionOptions<Payload, State = unknown> extends HandlerOptions {
  /** Only events of which this is true are reacted to. A pure function: it is asked again when an event is read again. */
  readonly when?: (payload: Payload) => boolean
  /**
   * Whether the actor can take the event now. While it cannot, the event is held aside, durable, and the actor goes on with
   * others; it is asked again whenever the state has changed. A pure function. Absent: it always can.
   */
  readonly ready?: (state: State, payload: Payload) => boolean
  /** For how long an event may be held until it is parked as HELD_TOO_LONG. Default: `limits.heldDefaultMs`, an hour. */
  readonly holdAtMost?: Duration
  /** Default: "exactly once". */
  readonly delivery?: DeliveryChoice
}

interface Declared {
  /** The events that it may emit; undefined: not declared. */
  readonly emits: readonly EventName[] | undefined
}

export interface CommandHandler extends Declared {
  readonly schema: Schema<unknown> | undefined
  readonly versions: Versions
  readonly jsonSchema?: JsonSchema
  readonly undoes?: string
  readonly handler: Handler<unknown, unknown, unknown>
}

export interface Reaction extends Declared {
  readonly schema: Schema<unknown>
  readonly versions: Versions
  readonly jsonSchema?: JsonSchema
  readonly keyOf: (payload: unknown, subject: string) => string
  readonly when?: (payload: unknown) => boolean
  readonly ready?: (state: unknown, payload: unknown) => boolean
  readonly holdMs: number
  readonly delivery: DeliveryChoice
  readonly handler: Handler<unknown, unknown, unknown>
}

export interface TimerHandler extends Declared {
  readonly schema: Schema<unknown>
  readonly handler: Handler<unknown, unknown, null>
}

/** What becomes of an actor when one of its records is parked: it goes on with the next, or waits for an operator. */
export type OnPark = "go on" | "wait"

/** The data behind a service, which the engine runs and tools read. */
export interface ServiceDefinition {
  readonly name: string
  readonly initial: (key: string) => unknown
  /** How its states are stored, and the migrations from older versions. */
  readonly states: Versions
  readonly commands: Readonly<Record<string, CommandHandler>>
  readonly reactions: Readonly<Record<string, Reaction>>
  readonly timers: Readonly<Record<string, TimerHandler>>
  readonly onPark: OnPark
  /** Where it begins to read events when it is new. */
  readonly from: StartAt
  /** How often, and how many at once, of its effectful handlers may be under way. */
  readonly flow: Flow
}
