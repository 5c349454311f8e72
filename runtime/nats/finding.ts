// One line of what an examination of a server has found.

export interface Finding {
  /** What it is about, in a word or two. */
  readonly about: string
  /** `note`: it works, and might be better. */
  readonly state: "good" | "note" | "bad"
  readonly text: string
  /** What to do. */
  readonly mend?: string
}
