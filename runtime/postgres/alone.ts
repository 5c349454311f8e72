// A handling with a transaction of its own: the first try of one that has nobody to share with, and the next of one that
// lost a conflict, its connection, or the transaction that it shared. Whether a commit was carried out whose answer was lost is
// not guessed: the next try reads the actor's row, and finds the result there or handles the message.
import { setTimeout as pause } from "node:timers/promises"
import { limits } from "../kernel/limits.ts"
import type { Database, Isolation } from "./database.ts"
import { DatabaseUnavailable, HandlerTooSlow, isConflict, sqlState } from "./faults.ts"
import { readRows, writeRows } from "./inbox-table.ts"
import { stepOf, type Work } from "./work.ts"

export class Alone<Sql> {
  readonly #database: Database<Sql>
  readonly #isolation: Isolation
  readonly #slowKinds = new Map<string, number>()
  readonly #slow: Work<Sql>[] = []
  #busy = 0

  constructor(database: Database<Sql>, isolation: Isolation) {
    this.#database = database
    this.#isolation = isolation
  }

  /** Whether its kind was too slow for a shared transaction lately. */
  isSlow({ job: { kind } }: Work<Sql>): boolean {
    const untilMs = this.#slowKinds.get(kind)
    if (untilMs === undefined) return false
    if (performance.now() < untilMs) return true
    this.#slowKinds.delete(kind)
    return false
  }

  /** Handles it beside the lanes, when its turn has come. */
  handleSlow(work: Work<Sql>): void {
    if (work.job.waiting.isOver) return work.reject(new HandlerTooSlow(`the time for ${work.job.actor} was over`))
    this.#slow.push(work)
    if (this.#busy < limits.ownTransactionsMax) void this.#drainSlow()
  }

  async #drainSlow(): Promise<void> {
    this.#busy += 1
    for (let work = this.#slow.shift(); work !== undefined; work = this.#slow.shift()) {
      const beganMs = performance.now()
      await this.handle(work)
      // By itself too: it was not the database, nor the machine, that stood still for a moment.
      const isSlow = performance.now() - beganMs > limits.sharedHandlerMsMax
      if (isSlow && this.#slowKinds.size < limits.slowKindsMax)
        this.#slowKinds.set(work.job.kind, performance.now() + limits.slowKindMs)
    }
    this.#busy -= 1
  }

  /** Tries until it is known what came of it. Never rejects. `boundMs`: how long its handler may take here. */
  async handle(work: Work<Sql>, boundMs?: number): Promise<void> {
    const { job } = work
    for (let tries = 1; ; tries += 1) {
      if (job.waiting.isOver) return work.reject(new HandlerTooSlow(`the time for ${job.actor} was over`))
      const failure = await this.#once(work, boundMs)
      if (failure === undefined) return
      const { error, isHandlers } = failure
      if (error instanceof HandlerTooSlow && !job.waiting.isOver) return this.handleSlow(work)
      const canHelp = isConflict(error) ? tries < limits.transactionTriesMax : !isHandlers && isOutage(error)
      if (!canHelp) return work.reject(isHandlers && !isConflict(error) ? error : unavailable(job.actor, tries, error))
      await pauseAfter(tries)
    }
  }

  async #once(work: Work<Sql>, boundMs: number | undefined): Promise<Failure | undefined> {
    const { job } = work
    let isHandlers = false
    const transaction = await this.#database.begin(this.#isolation).catch((error: unknown) => ({ error, isHandlers }))
    if ("error" in transaction) return transaction
    try {
      const rows = await readRows(transaction, [job.actor])
      isHandlers = true
      const step = await stepOf(job, transaction, rows.get(job.actor), boundMs)
      isHandlers = false
      if (step.row === undefined) await transaction.rollback()
      else {
        if (!(await writeRows(transaction, new Map([[job.actor, step.row]])))) throw new Overtaken()
        await transaction.commit()
      }
      work.resolve(step.decision)
      return undefined
    } catch (error) {
      if (error instanceof HandlerTooSlow) await transaction.destroy()
      else await transaction.rollback()
      return isHandlers ? { error, isHandlers } : this.#atTheEnd(work, error)
    }
  }

  /** A constraint that is checked at the end only is the handler's. */
  #atTheEnd({ job, resolve }: Work<Sql>, error: unknown): Failure | undefined {
    try {
      const refusal = job.refuse(error, job.state)
      if (refusal === undefined) return { error, isHandlers: false }
      resolve(refusal)
      return undefined
    } catch (violation) {
      return { error: violation, isHandlers: true }
    }
  }
}

interface Failure {
  readonly error: unknown
  /** It was thrown by the handler, or for what it did. */
  readonly isHandlers: boolean
}

/** The row was written by somebody else after it was read: only a process that was replaced meets this. */
class Overtaken extends Error {}

/** Nothing that the server says of a statement, or that it is going down or full. */
function isOutage(error: unknown): boolean {
  const state = sqlState(error)
  return state === undefined || /^(08|53|57P|58|25P0[34])/.test(state)
}

function unavailable(actor: string, tries: number, error: unknown): DatabaseUnavailable {
  const text = `PostgreSQL did not carry out the handling of ${actor} in ${tries} tries; it is called again by its policy`
  return new DatabaseUnavailable(text, { cause: error })
}

/** Longer with each try, and never the same for two. */
export async function pauseAfter(tries = 4): Promise<void> {
  const ms = Math.min(limits.transactionPauseMsMax, limits.transactionPauseMsMin * 2 ** tries)
  await pause(ms * (0.5 + Math.random() / 2))
}
