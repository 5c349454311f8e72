// I1: no money and no stock is made or lost. Balances are never below zero on the way, and at the end each account and each
// shelf has exactly what the sagas that completed have left of it.
import type { Json } from "../../../runtime/message/json.ts"
import { parseAddress } from "../../../runtime/message/message.ts"
import type { Findings } from "../../../runtime/simulation/invariants/findings.ts"
import { blockName } from "../../../runtime/simulation/invariants/journals.ts"
import { memberOf } from "../../../runtime/simulation/invariants/log.ts"
import { cardLimit } from "../workload/requests.ts"
import { add, type Facts, numberOf, type SagaFacts, textOf } from "./facts.ts"

/** What each account and shelf must have gained or lost, and what must be held or reserved of it. */
export interface Expected {
  readonly cents: Map<string, number>
  readonly heldCents: Map<string, number>
  readonly reserved: Map<string, number>
}

export function checkMoney(facts: Facts, findings: Findings): void {
  checkLedgerPrefixes(facts, findings)
  checkRowsOnTheWay(facts, findings)
  if (!facts.settled) return
  // Errands have to do with neither money nor stock.
  const sagas = [...facts.sagas.values()].filter(({ name }) => name !== "errand")
  const unended = sagas.filter(({ outcome }) => outcome === undefined)
  // What has not ended may have taken something or not; I2 says that it has not ended.
  if (unended.length === 0) checkRows(facts, expectedOf(sagas), findings)
}

function checkLedgerPrefixes({ ledger }: Facts, findings: Findings): void {
  const sums = new Map<string, number>()
  for (const line of ledger) {
    if (line.result !== "applied") continue
    findings.saw("ledger lines")
    const id = `${line.participant} ${line.item}`
    add(sums, id, line.direction === "do" ? line.amount : -line.amount)
    const sum = sums.get(id) ?? 0
    const max = line.participant === "bank" ? cardLimit : Infinity
    if (sum >= 0 && sum <= max) continue
    const what = `line ${line.seq} of ${line.participant} (${line.key}) leaves ${line.item} with ${sum} taken`
    findings.add("I1", line.key, `${what}; expected from 0 to ${max}`, line)
  }
}

function checkRowsOnTheWay({ log }: Facts, findings: Findings): void {
  for (const journal of log.journals.values()) {
    for (const { entry, block } of journal.places) {
      const { to, state } = entry
      if (state === undefined || (to?.service !== "accounts" && to?.service !== "stock")) continue
      findings.saw("balances on the way")
      const [free, kept] = to.service === "accounts" ? ["cents", "heldCents"] : ["left", "reserved"]
      const [freeNow, keptNow] = [numberOf(state, free), numberOf(state, kept)]
      const id = `${to.service}/${to.key}`
      if (freeNow < 0 || keptNow < 0) {
        const what = `${id} has ${free} ${freeNow} and ${kept} ${keptNow} in ${blockName(block)}`
        findings.add("I1", id, `${what}; expected neither below 0`, entry)
      }
      if (to.service === "stock" && freeNow + keptNow !== numberOf(state, "initial")) {
        const what = `${id} has ${freeNow} left and ${keptNow} reserved in ${blockName(block)}`
        findings.add("I1", id, `${what}; expected ${numberOf(state, "initial")} together`, entry)
      }
    }
  }
}

export function expectedOf(sagas: readonly SagaFacts[]): Expected {
  const expected: Expected = { cents: new Map(), heldCents: new Map(), reserved: new Map() }
  for (const { name, outcome, input } of sagas) {
    if (outcome !== "completed") continue
    const cents = numberOf(input, "cents")
    if (name === "transfer") {
      add(expected.cents, textOf(input, "from"), -cents)
      add(expected.cents, textOf(input, "to"), cents)
      continue
    }
    add(expected.cents, textOf(input, "account"), -cents)
    add(expected.heldCents, textOf(input, "account"), cents)
    for (const line of linesOf(input)) add(expected.reserved, textOf(line, "product"), numberOf(line, "units"))
    if (name === "trip") add(expected.reserved, textOf(input, "product"), 1)
  }
  return expected
}

function linesOf(input: Json): readonly Json[] {
  const lines = memberOf(input, "lines")
  return Array.isArray(lines) ? lines : []
}

function checkRows({ rows }: Facts, { cents, heldCents, reserved }: Expected, findings: Findings): void {
  const sums = { cents: 0, openedCents: 0 }
  for (const { row, state } of rows.values()) {
    const { service, key } = parseAddress(row)
    if (service === "accounts") {
      const opened = numberOf(state, "openedCents")
      sums.openedCents += opened
      sums.cents += numberOf(state, "cents") + numberOf(state, "heldCents")
      compare(row, "cents", state, opened + (cents.get(key) ?? 0), findings)
      compare(row, "heldCents", state, heldCents.get(key) ?? 0, findings)
    }
    if (service === "stock") {
      compare(row, "reserved", state, reserved.get(key) ?? 0, findings)
      compare(row, "left", state, numberOf(state, "initial") - (reserved.get(key) ?? 0), findings)
    }
  }
  if (sums.cents === sums.openedCents) return
  const what = `all accounts together have ${sums.cents} cents and were opened with ${sums.openedCents}`
  findings.add("I1", "accounts", `${what}; expected the same`)
}

function compare(row: string, name: string, state: Json, expected: number, findings: Findings): void {
  findings.saw("balances at rest")
  const found = numberOf(state, name)
  if (found === expected) return
  const what = `${row} has ${found} ${name}, and the sagas that completed leave ${expected}`
  findings.add("I1", row, `${what}; expected the same`, state)
}
