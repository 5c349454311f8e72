// The world outside of the runtime: bank, carrier, airline and hotel, which keep ledgers of what they really did. It believes
// whoever calls: it knows a key again, and nothing else of what the runtime promises.
import { Fault } from "../../../runtime/index.ts"
import type { LedgerLine, LedgerStore, Outside, OutsideAnswer, OutsideCall } from "../../../runtime/simulation/workload.ts"
import type { Luck } from "./luck.ts"

/** The call failed before or after its effect; nobody knows. It may be made again. */
export class OutsideFailed extends Fault {
  readonly _tag = "OutsideFailed"
  readonly code = "OUTSIDE_FAILED"
  readonly retry = "later"
}

/** The call can never succeed: its record is parked. */
export class OutsidePoisoned extends Fault {
  readonly _tag = "OutsidePoisoned"
  readonly code = "OUTSIDE_POISONED"
  readonly retry = "never"
}

/** What each item of a participant has at first; what is not named has no bound. */
export type Funds = Readonly<Record<string, number>>

export class OutsideWorld implements Outside {
  readonly #store: LedgerStore
  readonly #luck: Luck
  readonly #funds: Funds
  readonly #answers = new Map<string, OutsideAnswer>()
  readonly #lastSeq = new Map<string, number>()
  readonly #taken = new Map<string, number>()
  /** `participant saga step` -> what was applied and not taken back. */
  readonly #standing = new Map<string, LedgerLine>()

  /** Goes on from what the store holds. */
  constructor(store: LedgerStore, luck: Luck, funds: Funds = {}) {
    this.#store = store
    this.#luck = luck
    this.#funds = funds
    for (const line of store.read()) this.#note(line)
  }

  async call(call: OutsideCall, signal: AbortSignal): Promise<OutsideAnswer> {
    const fate = this.#luck.of(call.key)
    if (fate === "poison" && call.direction === "do") {
      // One half breaks down only when it has been done: it may have happened, and must be taken back.
      if (this.#luck.isEven(call.key)) await this.#carryOut(call, false)
      throw new OutsidePoisoned(`${call.participant} cannot take ${call.key}; its record is parked`)
    }
    if (call.attempt === 1 && fate === "transient")
      throw new OutsideFailed(`${call.participant} failed before ${call.key}; it is called again`)
    if (call.attempt === 1 && fate === "hang") return aborted(call, signal)
    const answer = await this.#carryOut(call, fate === "refuse" && call.direction === "do")
    return call.attempt === 1 && fate === "late" ? aborted(call, signal) : answer
  }

  async #carryOut(call: OutsideCall, refuses: boolean): Promise<OutsideAnswer> {
    const { attempt: _, ...what } = call
    const known = this.#answers.get(nameOf(call))
    const line = { ...what, seq: (this.#lastSeq.get(call.participant) ?? 0) + 1, ...this.#judge(call, known, refuses) }
    this.#note(line)
    await this.#store.append(line)
    if (known !== undefined) return known.type === "refused" ? known : { ...known, type: "duplicate" }
    return answerOf(line)
  }

  #judge(call: OutsideCall, known: OutsideAnswer | undefined, refuses: boolean): Pick<LedgerLine, "result" | "code"> {
    if (known !== undefined) return { result: "duplicate" }
    if (call.direction === "undo") {
      return this.#standing.has(effectOf(call)) ? { result: "applied" } : { result: "refused", code: "nothing-there" }
    }
    if (refuses) return { result: "refused", code: "unlucky" }
    const funds = this.#funds[call.participant]
    const taken = this.#taken.get(itemOf(call)) ?? 0
    if (funds !== undefined && taken + call.amount > funds) return { result: "refused", code: "no-funds" }
    return { result: "applied" }
  }

  #note(line: LedgerLine): void {
    this.#lastSeq.set(line.participant, line.seq)
    if (line.result === "duplicate") return
    this.#answers.set(nameOf(line), answerOf(line))
    if (line.result === "refused") return
    const isDo = line.direction === "do"
    this.#taken.set(itemOf(line), (this.#taken.get(itemOf(line)) ?? 0) + (isDo ? line.amount : -line.amount))
    if (isDo) this.#standing.set(effectOf(line), line)
    else this.#standing.delete(effectOf(line))
  }
}

type Named = Pick<LedgerLine, "participant" | "key" | "saga" | "step" | "item">

function nameOf({ participant, key }: Named): string {
  return `${participant} ${key}`
}

function itemOf({ participant, item }: Named): string {
  return `${participant} ${item}`
}

function effectOf({ participant, saga, step }: Named): string {
  return `${participant} ${saga} ${step}`
}

function answerOf({ result, seq, code = "" }: LedgerLine): OutsideAnswer {
  return result === "refused" ? { type: "refused", code } : { type: "applied", seq }
}

/** Says nothing until whoever called gives up. */
function aborted({ participant, key }: OutsideCall, signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const give = () => reject(new OutsideFailed(`${participant} said nothing to ${key}; it is called again`))
    if (signal.aborted) give()
    else signal.addEventListener("abort", give, { once: true })
  })
}

/** A ledger in memory; `told` hears of each line. */
export function memoryLedger(told: (line: LedgerLine) => void = () => undefined): LedgerStore {
  const lines: LedgerLine[] = []
  return {
    append(line) {
      lines.push(line)
      told(line)
    },
    read: () => lines,
  }
}
