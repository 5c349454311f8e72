// The data behind a service: what its builder collects, its logic runs, and tools read.
import type { Schema } from "../message/schema.ts"
import type { Result } from "./result.ts"

/** What a handler may know besides its state and payload. */
export interface HandlerContext {
  readonly key: string
  /** The decision's time in ms since 1970; a handler reads no other clock. */
  readonly nowMs: number
  /** The same for every attempt at the same effect. */
  readonly idempotencyKey: string
}

export interface CommandHandler {
  readonly schema: Schema<unknown> | undefined
  readonly undoes?: string
  readonly run: (state: unknown, payload: unknown, context: HandlerContext) => Result<unknown, unknown>
}

export interface Reaction {
  readonly schema: Schema<unknown>
  readonly keyOf: (payload: unknown, subject: string) => string
  readonly run: (state: unknown, payload: unknown, context: HandlerContext) => Result<unknown, unknown>
}

/** The data behind a service, which the engine runs and tools read. */
export interface ServiceDefinition {
  readonly name: string
  readonly initial: (key: string) => unknown
  readonly commands: Readonly<Record<string, CommandHandler>>
  readonly reactions: Readonly<Record<string, Reaction>>
}
