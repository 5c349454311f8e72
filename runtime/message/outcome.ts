// What became of a command. The first two are business; the last is ours.
import type { Json } from "./json.ts"

export type Outcome = Done | Refused | Faulted

/** The code of a command that was cancelled when its handler may have been called. It is final: the actor remembers it. */
export const cancelledCode = "CANCELLED"

/** The effect happened; `value` is what the participant answers. */
export interface Done {
  readonly type: "done"
  readonly value: Json
}

/** The participant decided against it: nothing happened, and asking again would not help. */
export interface Refused {
  readonly type: "refused"
  /** Stable and machine-readable, such as "out-of-stock". */
  readonly code: string
  readonly detail: Json
}

/** The command could not be decided: its record is parked and whether the effect happened is not known. */
export interface Faulted {
  readonly type: "faulted"
  readonly code: string
  readonly message: string
}
