// The inbox of an actor whose data is in PostgreSQL: one row, however many messages it has handled. Within an actor messages
// are handled one at a time, so only what its journal does not know yet can come again: the row keeps the results of those,
// and a count of all. The journal says how far it knows the row ("known"); what is beyond was committed by a process that
// ended before it could say so. Pure.
import type { Decision } from "../actor/logic.ts"
import { limits } from "../kernel/limits.ts"
import type { Json } from "../message/json.ts"
import { InboxMismatch } from "./faults.ts"

/** What came of a message, without the state. */
export type Result = Omit<Decision, "state">

export interface Kept {
  readonly version: number
  /** The message that was handled. */
  readonly id: string
  readonly result: Result
}

/** The row in the database. */
export interface InboxRow {
  /** How many messages were handled. */
  readonly version: number
  /** The state after the newest of them. */
  readonly state: Json | undefined
  readonly stateVersion: number
  /** Results that the journal may not know, oldest first; the newest is always there. */
  readonly kept: readonly Kept[]
}

/** What the journal knows of the row. */
export interface Known {
  readonly version: number
  /** Messages up to that version that were handled, and have not come again to be told. */
  readonly owed: readonly string[]
}

export type Plan =
  /** Handled before: this came of it. `state` is undefined if the journal has a newer one. */
  | { readonly type: "known"; readonly result: Result; readonly known: Known; readonly isNewState: boolean }
  /** To be handled. `isNewState`: on the state of the row, because the journal's is older. */
  | { readonly type: "run"; readonly known: Known; readonly isNewState: boolean }

export const emptyInbox: InboxRow = { version: 0, state: undefined, stateVersion: 1, kept: [] }

export function readKnown(inbox: Json | undefined): Known {
  if (inbox === undefined) return { version: 0, owed: [] }
  if (typeof inbox === "number") return { version: inbox, owed: [] }
  return inbox as unknown as Known // cast: `writeKnown` wrote it
}

/** Nearly always nothing is owed, and a number says all. */
export function writeKnown({ version, owed }: Known): Json {
  return owed.length === 0 ? version : { version, owed }
}

/** What to do with a message. Throws InboxMismatch when row and journal cannot both be right. */
export function plan(actor: string, row: InboxRow, known: Known, id: string): Plan {
  if (known.owed.includes(id)) {
    const kept = row.kept.find((one) => one.id === id && one.version <= known.version)
    if (kept === undefined) throw mismatch(actor, row, known, "what came of a message is not there any more")
    const owed = known.owed.filter((one) => one !== id)
    return { type: "known", result: kept.result, known: { ...known, owed }, isNewState: false }
  }
  const beyond = row.kept.filter(({ version }) => version > known.version)
  if (row.version < known.version || beyond.length !== row.version - known.version)
    throw mismatch(actor, row, known, "this process was replaced while it stood still, or one of the two was restored")
  const found = beyond.find((one) => one.id === id)
  const owed = [...known.owed, ...beyond.filter((one) => one !== found).map((one) => one.id)]
  if (owed.length > limits.inboxOwedMax) throw mismatch(actor, row, known, `${owed.length} messages did not come again`)
  const next = { version: row.version, owed }
  const isNewState = beyond.length > 0
  return found === undefined
    ? { type: "run", known: next, isNewState }
    : { type: "known", result: found.result, known: next, isNewState }
}

/** The row after a message was handled, and what the journal then knows. */
export function handled(
  row: InboxRow,
  { known }: Extract<Plan, { readonly type: "run" }>,
  done: { readonly id: string; readonly decision: Decision; readonly stateVersion: number },
): { readonly row: InboxRow; readonly known: Known } {
  const { id, decision: { state, ...result }, stateVersion } = done
  const version = row.version + 1
  const kept = [...row.kept.filter((one) => known.owed.includes(one.id)), { version, id, result }]
  return { row: { version, state, stateVersion, kept }, known: { version, owed: known.owed } }
}

function mismatch(actor: string, { version }: InboxRow, known: Known, why: string): InboxMismatch {
  const text = `PostgreSQL has ${version} messages of ${actor} handled, and its journal knows ${known.version}`
  return new InboxMismatch(`${text}: ${why}; nothing was done, and it is tried again`)
}
