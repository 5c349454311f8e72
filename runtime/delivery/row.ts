// What a partition holds of one actor: the user's state, and the engine's memory of effects and timers beside it.
import type { EffectMemory } from "../message/block.ts"
import type { Json } from "../message/json.ts"
import type { EffectKey } from "../message/message.ts"

export interface Row {
  state: Json | undefined
  readonly effects: Map<EffectKey, EffectMemory>
  readonly timers: Map<string, Timer>
}

export interface Timer {
  readonly dueMs: number
  readonly payload: Json
  readonly trace?: string
}

export function emptyRow(): Row {
  return { state: undefined, effects: new Map(), timers: new Map() }
}

/** Nothing is left that a later record could need. */
export function isBlank(row: Row): boolean {
  return row.state === undefined && row.effects.size === 0 && row.timers.size === 0
}
