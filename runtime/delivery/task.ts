// A record that waits for its actor, and the mailbox in which it does.
import type * as Exit from "effect/Exit"
import type { Decision } from "../actor/logic.ts"
import type { Entry } from "../message/block.ts"
import type { Json } from "../message/json.ts"
import type { Message } from "../message/message.ts"
import type { ProcessSpan } from "../ports/telemetry.ts"
import type { Slot } from "./slots.ts"

/** A record that its actor decides, wherever it waits for that. */
export interface Task {
  /** The actor, as `addressText`. */
  readonly row: string
  readonly message: Message
  /** The marks that its decision will move; none once it is in the durable mailbox, which moved them. */
  from: Entry["from"]
  /** Its number in the durable mailbox (R6). */
  held: number | undefined
  /** Its handler was called, so it may have had an effect outside. */
  called?: true
  /** It is journaled that it may be begun. */
  noted?: true
}

/** The records of an actor that cannot take its next one yet. */
export interface Mailbox {
  readonly row: string
  /** What is being handled, or about to be. */
  current: Task | undefined
  slot: Slot | undefined
  readonly waiting: Task[]
  /** What keeps the next record from being taken. */
  waitsFor: "nothing" | "commit" | "retry" | "operator" | "rate" | "pause"
  /** With "rate": when its actor may call again; monotonic. */
  notBeforeMs: number
  /** The attempt that is under way. */
  attempt?: Attempt | undefined
}

export interface Attempt {
  readonly number: number
  readonly beganMs: number
  /** What its handler told last of how far it is. */
  readonly progress: () => Json | undefined
  /** Aborts its signal, and ends it if it does not end by itself soon. */
  readonly cancel: () => void
}

/** What one attempt at a mailbox's current record came to. */
export interface Finished {
  readonly mailbox: Mailbox
  readonly exit: Exit.Exit<Decision, unknown>
  readonly span: ProcessSpan
}

/** Its next record could be handled now, but for a rate, a breaker or an operator's pause, which may last. */
export function waitsForFlow({ waitsFor, slot }: Mailbox): boolean {
  return waitsFor === "rate" || waitsFor === "pause" || slot?.waitsFor === "rate" || slot?.waitsFor === "breaker"
}
