// How one thing in a picture of an instance stands, and the words that say so.
export type Standing =
  | "done" | "running" | "waiting" | "refused" | "unknown" | "undoing" | "undone" | "abandoned" | "skipped" | "parked" | "out"

export interface Mark {
  /** "out": it was not taken, or will not be any more. */
  readonly standing: Standing
  readonly lines: readonly string[]
}
