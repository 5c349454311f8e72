// What operators do about parked records: see them, try them again, give them up; and about services: pause them. Every
// order is journaled with who gave it and why. Orders go through the same input as commands, so they are as durable, and the
// same order twice is one.
import * as Effect from "effect/Effect"
import { type HistoryOptions, type HistoryPage, readHistory } from "../delivery/history.ts"
import type { RowPage } from "../delivery/row-list.ts"
import { InvalidInput } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { ParkedEntry } from "../message/block.ts"
import { type Command, queryCommand } from "../message/contract.ts"
import type { Json } from "../message/json.ts"
import type { Address } from "../message/message.ts"
import {
  type Handling, type OperationName, type OperationNote, type ParkedFilter, partitionAddress, partitionOfActor,
} from "../message/operation.ts"
import type { Outcome } from "../message/outcome.ts"
import type { Journal } from "../ports/journal.ts"
import { OperationRefused, type Reset, resetService, type SubscriptionSummary } from "./reset.ts"

export { OperationRefused, type Reset, type SubscriptionSummary }

/** Who gives an order, and the reason: both are kept. */
export interface Author {
  readonly by: string
  readonly why: string
}

export interface ParkedSummary {
  readonly partition: number
  readonly id: string
  readonly code: string
  readonly message: string
  readonly atMs: number
  readonly attempts?: number
  readonly to?: { readonly service: string; readonly key: string }
  /** Of an event that one service cannot take, and that names no actor therefore. */
  readonly service?: string
  readonly type?: string
  readonly name?: string
  /** Its actor takes nothing until an operator has spoken. */
  readonly waits: boolean
  /** The saga whose command it is has ended: it cannot be redriven any more. */
  readonly settled?: true
}

/** One actor in a list. */
export interface ActorSummary {
  readonly partition: number
  readonly key: string
  /** What its actor type tells of it; null if it tells nothing. */
  readonly summary: Json
}

/** Which parked records are meant, and where they are, if that is known. */
export interface PlacedFilter extends ParkedFilter {
  readonly partition?: number
}

/** Asks one actor, or a partition, and awaits the outcome; the same effect key is the same order. */
export type Ask = (command: Command, effect: string) => Promise<Outcome>

export class Operator {
  readonly #ask: Ask
  readonly #partitions: number
  readonly #newOrder: () => string
  readonly #journal: Journal

  /** `newOrder` gives a new random identity to each order. The journal is only read. */
  constructor(ask: Ask, partitions: number, newOrder: () => string, journal: Journal) {
    this.#ask = ask
    this.#partitions = partitions
    this.#newOrder = newOrder
    this.#journal = journal
  }

  /** What is parked, oldest first in each partition. */
  async list(filter: ParkedFilter = {}): Promise<readonly ParkedSummary[]> {
    const found: ParkedSummary[] = []
    for (let partition = 0; partition < this.#partitions; partition += 1) {
      for (let skip = 0, more = true; more; ) {
        const page = await this.#order<Page>(partition, "list", { ...filter, skip })
        found.push(...page.parked.map((parked) => ({ ...parked, partition })))
        skip += page.parked.length
        more = page.more && page.parked.length > 0
      }
    }
    return found
  }

  /** Everything that is kept of one parked record: the record or its bytes, the cause, the stack. */
  async show(id: string): Promise<ParkedEntry | undefined> {
    for (let partition = 0; partition < this.#partitions; partition += 1) {
      const shown = await this.#order<ParkedEntry | null>(partition, "show", { id })
      if (shown !== null) return shown
    }
    return undefined
  }

  /**
   * Tries parked records again, with their original effect keys; `payload` edits a single one. Gives their number. With a
   * partition only that one is asked.
   */
  redrive({ partition, ...filter }: PlacedFilter & { readonly payload?: Json }, author: Author): Promise<number> {
    return this.#everywhere("redrive", { ...filter, ...author }, partition)
  }

  /** Gives parked records up for good. Gives their number. */
  discard({ partition, ...filter }: PlacedFilter, author: Author): Promise<number> {
    return this.#everywhere("discard", { ...filter, ...author }, partition)
  }

  /** How each service reads events, in each partition. */
  async subscriptions(): Promise<readonly SubscriptionSummary[]> {
    const found: SubscriptionSummary[] = []
    for (let partition = 0; partition < this.#partitions; partition += 1) {
      const own = await this.#order<readonly Omit<SubscriptionSummary, "partition">[]>(partition, "subscriptions", {})
      found.push(...own.map((subscription) => ({ partition, ...subscription })))
    }
    return found
  }

