// How processes are drawn, for tools that know no definition: whoever made the definitions draws them.
import type { Json } from "../message/json.ts"
import type { ActorLogic } from "./logic.ts"

/** One run of a process. */
export interface DrawnRun {
  readonly key: string
  readonly state: Json
  /** Of one that has ended: its last state before that, if it is known. */
  readonly before?: Json
  /** The time for which it is drawn. */
  readonly nowMs: number
}

/** Each gives undefined for what has no drawing; without a run, the definition alone. */
export interface Pictures {
  /** A whole SVG document. */
  svg(logic: ActorLogic, run?: DrawnRun): string | undefined
  /** The same as data. */
  graph(logic: ActorLogic, run?: DrawnRun): Json | undefined
}
