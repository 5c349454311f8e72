// The data behind a service: what its builder collects, its logic runs, and tools read.
import type { ContractOptions, EventName } from "../message/contract.ts"
import type { JsonSchema } from "../message/json-schema.ts"
import type { Schema } from "../message/schema.ts"
import type { Versions } from "../message/versions.ts"
import type { HandlerContext } from "./handler-context.ts"
import type { Effectful } from "./effectful.ts"
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

/** What a command may say besides: its version, the upcasters from older ones, and its payload as JSON Schema. */
export interface CommandOptions extends HandlerOptions, ContractOptions {}

export interface ReactionOptions<Payload> extends HandlerOptions {
  /** Only events of which this is true are reacted to. A pure function: it is asked again when an event is read again. */
  readonly when?: (payload: Payload) => boolean
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
  /** Effectful handlers of this service under way in one process. */
  readonly concurrency: number
}
