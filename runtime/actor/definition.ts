// The data behind a service: what its builder collects, its logic runs, and tools read.
import type { Schema } from "../message/schema.ts"
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

export interface CommandHandler {
  readonly schema: Schema<unknown> | undefined
  readonly undoes?: string
  readonly handler: Handler<unknown, unknown, unknown>
}

export interface Reaction {
  readonly schema: Schema<unknown>
  readonly keyOf: (payload: unknown, subject: string) => string
  readonly handler: Handler<unknown, unknown, unknown>
}

export interface TimerHandler {
  readonly schema: Schema<unknown>
  readonly handler: Handler<unknown, unknown, null>
}

/** What becomes of an actor when one of its records is parked: it goes on with the next, or waits for an operator. */
export type OnPark = "go on" | "wait"

/** The data behind a service, which the engine runs and tools read. */
export interface ServiceDefinition {
  readonly name: string
  readonly initial: (key: string) => unknown
  readonly commands: Readonly<Record<string, CommandHandler>>
  readonly reactions: Readonly<Record<string, Reaction>>
  readonly timers: Readonly<Record<string, TimerHandler>>
  readonly onPark: OnPark
  /** Effectful handlers of this service under way in one process. */
  readonly concurrency: number
}
