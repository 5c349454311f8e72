// Handlers that do I/O: `effectful(async (state, payload, context) => ...)` in the place of a pure handler.
// The engine calls one only on committed state, one at a time for each actor, and again after a failure or a crash: with
// the same idempotency key, and with the steps that were done already remembered (R12).
import * as Effect from "effect/Effect"
import { type Duration, durationMs } from "../kernel/duration.ts"
import { InvalidInput } from "../kernel/fault.ts"
import type { Attachment } from "../message/attachment.ts"
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
  /**
   * Says that the handler goes on, and how far it is. The last progress, JSON of at most `limits.progressBytesMax` bytes, is
   * shown to operators, and journaled at most once in `limits.progressJournalMs`: the next attempt gets it.
   */
  heartbeat(progress?: Json): void
  /** The last progress that an earlier attempt told and that was journaled. */
  readonly lastProgress: Json | undefined
  /**
   * The bytes that a client deposited, checked by their digest, and all in memory. Rejects with AttachmentMissing when they
   * are not there, or any more: not caught, that is a fault like any other.
   */
  fetch(ref: Attachment): Promise<Uint8Array>
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
  /** How long it may be silent: an attempt that does not call `context.heartbeat` for so long counts as failed. Default: ever. */
  readonly heartbeat?: Duration
}

/**
 * Marks a handler that does I/O. An error that it throws is a fault: it is called again after a pause while the actor's
 * other records wait, and parked when its retries are used up. A business refusal is returned: `refused(code)`.
 */
export function effectful<State, Payload, Value>(
  run: EffectfulRun<State, Payload, Value>,
  options: EffectfulOptions = {},
): Effectful<State, Payload, Value> {
  const { heartbeat } = options
  const policy = handlerPolicy(options, "an effectful handler")
  if (heartbeat === undefined) return { type: "effectful", run, policy }
  const heartbeatMs = durationMs(heartbeat)
  if (heartbeatMs === 0) throw new InvalidInput("an effectful handler: heartbeat is longer than 0")
  return { type: "effectful", run, policy: { ...policy, heartbeatMs } }
}

/** Runs what a handler or a step returned; a promise's work sees the abort through its own signal. */
export function outcomingEffect<Value>(make: () => Outcoming<Value>): Effect.Effect<Value, unknown> {
  return Effect.suspend(() => {
    const made = make()
    if (Effect.isEffect(made)) return made
    return made instanceof Promise ? Effect.tryPromise({ try: () => made, catch: (cause) => cause }) : Effect.succeed(made)
  })
}
