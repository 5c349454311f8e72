// What the bank and shop knows must hold of a run, besides what holds for any app.
import type { History, Verdict } from "../../../runtime/simulation/history.ts"
import { Findings } from "../../../runtime/simulation/invariants/findings.ts"
import { factsOf } from "./facts.ts"
import { checkLedgers } from "./ledgers.ts"
import { checkMoney } from "./money.ts"
import { checkOthers } from "./others.ts"

export function checkBankAndShop(history: History): Verdict {
  const findings = new Findings()
  const facts = factsOf(history)
  checkMoney(facts, findings)
  checkLedgers(facts, findings)
  checkOthers(facts, findings)
  return findings.verdict()
}
