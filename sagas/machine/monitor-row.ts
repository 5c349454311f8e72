// What is known of one key that a monitor watches. Type aliases, because interfaces are not assignable to Json.
import type { Json } from "../../runtime/message/json.ts"

export type MonitorRow = {
  /** The machine's state and context. */
  readonly value: Json
  readonly context: Json
  /** When it came into that state, in ms since 1970. */
  readonly sinceMs: number
  /** The last event that was accepted. */
  readonly lastEvent?: string
  /** Since when a deadline of that state is over. */
  readonly lateSinceMs?: number
  /** When it came to its end; the row is kept for a while after it. */
  readonly endedMs?: number
  /** How many of each there were. */
  readonly late: number
  readonly outOfContract: number
  /** The latest of them, oldest first: at most `limits.monitorAlarmsKeptMax`. */
  readonly alarms: readonly AlarmNote[]
}

export type AlarmNote = {
  readonly kind: "late" | "out-of-contract"
  /** Where it stood, such as `paying`, or `paying.card` within another state. */
  readonly state: string
  /** What came and was not expected there. */
  readonly event?: string
  /** When it came into that state. */
  readonly sinceMs: number
  readonly atMs: number
}
