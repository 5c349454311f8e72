// What the journal keeps of a saga. Each top-level field changes seldom or is small, and keeps its identity while it
// does not change, so that a journal may store only the fields that did. The machine's context is split over it.
import type { Json } from "../../runtime/message/json.ts"
import type { Requester } from "../../runtime/message/message.ts"
import type { Target } from "./functions.ts"
import type { Progress } from "./progress.ts"

/** A saga under way, or parked. Type aliases, because interfaces are not assignable to Json. */
export type SagaRow = {
  readonly definition: DefinitionId
  readonly input: Json
  readonly startedMs: number
  /** The machine's state; while parked, the state that it will go on from. */
  readonly value: string
  /** Transitions so far: the middle part of effect keys. */
  readonly seq: number
  readonly items: Progress["items"]
  readonly results: Progress["results"]
  readonly failure?: NonNullable<Progress["failure"]>
  readonly sent: { readonly [step: string]: SentStep }
  /** By effect key: the commands whose reply is awaited. A reply or timer of any other effect changes nothing. */
  readonly open: { readonly [effect: string]: OpenCommand }
  /** Requesters to answer at the end. */
  readonly waiters?: readonly Waiter[]
  readonly parked?: Parked
}

export type EndedRow = { readonly ended: Ended }

export type Ended = {
  readonly outcome: "completed" | "compensated"
  /** Why it was compensated: the code of the refusal, or "STEP_TIMEOUT", or the fault's code. */
  readonly reason?: string
  readonly startedMs: number
  readonly endedMs: number
}

/** Of which definition the row is. `hash` covers name, version and the shape of the steps. */
export type DefinitionId = { readonly name: string; readonly version: number; readonly hash: string }

/** Where the commands of a step went, by item. The effect key of item n is `<saga>/<key>:<seq>:<n>`. */
export type SentStep = { readonly seq: number; readonly targets: readonly Target[] }

export type OpenCommand = {
  readonly step: string
  readonly item: number
  readonly direction: "do" | "undo"
  /** Counts from 1. */
  readonly attempt: number
  /** When its timer fires: the end of the try, or, after a fault, of the pause before the next try. */
  readonly dueMs: number
  /** How the last try ended, while the next one is not yet sent. */
  readonly fault?: Fault
}

export type Fault = { readonly code: string; readonly message: string }

export type Waiter = { readonly [K in keyof Requester]: Requester[K] }

export type Parked = {
  readonly code: string
  readonly message: string
  readonly step?: string
  readonly item?: number
}
