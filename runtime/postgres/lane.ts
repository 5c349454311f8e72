// Group commit: the handlings of many actors share a transaction, one after the other. A lane has one transaction at a time,
// and takes all that waits for it into the next; nothing waits for others to come. When a handler refuses or fails, its part
// has to be taken back: the whole is done again with a savepoint before each, and so are the next ones, because a savepoint
// costs as much as a statement. What goes wrong with the whole is done again, each by itself.
import { limits } from "../kernel/limits.ts"
import { type Alone, pauseAfter } from "./alone.ts"
import type { Database, Isolation, Transaction } from "./database.ts"
import { HandlerTooSlow, isConflict } from "./faults.ts"
import type { InboxRow } from "./inbox.ts"
import { readRows, writeRows } from "./inbox-table.ts"
import { stepOf, type Work } from "./work.ts"

export interface LaneOptions {
  readonly isolation: Isolation
  /** "own": no handler touches a row that another actor's touches, so it does not matter which is first. */
  readonly rows: "any" | "own"
}

export class Lane<Sql> {
  readonly #database: Database<Sql>
  readonly #lane: LaneOptions
  readonly #alone: Alone<Sql>
  #waiting: Work<Sql>[] = []
  #isBusy = false
  /** So many transactions more have savepoints. */
  #cautious = 0

  constructor(database: Database<Sql>, lane: LaneOptions, alone: Alone<Sql>) {
    this.#database = database
    this.#lane = lane
    this.#alone = alone
  }

  add(work: Work<Sql>): void {
    this.#waiting.push(work)
    if (!this.#isBusy) void this.#drain()
  }

  async #drain(): Promise<void> {
    this.#isBusy = true
    // What comes in the same turn shares the transaction.
    await Promise.resolve()
    for (let works = this.#take(); works.length > 0; works = this.#take()) {
      const [only] = works
      if (works.length === 1 && only !== undefined) await this.#alone.handle(only, limits.sharedHandlerMsMax)
      else await this.#share(works)
    }
    this.#isBusy = false
  }

  /** Of two handlings of one actor, by an owner and by one that was replaced, the second waits. */
  #take(): readonly Work<Sql>[] {
    const taken = new Map<string, Work<Sql>>()
    const left: Work<Sql>[] = []
    for (const work of this.#waiting) {
      const { actor, waiting } = work.job
      if (waiting.isOver) work.reject(new HandlerTooSlow(`the handling of ${actor} was ended before it had a transaction`))
      else if (taken.size < limits.handlersPerTransactionMax && !taken.has(actor)) taken.set(actor, work)
      else left.push(work)
    }
    this.#waiting = left
    return [...taken.values()]
  }

  async #share(works: readonly Work<Sql>[]): Promise<void> {
    if (works.length === 0) return
    const transaction = await this.#database.begin(this.#lane.isolation).catch(() => undefined)
    if (transaction === undefined) {
      await pauseAfter()
      this.#waiting.unshift(...works)
      return
    }
    const isCautious = this.#cautious > 0
    if (isCautious) this.#cautious -= 1
    const isTogether = !isCautious && this.#lane.rows === "own" && transaction.isPipelined
    const run = new SharedRun(transaction, { isCautious, isTogether })
    try {
      await run.all(works)
    } catch (error) {
      if (error instanceof HandlerTooSlow) await transaction.destroy()
      else await transaction.rollback()
      const left = works.filter((work) => !run.slow.has(work) && !run.isOver(work))
      for (const work of run.slow) this.#alone.handleSlow(work)
      if (error instanceof TakenBack) this.#cautious = limits.cautiousTransactions
      if (error instanceof TakenBack || error instanceof HandlerTooSlow) await this.#share(left)
      else for (const work of left) await this.#alone.handle(work, limits.sharedHandlerMsMax)
    }
  }
}

/** A handler's part has to be taken back, and there is no savepoint to go back to. */
class TakenBack extends Error {}

/** How the handlers of one transaction run. */
interface Manner {
  /** With a savepoint before each. */
  readonly isCautious: boolean
  /** All at the same time, so that their statements share round trips. */
  readonly isTogether: boolean
}

/** One shared transaction. */
class SharedRun<Sql> {
  readonly #transaction: Transaction<Sql>
  readonly #isCautious: boolean
  readonly #isTogether: boolean
  readonly #rows = new Map<string, InboxRow>()
  readonly #done: (() => void)[] = []
  readonly #over = new Set<Work<Sql>>()
  /** Whose handlers took too long, so that the transaction was given up. */
  readonly slow = new Set<Work<Sql>>()

  constructor(transaction: Transaction<Sql>, { isCautious, isTogether }: Manner) {
    this.#transaction = transaction
    this.#isCautious = isCautious
    this.#isTogether = isTogether
  }

  /** Whether somebody has been told what came of it. */
  isOver(work: Work<Sql>): boolean {
    return this.#over.has(work)
  }

  /** Rejects when the whole was rolled back, or has to be. */
  async all(works: readonly Work<Sql>[]): Promise<void> {
    const rows = await readRows(this.#transaction, works.map(({ job }) => job.actor))
    if (this.#isCautious) await this.#transaction.query("savepoint troupe")
    if (this.#isTogether) await this.#together(works, rows)
    else for (const work of works) await this.#one(work, rows.get(work.job.actor))
    if (!(await writeRows(this.#transaction, this.#rows))) throw new Error("somebody else has changed a row of the inbox")
    await this.#transaction.commit()
    for (const tell of this.#done) tell()
  }

  /** Nothing is rolled back before all have ended: what they still ask must not come behind it. */
  async #together(works: readonly Work<Sql>[], rows: ReadonlyMap<string, InboxRow>): Promise<void> {
    const ended = await Promise.allSettled(works.map((work) => this.#one(work, rows.get(work.job.actor))))
    const errors = ended.flatMap((one): readonly unknown[] => (one.status === "rejected" ? [one.reason] : []))
    const slow = errors.find((error) => error instanceof HandlerTooSlow)
    if (errors.length > 0) throw slow ?? errors[0]
  }

  async #one(work: Work<Sql>, row: InboxRow | undefined): Promise<void> {
    try {
      const step = await stepOf(work.job, this.#transaction, row, limits.sharedHandlerMsMax)
      if (step.row === undefined) {
        if (step.wasCalled) await this.#takeBack()
      } else {
        if (this.#isCautious) await this.#transaction.query("release savepoint troupe; savepoint troupe")
        this.#rows.set(work.job.actor, step.row)
      }
      // What it tells may rest on what others of this transaction wrote.
      this.#done.push(() => work.resolve(step.decision))
    } catch (error) {
      if (error instanceof HandlerTooSlow) this.slow.add(work)
      if (error instanceof HandlerTooSlow || error instanceof TakenBack || isConflict(error)) throw error
      await this.#takeBack()
      this.#over.add(work)
      work.reject(error)
    }
  }

  /** The savepoint stays, for the next. */
  async #takeBack(): Promise<void> {
    if (!this.#isCautious) throw new TakenBack("done again with savepoints")
    await this.#transaction.query("rollback to savepoint troupe")
  }
}
