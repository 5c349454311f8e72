// One handling that waits for a transaction, or has one: what it is, and what is done with it inside.
import type { Decision } from "../actor/logic.ts"
import type { Json } from "../message/json.ts"
import type { Transaction } from "./database.ts"
import { HandlerTooSlow } from "./faults.ts"
import { emptyInbox, handled, type InboxRow, type Known, plan, writeKnown } from "./inbox.ts"

/** Whether anybody waits for a job. What AbortSignal is, for one listener: there is one for each message. */
export class Waiting {
  isOver = false
  #told: (() => void) | undefined

  /** Nobody waits any more. */
  end(): void {
    this.isOver = true
    this.#told?.()
  }

  /** Instead of who listened before. */
  listen(told: (() => void) | undefined): void {
    this.#told = told
  }
}

export interface Job<Sql> {
  /** Names the actor's row. */
  readonly actor: string
  /** The message, among all that the actor ever gets. */
  readonly id: string
  /** What handlers of this name are like others of it in, such as how long they take. */
  readonly kind: string
  readonly known: Known
  /** The state that the journal has. */
  readonly state: Json | undefined
  readonly stateVersion: number
  readonly waiting: Waiting
  /** The row's state, as this release says it. */
  read(row: InboxRow): Json | undefined
  /** Calls the handler. */
  run(sql: Sql, state: Json | undefined): Promise<Decision>
  /** The handler need not go on. */
  stop(): void
  /** The refusal that an error of the database stands for, if it is one. */
  refuse(error: unknown, state: Json | undefined): Decision | undefined
}

/** A job with whoever waits for it. */
export interface Work<Sql> {
  readonly job: Job<Sql>
  resolve(decision: Decision): void
  reject(error: unknown): void
}

export interface Step {
  readonly decision: Decision
  /** The row to write; none: what the handler wrote is to be rolled back, if it was called. */
  readonly row: InboxRow | undefined
  readonly wasCalled: boolean
}

/** Handles a job inside a transaction, or finds what came of it. Rejects with HandlerTooSlow when the time is over. */
export async function stepOf<Sql>(
  job: Job<Sql>,
  { sql }: Transaction<Sql>,
  row: InboxRow = emptyInbox,
  boundMs: number | undefined,
): Promise<Step> {
  const planned = plan(job.actor, row, job.known, job.id)
  const state = planned.isNewState ? job.read(row) : job.state
  if (planned.type === "known") {
    const decision = { ...planned.result, state, inbox: writeKnown(planned.known) }
    return { decision, row: undefined, wasCalled: false }
  }
  const news = planned.isNewState ? { inbox: writeKnown(planned.known) } : {}
  const refusalOf = (error: unknown) => {
    const refusal = job.refuse(error, state)
    if (refusal === undefined) throw error
    return refusal
  }
  const decision = await within(job.run(sql, state), job, boundMs).catch(refusalOf)
  if (decision.outcome?.type === "refused") return { decision: { ...decision, ...news }, row: undefined, wasCalled: true }
  const done = handled(row, planned, { id: job.id, decision, stateVersion: job.stateVersion })
  return { decision: { ...decision, inbox: writeKnown(done.known) }, row: done.row, wasCalled: true }
}

/** The handler's promise, unless its time is over before. */
function within<Value>(
  promise: Promise<Value>,
  { actor, waiting, stop }: Pick<Job<never>, "actor" | "waiting" | "stop">,
  boundMs: number | undefined,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const slow = () => {
      reject(new HandlerTooSlow(`the handler of ${actor} took too long; its transaction is rolled back`))
      stop()
    }
    const timer = boundMs === undefined ? undefined : setTimeout(slow, boundMs)
    const over = () => {
      clearTimeout(timer)
      waiting.listen(undefined)
    }
    waiting.listen(slow)
    if (waiting.isOver) slow()
    void promise.finally(over).then(resolve, reject)
  })
}
