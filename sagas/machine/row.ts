// What the journal keeps of a saga. Each top-level field changes seldom or is small, and keeps its identity while it
// does not change, so that a journal may store only the fields that did. The machine's context is split over it.
import type { Json } from "../../runtime/message/json.ts"
import type { Address, Requester } from "../../runtime/message/message.ts"
import type { SagaAttributes } from "./attributes.ts"
import type { Target } from "./functions.ts"
import type { Progress } from "./progress.ts"
import type { StateValue } from "./transition.ts"

/** A saga under way, or parked. Type aliases, because interfaces are not assignable to Json. */
export type SagaRow = {
  readonly definition: DefinitionId
  readonly input: Json
  readonly startedMs: number
  /** The machine's state; while parked, the state that it will go on from. */
  readonly value: StateValue
  /** Transitions so far: the middle part of effect keys. */
  readonly seq: number
  readonly items: Progress["items"]
  readonly results: Progress["results"]
  readonly rounds?: NonNullable<Progress["rounds"]>
  readonly lost?: NonNullable<Progress["lost"]>
  readonly failure?: NonNullable<Progress["failure"]>
  /** By instance of a step. */
  readonly sent: { readonly [instance: string]: SentStep }
  /** By slot (./slots.ts): what is awaited. A reply or timer of any other effect changes nothing. */
  readonly open: { readonly [slot: string]: OpenCommand }
  /** Who is answered at the end. */
  readonly waiters?: readonly Waiter[]
  readonly parked?: Parked
  /** What came for a wait that has not begun, oldest first, by the wait's name. */
  readonly early?: { readonly [wait: string]: readonly Json[] }
  readonly updates?: NonNullable<Progress["updates"]>
  readonly secret?: string
  /** What operators and callers ordered, latest last. */
  readonly orders?: readonly { readonly order: string; readonly by: string; readonly why: string; readonly atMs: number }[]
  /** When it has been under way for too long, in ms since 1970. */
  readonly deadlineMs?: number
}

export type EndedRow = {
  readonly ended: Ended
  /** What it is found by, as it was at its end. */
  readonly attributes?: SagaAttributes
  /** What operators and callers ordered, latest last. */
  readonly orders?: NonNullable<SagaRow["orders"]>
  /** Of a child that its parent may still take back: how it ended up, without those who waited. */
  readonly revertible?: SagaRow
  /** Sagas under way whose child it is, as their scopes: they may still ask for it, so it is not forgotten. */
  readonly parents?: readonly string[]
}

export type Ended = {
  readonly outcome: "completed" | "compensated" | "killed"
  /** Why it was compensated: the code of the refusal, or "STEP_TIMEOUT", or the fault's code. */
  readonly reason?: string
  /** What the definition says that a completed saga gives. */
  readonly result?: Json
  /** Of one that was killed: effects that happened, or may have, and were not undone. */
  readonly leaves?: readonly Target[]
  readonly startedMs: number
  readonly endedMs: number
}

/** Of which definition the row is. `hash` covers name, version and the shape of the steps. */
export type DefinitionId = { readonly name: string; readonly version: number; readonly hash: string }

/** Where the commands of a step went, by item. The effect key of item n is `<saga>/<key>:<seq>:<first + n>`. */
export type SentStep = { readonly seq: number; readonly first?: number; readonly targets: readonly Target[] }

export type OpenCommand = {
  /** Instance of a step, or of a wait. */
  readonly step: string
  readonly item: number
  readonly direction: "do" | "undo" | "wait"
  /** Counts from 1. */
  readonly attempt: number
  /** When its timer fires: the end of the try, of the pause before the next try, or of the wait. Absent: never. */
  readonly dueMs?: number
  /** How the last try ended, while the next one is not yet sent. */
  readonly fault?: Fault
}

export type Fault = { readonly code: string; readonly message: string }

/** A requester outside, or the actor (of another app, perhaps) that sent the command `effect`. */
export type Waiter =
  | { readonly [K in keyof Requester]: Requester[K] }
  | {
      readonly actor: { readonly service: string; readonly key: string; readonly app?: string; readonly partitions?: number }
      readonly effect: string
      /** It asked for the saga to be taken back. */
      readonly reverts?: true
    }

export type Parked = {
  readonly code: string
  readonly message: string
  readonly step?: string
  readonly item?: number
}

/** What the row says of the saga's progress: the machine's context, and what functions of the saga may know. */
export function progressOf(row: SagaRow, self: Address): Progress {
  const { input, items, results, rounds, lost, failure, updates, secret } = row
  // Field by field: it is asked for with every transition, and most rows have none of these.
  const progress: { -readonly [Field in keyof Progress]: Progress[Field] } = { sagaId: self.key, input, items, results }
  if (rounds !== undefined) progress.rounds = rounds
  if (lost !== undefined) progress.lost = lost
  if (failure !== undefined) progress.failure = failure
  if (updates !== undefined) progress.updates = updates
  if (secret !== undefined) progress.secret = secret
  return progress
}
