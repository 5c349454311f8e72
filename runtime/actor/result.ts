// What a handler returns: the new state with an answer, facts and timers, or a refusal that changes nothing.
import type { Event } from "../message/contract.ts"
import type { Json } from "../message/json.ts"
import type { TimerChange } from "./timer.ts"

export type Result<State, Value> = Success<State, Value> | Refusal

export interface Success<State, Value> {
  readonly type: "done"
  readonly state: State
  readonly value: Value
  readonly emits: readonly Event[]
  readonly timers: readonly TimerChange[]
}

export interface Refusal {
  readonly type: "refused"
  readonly code: string
  readonly detail: Json
}

/** What follows from a command besides state and answer. */
export interface Follows {
  /** Facts to publish. */
  readonly emits?: readonly Event[]
  /** Timers of this actor to set or to cancel: `Remind.at(...)`, `Remind.cancel()`. */
  readonly timers?: readonly TimerChange[]
}

/** The command was carried out: the actor's new state, what to answer, and the facts and timers that follow from it. */
export function done<State>(state: State): Success<State, null>
export function done<State, Value>(state: State, value: Value, follows?: readonly Event[] | Follows): Success<State, Value>
export function done<State>(
  state: State,
  value: unknown = null,
  follows: readonly Event[] | Follows = {},
): Success<State, unknown> {
  const { emits = [], timers = [] } = isEvents(follows) ? { emits: follows } : follows
  return { type: "done", state, value, emits, timers }
}

/** The command is declined for a business reason; nothing changes. `code` is stable, such as "out-of-stock". */
export function refused(code: string, detail: Json = null): Refusal {
  return { type: "refused", code, detail }
}

function isEvents(follows: readonly Event[] | Follows): follows is readonly Event[] {
  return Array.isArray(follows)
}
