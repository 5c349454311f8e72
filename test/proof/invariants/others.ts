// The parts of the workload that are no sagas: notes, cascades, reservations, confirmations. Their rows are counted against
// what clients and journals say (I3, I7, I11).
import type { Json } from "../../../runtime/message/json.ts"
import { parseAddress } from "../../../runtime/message/message.ts"
import type { Findings } from "../../../runtime/simulation/invariants/findings.ts"
import { memberOf } from "../../../runtime/simulation/invariants/log.ts"
import type { RequestOf } from "../../../runtime/simulation/invariants/requests.ts"
import { add, type Facts, numberOf, textOf } from "./facts.ts"

export function checkOthers(facts: Facts, findings: Findings): void {
  checkReads(facts, findings)
  if (!facts.settled) return
  checkNotes(facts, findings)
  checkConfirmations(facts, findings)
  checkReservations(facts, findings)
  checkCascades(facts, findings)
}

/** Each note counts once; `sum` tells which. */
function checkNotes({ log, rows }: Facts, findings: Findings): void {
  const counts = new Map<string, number>()
  const sums = new Map<string, number>()
  for (const [effect, [decided]] of log.decided) {
    if (decided?.outcome.type !== "done" || !effect.startsWith("note ")) continue
    add(counts, decided.row, 1)
    add(sums, decided.row, Number(effect.slice("note ".length)))
  }
  for (const [row, count] of counts) {
    findings.saw("notes at rest")
    compare("I3", row, rows.get(row)?.state, { count, sum: sums.get(row) ?? 0 }, findings)
  }
}

/** An answer about a state knows every write that had been answered before it was asked. */
function checkReads({ requests }: Facts, findings: Findings): void {
  const writes = new Map<string, RequestOf[]>()
  for (const request of requests.values()) {
    if (request.effect.startsWith("note ")) writes.set(request.to, [...(writes.get(request.to) ?? []), request])
  }
  for (const { effect, to, kind, answer, happenings } of requests.values()) {
    if (kind !== "query" || !effect.startsWith("read ") || answer?.type !== "done") continue
    const askedMs = happenings[0]?.atMs ?? 0
    const told = happenings.find(({ phase }) => phase === "answered")?.atMs ?? 0
    const all = writes.get(to) ?? []
    const before = all.filter((write) => write.happenings.some(({ phase, atMs }) => phase === "answered" && atMs < askedMs))
    const possible = all.filter((write) => (write.happenings[0]?.atMs ?? 0) <= told)
    const count = numberOf(answer.value, "count")
    findings.saw("reads")
    if (count >= before.length && count <= possible.length) continue
    const what = `${effect} was answered that ${to} has ${count} notes, when ${before.length} had been answered`
    findings.add("I7", effect, `${what} and ${possible.length} sent; expected all that were answered and none that was not sent`)
  }
}

/** A saga that completed was confirmed once; no other is. */
function checkConfirmations({ sagas, rows }: Facts, findings: Findings): void {
  for (const { id, name, outcome } of sagas.values()) {
    if (name === "transfer" || name === "errand" || outcome === undefined) continue
    const row = `confirmations/${name}-${parseAddress(id).key}`
    findings.saw("confirmations")
    compare("I3", row, rows.get(row)?.state, { confirmed: outcome === "completed" ? 1 : 0 }, findings)
  }
}

/** Each reservation ended once, kept or expired. */
function checkReservations({ log, rows }: Facts, findings: Findings): void {
  const placed = new Map<string, number>()
  const kept = new Map<string, number>()
  for (const [effect, [decided]] of log.decided) {
    if (decided?.outcome.type !== "done") continue
    if (effect.startsWith("place ")) add(placed, decided.row, 1)
    if (effect.startsWith("keep ")) add(kept, decided.row, 1)
  }
  for (const [row, count] of placed) {
    findings.saw("reservations at rest")
    const keeps = kept.get(row) ?? 0
    const state = rows.get(row)?.state
    compare("I11", row, state, { placed: count, kept: keeps, expired: count - keeps, early: 0 }, findings)
    const open = memberOf(state, "open")
    if (typeof open !== "object" || open === null || Object.keys(open).length === 0) continue
    const what = `${row} still has open reservations ${Object.keys(open).join(", ")}`
    findings.add("I11", row, `${what}; expected all to have expired`, state)
  }
}

/** Every hop of a cascade counts once. One that is poison stops the cascade, and is parked. */
function checkCascades({ log, rows, ledger }: Facts, findings: Findings): void {
  const carried = new Set(ledger.filter(({ participant }) => participant === "courier").map(({ saga }) => saga))
  const stoppedAt = new Map<string, number>()
  for (const { record } of log.parked.values()) {
    if (record?.type === "event") stoppedAt.set(textOf(record.payload, "id"), Number(record.name.slice("Hop".length)))
  }
  const expected = { balance: new Map<string, number>(), passes: new Map<string, number>() }
  for (const [id, passing] of passingsOf(log)) {
    const keys = keysOf(passing)
    const reached = stoppedAt.get(id) ?? Infinity
    if (log.decided.has(`cascade ${id}`)) add(expected.passes, keys[0] ?? "", 1)
    for (const hop of [1, 2, 4, 5]) if (hop < reached) add(expected.passes, keys[hop] ?? "", 1)
    if (reached > 1) add(expected.balance, keys[1] ?? "", -numberOf(passing, "amount"))
    if (reached > 5) add(expected.balance, keys[5] ?? "", numberOf(passing, "amount"))
    findings.saw(reached < 5 ? "cascades parked" : "cascades at rest")
    if (reached > 3 && !carried.has(`cascade/${id}`))
      findings.add("I3", id, `cascade ${id} came to its end and courier did nothing for it; expected one effect`, passing)
  }
  for (const [key, passes] of expected.passes) {
    const row = `relay/${key}`
    compare("I3", row, rows.get(row)?.state, { passes, balance: expected.balance.get(key) ?? 0 }, findings)
  }
}

/** What is passed on in each cascade, by its id. */
function passingsOf(log: Facts["log"]): ReadonlyMap<string, Json> {
  const passings = new Map<string, Json>()
  for (const journal of log.journals.values()) {
    for (const { entry } of journal.places) {
      for (const [, , message] of entry.out ?? []) {
        if (message.type === "event" && message.name === "Hop1") passings.set(textOf(message.payload, "id"), message.payload)
      }
    }
  }
  return passings
}

function keysOf(passing: Json): readonly string[] {
  const keys = memberOf(passing, "keys")
  return Array.isArray(keys) ? keys.map(String) : []
}

function compare(
  invariant: string,
  row: string,
  state: Json | undefined,
  expected: Readonly<Record<string, number>>,
  findings: Findings,
): void {
  for (const [name, count] of Object.entries(expected)) {
    const found = numberOf(state, name)
    if (found === count) continue
    const what = `${row} has ${name} ${found}, and what was decided comes to ${count}`
    findings.add(invariant, row, `${what}; expected each effect once`, state)
  }
}