  /**
   * Has one service read events again, in all partitions; no other notices, and nothing is restarted. Gives the service's new
   * generation when all partitions have the order; what they read then shows in `subscriptions`. A reset that was cut short
   * is gone on with when it is given again. Rejects with OperationRefused.
   */
  async reset(reset: Reset, author: Author): Promise<number> {
    const partitions = { count: this.#partitions, order: this.#order.bind(this) }
    return resetService(partitions, await this.subscriptions(), reset, author)
  }

  /** The latest orders that changed something: who gave them, why, and what they were about. */
  async orders(): Promise<readonly OperationNote[]> {
    const notes: OperationNote[] = []
    for (let partition = 0; partition < this.#partitions; partition += 1) {
      const outcome = await this.#ask({ ...partitionAddress(partition), name: queryCommand, payload: null }, this.#newOrder())
      // cast: only the engine writes the row of a partition
      if (outcome.type === "done") notes.push(...((outcome.value as { operations?: OperationNote[] } | null)?.operations ?? []))
    }
    return notes.toSorted((a, b) => a.atMs - b.atMs)
  }

  /** What is being handled, or waits for it at the front of its actor's mailbox, of all services or of one. */
  async handlings(filter: { readonly service?: string } = {}): Promise<readonly Handling[]> {
    const found: Handling[] = []
    for (let partition = 0; partition < this.#partitions; partition += 1) {
      for (let skip = 0, more = true; more; ) {
        const page = await this.#order<HandlingsPage>(partition, "handlings", { ...filter, skip })
        found.push(...page.handlings)
        skip += page.handlings.length
        more = page.more && page.handlings.length > 0
      }
    }
    return found
  }

  /**
   * What was decided on one actor, with its states and what it sent, newest first and page by page: read from the journal,
   * so it costs its owner nothing. Rejects with InvalidInput on a bad limit, JournalUnavailable, or the fault of a journal
   * that cannot be read.
   */
  async history(actor: Address, options: HistoryOptions = {}): Promise<HistoryPage> {
    const { limit = limits.historyPageMax } = options
    if (!Number.isInteger(limit) || limit < 1 || limit > limits.historyPageMax)
      throw new InvalidInput(`limit must be a whole number from 1 to ${limits.historyPageMax}, not ${limit}`)
    const partition = partitionOfActor(actor, this.#partitions)
    return Effect.runPromise(readHistory({ journal: this.#journal, partition, actor }, options))
  }

  /**
   * Nothing of a service that does I/O is called any more, in any process and also after restarts, until it is resumed; its
   * records wait, in order. What is under way is finished.
   */
  async pause(service: string, author: Author): Promise<void> {
    for (let partition = 0; partition < this.#partitions; partition += 1)
      await this.#order<boolean>(partition, "pause", { service, ...author })
  }

  /** A paused service is called again; so is one whose breaker is open, without a trial. */
  async resume(service: string, author: Author): Promise<void> {
    for (let partition = 0; partition < this.#partitions; partition += 1)
      await this.#order<boolean>(partition, "resume", { service, ...author })
  }

  /**
   * The actors of one service, as their actor type sums them up, in the order of their keys in each partition. What it leaves
   * out because of `ask` is not among them. Each page is answered from what is durable; actors that come meanwhile may be
   * missing.
   */
  async *rows(service: string, ask: Json = null): AsyncGenerator<ActorSummary, void, void> {
    for (let partition = 0; partition < this.#partitions; partition += 1) {
      for (let after: string | undefined = ""; after !== undefined; ) {
        const page: RowPage = await this.#order<RowPage>(partition, "rows", { service, after, ask })
        for (const row of page.rows) yield { partition, ...row }
        after = page.next
      }
    }
  }

  /** Gives an order to one actor, and awaits what becomes of it. */
  tell(command: Command): Promise<Outcome> {
    return this.#ask(command, this.#newOrder())
  }

  async #everywhere(name: "redrive" | "discard", payload: Json, only?: number): Promise<number> {
    let total = 0
    for (let partition = only ?? 0; partition < (only === undefined ? this.#partitions : only + 1); partition += 1) {
      // What is parked anew meanwhile, perhaps because of this very order, is not tried for ever.
      for (let left = 1; left > 0; ) {
        const done = await this.#order<{ count: number; left: number }>(partition, name, payload)
        total += done.count
        left = left === 1 ? done.left : Math.min(left - done.count, done.left)
        if (done.count === 0) break
      }
    }
    return total
  }

  async #order<Value>(partition: number, name: OperationName, payload: Json): Promise<Value> {
    const outcome = await this.#ask({ ...partitionAddress(partition), name, payload }, this.#newOrder())
    if (outcome.type === "done") return outcome.value as Value // cast: what the engine answers to this order
    const why = outcome.type === "refused" ? JSON.stringify(outcome.detail) : outcome.message
    throw new OperationRefused(`"${name}" at partition ${partition} was refused: ${why}; nothing was changed there`)
  }
}

interface HandlingsPage {
  readonly more: boolean
  readonly handlings: readonly Handling[]
}

interface Page {
  readonly total: number
  readonly more: boolean
  readonly parked: readonly Omit<ParkedSummary, "partition">[]
}
