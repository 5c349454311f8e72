// I3, I4, I5 and I14 by the ledgers of the world outside: each step is done once and undone once if its saga was turned back,
// in reverse order, never after its undo, and for nobody who did not ask.
import type { LedgerHappening } from "../../../runtime/simulation/history.ts"
import type { Findings } from "../../../runtime/simulation/invariants/findings.ts"
import type { Facts } from "./facts.ts"

/** The participants outside that each saga calls, in the order of its steps; those in one list have no order. */
const outsideSteps: Readonly<Record<string, readonly (readonly string[])[]>> = {
  order: [["bank"], ["carrier"]],
  trip: [["airline", "hotel"]],
  errand: [["agency"], ["clerk"], ["till"]],
}

/** What one participant did for one step of one saga, in order. */
interface StepLines {
  readonly id: string
  readonly participant: string
  readonly dones: LedgerHappening[]
  readonly undones: LedgerHappening[]
}

export function checkLedgers(facts: Facts, findings: Findings): void {
  const steps = new Map<string, Map<string, StepLines>>()
  const lastSeq = new Map<string, number>()
  for (const line of facts.ledger) {
    checkDense(line, lastSeq, findings)
    if (line.result !== "applied") {
      checkRefusedUndo(line, steps, findings)
      continue
    }
    const lines = linesOf(steps, line)
    if (line.direction === "do") checkDo(line, lines, findings)
    else checkUndo(line, lines, findings)
  }
  const places = new Map(facts.ledger.map((line, place) => [line, place]))
  for (const [saga, all] of steps) checkSaga(facts, saga, all, places, findings)
  for (const { id, name, outcome } of facts.sagas.values()) {
    for (const participant of (outsideSteps[name] ?? []).flat()) {
      if (outcome !== "completed" || steps.get(id)?.has(participant) === true) continue
      findings.add("I3", id, `saga ${id} completed and ${participant} did nothing for it; expected one effect`)
    }
  }
}

function linesOf(steps: Map<string, Map<string, StepLines>>, { saga, participant }: LedgerHappening): StepLines {
  const ofSaga = steps.get(saga) ?? new Map<string, StepLines>()
  steps.set(saga, ofSaga)
  const lines = ofSaga.get(participant) ?? { id: `${participant} for ${saga}`, participant, dones: [], undones: [] }
  ofSaga.set(participant, lines)
  return lines
}

/** A ledger is whole: its lines are numbered. */
function checkDense({ participant, seq, key }: LedgerHappening, lastSeq: Map<string, number>, findings: Findings): void {
  const last = lastSeq.get(participant) ?? 0
  lastSeq.set(participant, seq)
  if (seq === last + 1) return
  findings.add("I7", key, `the ledger of ${participant} has line ${seq} behind line ${last}; expected ${last + 1}`)
}

function checkDo(line: LedgerHappening, { id, dones, undones }: StepLines, findings: Findings): void {
  findings.saw("effects outside")
  const [undo] = undones
  if (undo !== undefined)
    findings.add("I5", line.key, `${id}: ${line.key} was done after it had been undone; expected it to be refused`, undo, line)
  else if (dones.length > 0)
    findings.add("I3", line.key, `${id}: ${line.key} was done, and ${dones[0]?.key} before; expected one effect`, dones[0], line)
  dones.push(line)
}

function checkUndo(line: LedgerHappening, { id, undones }: StepLines, findings: Findings): void {
  findings.saw("undos outside")
  if (undones.length > 0)
    findings.add("I3", line.key, `${id}: ${line.key} took it back, and ${undones[0]?.key} before; expected one undo`, line)
  undones.push(line)
}

/** An undo that found nothing to take back still means that nothing must come any more. */
function checkRefusedUndo(line: LedgerHappening, steps: Map<string, Map<string, StepLines>>, findings: Findings): void {
  if (line.result !== "refused" || line.direction !== "undo") return
  const { dones, undones } = linesOf(steps, line)
  if (dones.length === 0) undones.push(line)
  findings.saw("undos of nothing")
}

function checkSaga(
  facts: Facts,
  saga: string,
  all: ReadonlyMap<string, StepLines>,
  places: ReadonlyMap<LedgerHappening, number>,
  findings: Findings,
): void {
  const { sagas, requests, settled } = facts
  if (saga.startsWith("cascade/")) {
    const request = requests.get(`cascade ${saga.slice("cascade/".length)}`)
    if (request !== undefined) return
    return findings.add("I14", saga, `${saga} had effects outside and no client began it; expected one who did`)
  }
  const found = sagas.get(saga)
  if (found === undefined) {
    const [first] = [...all.values()].flatMap(({ dones }) => dones)
    return findings.add("I14", saga, `${saga} had effects outside and no journal knows it; expected a saga that began`, first)
  }
  for (const { id, dones, undones } of all.values()) checkEnd(id, found.outcome, dones.length, undones, settled, findings)
  const undone = (outsideSteps[found.name] ?? []).map((participants) =>
    participants.flatMap((participant) => all.get(participant)?.undones ?? []),
  )
  checkReverse(saga, undone, places, findings)
}

function checkEnd(
  id: string,
  outcome: string | undefined,
  dones: number,
  undones: readonly LedgerHappening[],
  settled: boolean,
  findings: Findings,
): void {
  const takenBack = undones.filter(({ result }) => result === "applied").length
  if (outcome === "completed" && (dones !== 1 || takenBack !== 0)) {
    const what = `${id} was done ${dones} times and undone ${takenBack} times, and the saga completed`
    findings.add("I3", id, `${what}; expected one effect that stands`, ...undones)
  }
  if (outcome !== "compensated" || !settled || takenBack >= dones) return
  const what = `${id} was done ${dones} times and undone ${takenBack} times, and the saga was turned back`
  findings.add("I3", id, `${what}; expected every effect to be undone`)
}

/** What was done later is undone earlier; `undone` is in the order of the steps. */
function checkReverse(
  saga: string,
  undone: readonly (readonly LedgerHappening[])[],
  places: ReadonlyMap<LedgerHappening, number>,
  findings: Findings,
): void {
  let later: LedgerHappening | undefined
  for (const ofStep of undone.toReversed()) {
    const [first] = ofStep
    if (first !== undefined && later !== undefined) {
      findings.saw("undos in order")
      if ((places.get(first) ?? 0) < (places.get(later) ?? 0)) {
        const what = `${saga}: ${first.participant} was undone before ${later.participant}, which was done later`
        findings.add("I4", saga, `${what}; expected the reverse order`, first, later)
      }
    }
    later = ofStep.at(-1) ?? later
  }
}
