// What the checks of the bank and shop know of a run: how each saga ended, what it had been asked, and what ledgers say.
import type { Json } from "../../../runtime/message/json.ts"
import { parseAddress } from "../../../runtime/message/message.ts"
import type { History, LedgerHappening, RowHappening } from "../../../runtime/simulation/history.ts"
import { endOf, type Log, memberOf, readLog } from "../../../runtime/simulation/invariants/log.ts"
import { requestsOf, type RequestOf } from "../../../runtime/simulation/invariants/requests.ts"

export interface SagaFacts {
  readonly id: string
  readonly name: string
  /** "completed", "compensated" or "killed"; undefined: it has not ended. */
  readonly outcome: string | undefined
  readonly input: Json
}

export interface Facts {
  readonly log: Log
  readonly requests: ReadonlyMap<string, RequestOf>
  readonly sagas: ReadonlyMap<string, SagaFacts>
  readonly ledger: readonly LedgerHappening[]
  readonly rows: ReadonlyMap<string, RowHappening>
  readonly settled: boolean
}

export function factsOf(history: History): Facts {
  const log = readLog(history)
  const sagas = new Map<string, SagaFacts>()
  for (const [id, places] of log.sagas) {
    const states = places.flatMap(({ entry }) => (entry.state === undefined ? [] : [entry.state]))
    const input = states.map((state) => memberOf(state, "input")).find((found) => found !== undefined) ?? null
    sagas.set(id, { id, name: parseAddress(id).service, outcome: endOf(states.at(-1))?.outcome, input })
  }
  const { happenings } = history
  const ledger = happenings.filter((happening): happening is LedgerHappening => happening.type === "ledger")
  const rows = happenings.filter((happening): happening is RowHappening => happening.type === "row")
  const settled = happenings.some((happening) => happening.type === "phase" && happening.phase === "settled")
  return { log, requests: requestsOf(history), sagas, ledger, rows: new Map(rows.map((row) => [row.row, row])), settled }
}

/** A number of a state; 0 where there is none. */
export function numberOf(state: Json | undefined, name: string): number {
  const value = memberOf(state, name)
  return typeof value === "number" ? value : 0
}

export function textOf(state: Json | undefined, name: string): string {
  const value = memberOf(state, name)
  return typeof value === "string" ? value : ""
}

export function add(sums: Map<string, number>, key: string, amount: number): void {
  sums.set(key, (sums.get(key) ?? 0) + amount)
}
