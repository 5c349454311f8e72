// A thousand random transfers between twenty accounts, two of which are closed half way; no cent is made and none is lost.
// `node examples/money-transfer/main.ts`; exit code 0 if that holds.
import { app, launch } from "../../runtime/index.ts"
import { type Account, accounts } from "./accounts.ts"
import { transfer } from "./transfer.ts"

const openedCents = 10_000
const limitCents = 5_000
const transferCount = 1_000
const inFlight = 100
// Of this run alone, so that it can be run again on the same server.
const run = Date.now().toString(36)
/** The first two of them are closed half way. */
const names = Array.from({ length: 20 }, (_, n) => `${run}-account-${n + 1}`)

interface Ending {
  readonly from: string
  readonly to: string
  readonly cents: number
  readonly outcome: string
}

const bank = app("bank", { namespace: "bank", services: [accounts, transfer] })
const running = await launch(bank, { dataDir: ".troupe/money-transfer", report: (line) => console.error(line) })
const { client } = running

for (const name of names) {
  await client.ask(accounts.open(name, { cents: openedCents, limitCents }), { effect: `open ${name}` })
}
const endings: Ending[] = []
let started = 0
await Promise.all(Array.from({ length: inFlight }, worker))
const balances = new Map<string, Account>()
for (const name of names) {
  // cast: the service declares it
  balances.set(name, (await client.query("accounts", name)).state as unknown as Account)
}
await running.stop()
report()

async function closeTwo(): Promise<void> {
  for (const name of names.slice(0, 2)) await client.ask(accounts.close(name, {}), { effect: `close ${name}` })
}

async function worker(): Promise<void> {
  while (started < transferCount) {
    started += 1
    const id = `${run}-${started}`
    if (started === transferCount / 2) await closeTwo()
    const from = draw(names)
    const to = draw(names.filter((name) => name !== from))
    const cents = 1 + Math.floor(Math.random() * 6_000)
    const outcome = await client.ask(transfer.start(id, { from, to, cents }), { effect: id })
    // cast: a saga answers its start with how it ended
    const ended = outcome.type === "done" ? (outcome.value as { outcome: string; reason?: string }) : { outcome: outcome.code }
    endings.push({ from, to, cents, outcome: ended.reason ?? ended.outcome })
  }
}

/** The money had been taken, and the account that it was for was closed. */
function isTurnedBack({ from, to, outcome }: Ending): boolean {
  return outcome === "account-closed" && names.indexOf(to) < 2 && names.indexOf(from) >= 2
}

function draw(from: readonly string[]): string {
  return from[Math.floor(Math.random() * from.length)] ?? ""
}

function report(): void {
  const counts = new Map<string, number>()
  for (const { outcome } of endings) counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  console.log(`${endings.length} transfers between ${names.length} accounts`)
  for (const [outcome, count] of counts) console.log(`  ${outcome.padEnd(20)} ${count}`)
  const moved = endings.filter(({ outcome }) => outcome === "completed")
  const sum = (of: readonly Ending[]) => of.reduce((total, { cents }) => total + cents, 0)
  const expected = (name: string) =>
    openedCents + sum(moved.filter(({ to }) => to === name)) - sum(moved.filter(({ from }) => from === name))
  const total = [...balances.values()].reduce((all, { cents }) => all + cents, 0)
  const checks: Readonly<Record<string, boolean>> = {
    [`all accounts together hold ${names.length * openedCents} cents`]: total === names.length * openedCents,
    "each account holds what its transfers say": [...balances].every(([name, { cents }]) => cents === expected(name)),
    "no account is overdrawn": [...balances.values()].every(({ cents }) => cents >= 0),
    "some transfers were turned back after the debit": endings.some(isTurnedBack),
    "every transfer came to an end": endings.length === transferCount && !counts.has("POISON"),
  }
  for (const [what, holds] of Object.entries(checks)) console.log(`${holds ? "ok    " : "BROKEN"} ${what}`)
  process.exitCode = Object.values(checks).every(Boolean) ? 0 : 1
}
