// A small workload: money that moves between accounts of the bank by sagas. What there is stays the same.
import type { History, Violation } from "../../../runtime/simulation/history.ts"
import type { Ask, Workload } from "../../../runtime/simulation/workload.ts"
import { account, bank, transfer } from "../../support/bank.ts"

const accounts = 12
const money = 100

const accountOf = (index: number) => `a${index}`

export function transfers(count: number): Workload {
  return {
    name: "transfers",
    apps: () => [bank],
    outside: () => ({ call: () => Promise.reject(new Error("the bank has no outside")) }),
    setup: Array.from({ length: accounts }, (_, n): Ask => ({
      type: "command", app: "bank", kind: "command", effect: `open-${n}`,
      command: account.deposit(accountOf(n), { amount: money }),
    })),
    requests: (draw) =>
      Array.from({ length: count }, (_, n): Ask => {
        const pick = () => accountOf(Math.floor(draw() * accounts))
        const input = { from: pick(), to: pick(), amount: 1 + Math.floor(draw() * 60) }
        return { type: "command", app: "bank", kind: "start", effect: `t-${n}`, command: transfer.start(`t-${n}`, input) }
      }),
    check: (history) => total(history),
    expectations: {},
  }
}

function total({ happenings }: History): readonly Violation[] {
  let sum = 0
  for (const happening of happenings) {
    if (happening.type !== "row" || !happening.row.startsWith("account/")) continue
    const { balance } = happening.state as { readonly balance: number } // cast: as the service declares it
    sum += balance
    if (balance < 0)
      return [{ invariant: "I1", id: happening.row, message: `${happening.row} has ${balance}`, evidence: [happening] }]
  }
  if (sum === accounts * money) return []
  return [{ invariant: "I1", id: "money", message: `there is ${sum}, and there should be ${accounts * money}`, evidence: [] }]
}
