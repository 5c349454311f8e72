// Handlings without an engine: a job that writes one line into `written`, and what its journal then knows.
import type { Decision } from "../../../runtime/actor/logic.ts"
import type { Json } from "../../../runtime/message/json.ts"
import { readKnown } from "../../../runtime/postgres/inbox.ts"
import type { PlainSql } from "../../../runtime/postgres/index.ts"
import { type Job, Waiting } from "../../../runtime/postgres/work.ts"

/** What an owner's journal has of an actor. */
export interface Journaled {
  state: Json | undefined
  inbox: Json | undefined
}

export function journaled(): Journaled {
  return { state: undefined, inbox: undefined }
}

export function note(journal: Journaled, { state, inbox }: Decision): void {
  journal.state = state
  if (inbox !== undefined) journal.inbox = inbox
}

export interface JobOptions {
  readonly kind?: string
  readonly waiting?: Waiting
  readonly before?: (sql: PlainSql) => Promise<unknown>
  readonly after?: (sql: PlainSql) => Promise<unknown>
}

/** Writes (actor, id), and counts in the state. */
export function jobOf(actor: string, id: string, { state, inbox }: Journaled, options: JobOptions = {}): Job<PlainSql> {
  const { kind = "write", waiting = new Waiting(), before, after } = options
  return {
    actor, id, kind, state, waiting, known: readKnown(inbox), stateVersion: 1,
    read: (row) => row.state,
    refuse: () => undefined,
    stop: () => undefined,
    run: async (sql, current) => {
      await before?.(sql)
      await sql.query("insert into written (actor, id) values ($1, $2)", [actor, id])
      await after?.(sql)
      const count = typeof current === "number" ? current + 1 : 1
      return { state: count, outcome: { type: "done", value: `${id} is ${count}` } }
    },
  }
}

export function answer({ outcome }: Decision): unknown {
  return outcome?.type === "done" ? outcome.value : outcome
}
