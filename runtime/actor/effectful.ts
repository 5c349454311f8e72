// Handlers that do I/O: `effectful(async (state, payload, context) => ...)` in the place of a pure handler.
// The engine calls one only on committed state, one at a time for each actor, and again after a failure or a crash: with
// the same idempotency key, and with the steps that were done already remembered (R12).
import * as Effect from "effect/Effect"
import type { Duration } from "../kernel/duration.ts"
import type { Json } from "../message/json.ts"
import type { HandlerContext } from "./handler-context.ts"
import { handlerPolicy, type Policy, type PolicyOptions } from "./policy.ts"
import type { Result } from "./result.ts"

/** What a handler that does I/O may know and do besides. */
export interface IoContext extends HandlerContext {
  /** Aborted when the time is over, the partition is lost or the process stops: hand it to fetch and the like. */
  readonly signal: AbortSignal
  /** When the time of this attempt is over, in ms since 1970. */
  readonly deadlineMs: number
  /** Counts from 1. */
  readonly attempt: number
  /**
   * A durable step: what `action` gives is journaled under `name` before it is returned, and `action` is not called again
   * after a crash or a retry. It may have been called and not been journaled: hand the idempotency key on to what it calls.
   * A name is used once in one handling. The value must be JSON, or undefined, which comes back as null.
   * An error is thrown on and not journaled.
   */
  run<Value extends Json | undefined>(name: string, action: () => Outcoming<Value>): Promise<Value>
}

/** A value, a promise of it, or an Effect that needs nothing. */
export type Outcoming<Value> = Value | Promise<Value> | Effect.Effect<Value, unknown>

export type EffectfulRun<State, Payload, Value> = (
  state: State,
  payload: Payload,
  context: IoContext,
) => Outcoming<Result<State, Value>>

export interface Effectful<State, Payload, Value> {
  readonly type: "effectful"
  readonly run: EffectfulRun<State, Payload, Value>
  readonly policy: Policy
}

export interface EffectfulOptions extends PolicyOptions {
  /** How long one attempt may take; then its signal is aborted and it counts as failed. Default 30 seconds. */
  readonly timeout?: Duration
}

/**
 * Marks a handler that does I/O. An error that it throws is a fault: it is called again after a pause while the actor's
 * other records wait, and parked when its retries are used up. A business refusal is returned: `refused(code)`.
 */
export function effectful<State, Payload, Value>(
  run: EffectfulRun<State, Payload, Value>,
  options: EffectfulOptions = {},
): Effectful<State, Payload, Value> {
  return { type: "effectful", run, policy: handlerPolicy(options, "an effectful handler") }
}

/** Runs what a handler or a step returned; a promise's work sees the abort through its own signal. */
export function outcomingEffect<Value>(make: () => Outcoming<Value>): Effect.Effect<Value, unknown> {
  return Effect.suspend(() => {
    const made = make()
    if (Effect.isEffect(made)) return made
    return made instanceof Promise ? Effect.tryPromise({ try: () => made, catch: (cause) => cause }) : Effect.succeed(made)
  })
}
