// What a partition holds of one actor: the user's state, and the engine's memory of effects and timers beside it.
// Most actors have no timers and few effects, and there may be very many actors: empty maps are shared, never written.
import { limits } from "../kernel/limits.ts"
import type { EffectMemory } from "../message/block.ts"
import type { Json } from "../message/json.ts"
import type { EffectKey } from "../message/message.ts"

export interface Row {
  state: Json | undefined
  /** The version of the state; undefined: 1. */
  stateVersion: number | undefined
  /** Effects of sagas, until they end (R11). */
  effects: ReadonlyMap<EffectKey, EffectMemory>
  /** Effects that were asked from outside: the last `askedPerActorMax` of them, oldest first. */
  asked: ReadonlyMap<EffectKey, EffectMemory>
  timers: ReadonlyMap<string, Timer>
}

export interface Timer {
  readonly dueMs: number
  readonly payload: Json
  readonly correlation?: string
  readonly trace?: string
}

const none = new Map<never, never>()

export function emptyRow(): Row {
  return { state: undefined, stateVersion: undefined, effects: none, asked: none, timers: none }
}

/** Nothing is left that a later record could need. */
export function isBlank(row: Row): boolean {
  return row.state === undefined && row.effects.size === 0 && row.asked.size === 0 && row.timers.size === 0
}

export function memoryOf(row: Row, effect: EffectKey): EffectMemory | undefined {
  return row.effects.get(effect) ?? row.asked.get(effect)
}

/** Remembers an effect until its scope ends, or, without one, until enough newer ones were asked. */
export function remember(row: Row, effect: EffectKey, memory: EffectMemory): void {
  if (memory.scope !== undefined) {
    row.effects = put(row.effects, effect, memory)
    return
  }
  const asked = put(row.asked, effect, memory)
  row.asked = asked
  const [oldest] = asked.keys()
  if (asked.size > limits.askedPerActorMax && oldest !== undefined) asked.delete(oldest)
}

export function forgetScope(row: Row, scope: string): void {
  for (const [effect, memory] of row.effects) if (memory.scope === scope) row.effects = without(row.effects, effect)
}

export function setTimer(row: Row, name: string, timer: Timer): void {
  row.timers = put(row.timers, name, timer)
}

export function clearTimer(row: Row, name: string): void {
  row.timers = without(row.timers, name)
}

/** Writes into the row's own map, which is made when the first entry comes. */
function put<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key, value: Value): Map<Key, Value> {
  // cast: a map that is not the shared empty one was made here, and only this file holds it for writing
  const own = map.size === 0 ? new Map<Key, Value>() : (map as Map<Key, Value>)
  return own.set(key, value)
}

function without<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key): ReadonlyMap<Key, Value> {
  if (!map.has(key)) return map
  const own = map as Map<Key, Value> // cast: it holds the key, so it is not the shared empty one
  own.delete(key)
  return own.size === 0 ? none : own
}
