// What a run or a campaign says to whoever reads it.
import type { Coverage } from "./coverage.ts"
import type { FaultHappening, Violation } from "./history.ts"
import type { JudgedRun } from "./judged-run.ts"
import { crashPoints, faultKinds, pointName, verbs } from "./plan.ts"
import { sometimes } from "./sightings.ts"

const shownMax = 10

export function violationText({ invariant, message }: Violation): string {
  return `${invariant}: ${message}`
}

/** A failed run: what is wrong, what it took, and how to see it again. */
export function failureText(run: JudgedRun, replay: string): string {
  const { violations, plan, history, sagas } = run
  const faults = history.happenings.filter((happening): happening is FaultHappening => happening.type === "fault")
  const network = Object.entries(plan.network).filter(([name, value]) => name !== "meanMs" && value > 0)
  return [
    `seed ${run.spec.seed}: ${violations.length} violations, with ${sagas} sagas on ${plan.processes} processes (${plan.mode})`,
    ...violations.slice(0, shownMax).map((violation) => `  ${violationText(violation)}`),
    ...(violations.length > shownMax ? [`  and ${violations.length - shownMax} more`] : []),
    "what went wrong on purpose:",
    ...network.map(([name, value]) => `  ${name}: ${(value * 100).toFixed(1)} % of the messages`),
    ...faults.map(faultText),
    `see it again: ${replay}`,
  ].join("\n")
}

function faultText({ atMs, phase, kind, target, detail }: FaultHappening): string {
  return `  +${atMs} ms: ${kind} ${target} ${phase}${detail === undefined ? "" : ` (${detail})`}`
}

/** Verbs x faults, crash points, and what has to happen sometimes. */
export function coverageText(coverage: Coverage): string {
  const width = 9
  const head = `${"".padEnd(12)}${verbs.map((verb) => verb.padStart(width)).join("")}`
  const rows = faultKinds.map((kind) => {
    const cells = verbs.map((verb) => short(coverage.count(`cell ${verb} x ${kind}`)).padStart(width))
    return `${kind.padEnd(12)}${cells.join("")}`
  })
  const crashes = crashPoints.map((point) => `${pointName(point)} ${coverage.count(`crash ${pointName(point)}`)}`)
  const pairs = Object.keys(coverage.counts).filter((name) => name.startsWith("saga "))
  return [
    "verbs x faults: how often a verb was begun while the fault was felt",
    head,
    ...rows,
    `crashes: ${crashes.join(", ")}`,
    `saga states x inputs: ${pairs.length} pairs`,
    "sometimes:",
    ...sometimes.map((name) => `  ${short(coverage.count(`sometimes ${name}`)).padStart(6)}  ${name}`),
  ].join("\n")
}

/** What should have been seen and never was: cells, crash points, and what has to happen sometimes. */
export function unseen(coverage: Coverage, isExpected: (name: string) => boolean = () => true): readonly string[] {
  const names = [
    ...sometimes.map((name) => `sometimes ${name}`),
    ...crashPoints.map((point) => `crash ${pointName(point)}`),
    ...verbs.flatMap((verb) => faultKinds.map((kind) => `cell ${verb} x ${kind}`)),
  ]
  return names.filter((name) => isExpected(name) && coverage.count(name) === 0)
}

function short(count: number): string {
  if (count < 10_000) return String(count)
  return count < 10_000_000 ? `${Math.round(count / 1000)}k` : `${Math.round(count / 1_000_000)}M`
}
