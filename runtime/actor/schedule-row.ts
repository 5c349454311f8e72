// What a schedule remembers: up to when it has ticked, what runs, what waits, and how it went.
import type { Json } from "../message/json.ts"
import type { Address, EffectKey } from "../message/message.ts"

/** One tick of a schedule: when, in ms since 1970, and why. */
export interface Tick {
  readonly atMs: number
  readonly cause: "time" | "trigger" | "backfill"
}

export interface WaitingTick extends Tick {
  readonly effect: EffectKey
}

export interface RunningTick extends WaitingTick {
  readonly to: Address
}

export interface ScheduleRow {
  /** The times that it was armed with: others in the code take effect when its partition is claimed. */
  readonly times: string
  readonly isPaused: boolean
  /** All ticks up to here are dealt with. */
  readonly lastMs: number
  readonly running: readonly RunningTick[]
  readonly waiting: readonly WaitingTick[]
  readonly counts: ScheduleCounts
  /** The run that ended last. */
  readonly latest?: { readonly atMs: number; readonly outcome: string }
}

export interface ScheduleCounts {
  readonly done: number
  readonly refused: number
  readonly faulted: number
  /** Runs that did not answer in time. */
  readonly unanswered: number
  /** Ticks that came while a run was under way, or when too many waited. */
  readonly skipped: number
  /** Ticks that were due while nobody ran the app, and were not caught up. Each stretch counts `scheduleCatchUpMax` at most. */
  readonly missed: number
}

export function newScheduleRow(times: string, lastMs: number): ScheduleRow {
  const counts = { done: 0, refused: 0, faulted: 0, unanswered: 0, skipped: 0, missed: 0 }
  return { times, isPaused: false, lastMs, running: [], waiting: [], counts }
}

export function counted(row: ScheduleRow, what: keyof ScheduleCounts, by = 1): ScheduleRow {
  return by === 0 ? row : { ...row, counts: { ...row.counts, [what]: row.counts[what] + by } }
}

export function asRow(state: Json | undefined): ScheduleRow | undefined {
  return state as ScheduleRow | undefined // cast: only this actor type writes its rows
}

export function asState(row: ScheduleRow): Json {
  return row as unknown as Json // cast: a row is JSON
}
