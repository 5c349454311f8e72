// What `troupe check` tells: a line per saga, and of what is wrong all that is needed to see it and to try it again.
import type { SagaReport } from "../../sagas/index.ts"
import { table } from "./table.ts"

interface Timed extends SagaReport {
  readonly tookMs: number
}

/** A violation is copied from it: nothing is cut off. */
const paper = { columns: undefined, hasColour: false }

export function reportText(reports: readonly Timed[]): string {
  const head = ["saga", "situations", "transitions", "paths", "walks", "ends reached", "time", ""]
  const rows = reports.map((report) => [
    report.saga,
    `${report.situations}${report.isExhaustive || report.violation !== undefined ? "" : " (bound)"}`,
    String(report.transitions),
    pathsText(report.paths),
    String(report.walks),
    endsText(report.ends),
    `${report.tookMs.toFixed(0)} ms`,
    report.violation === undefined ? "ok" : report.violation.property,
  ])
  return `${table(paper, head, rows)}${reports.map(violationText).join("")}`
}

/** Beyond a million only how many digits it has is of interest. */
function pathsText(paths: bigint | undefined): string {
  if (paths === undefined) return "-"
  const digits = String(paths)
  return digits.length <= 7 ? digits : `${digits[0]}.${digits[1]}e${digits.length - 1}`
}

function endsText(ends: SagaReport["ends"]): string {
  return Object.keys(ends).toSorted((a, b) => (a < b ? -1 : 1)).join(" ")
}

function violationText({ saga, violation }: Timed): string {
  if (violation === undefined) return ""
  const { property, message, path, isShortest, plain, mermaid, test } = violation
  const way = isShortest ? "the shortest way there" : "the way by which a random walk came there"
  return `
${saga} breaks ${property}: ${message}
${way} has ${path.length} moves:

${plain}
As a diagram:

${mermaid}
As a test:

${test}`
}

export function reportJson(reports: readonly Timed[]): string {
  const sagas = reports.map((report) => ({ ...report, paths: report.paths === undefined ? null : String(report.paths) }))
  return `${JSON.stringify({ sagas })}\n`
}
