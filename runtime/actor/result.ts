// What a handler returns: the new state with an answer and facts, or a refusal that changes nothing.
import type { Event } from "../message/contract.ts"
import type { Json } from "../message/json.ts"

export type Result<State, Value> = Success<State, Value> | Refusal

export interface Success<State, Value> {
  readonly type: "done"
  readonly state: State
  readonly value: Value
  readonly emits: readonly Event[]
}

export interface Refusal {
  readonly type: "refused"
  readonly code: string
  readonly detail: Json
}

/** The command was carried out: the actor's new state, what to answer, and the facts that follow from it. */
export function done<State>(state: State): Success<State, null>
export function done<State, Value>(state: State, value: Value, emits?: readonly Event[]): Success<State, Value>
export function done<State>(state: State, value: unknown = null, emits: readonly Event[] = []): Success<State, unknown> {
  return { type: "done", state, value, emits }
}

/** The command is declined for a business reason; nothing changes. `code` is stable, such as "out-of-stock". */
export function refused(code: string, detail: Json = null): Refusal {
  return { type: "refused", code, detail }
}
