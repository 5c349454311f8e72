// The report of a run: one table for people, one line for programs.
import { figuresByKind, type KindFigures, notice, type Percentiles } from "./measure.ts"
import type { Judgement } from "./judge.ts"
import type { Means } from "./nemesis.ts"
import type { ChaosOptions } from "./options.ts"
import type { RunEnd } from "./run.ts"

const complaintsMax = 20
const codesMax = 12

export interface Summary {
  readonly sagas: number
  readonly faults: number
  readonly lost: number
  readonly doubled: number
  readonly orderBreaks: number
  readonly stuck: number
  readonly powerCuts: number
  readonly maxStallMs: number
  /** The folder of the participants' ledgers and the clients' histories. */
  readonly ledgers: string
}

export function summaryOf({ out }: ChaosOptions, end: RunEnd, judgement: Judgement): Summary {
  const { lost, doubled, orderBreaks, stuck, sagas } = judgement
  const stalls = figures(end).map(({ stallMs }) => stallMs.max)
  return {
    sagas: sagas.started, faults: end.spans.length, lost, doubled, orderBreaks, stuck, powerCuts: powerCutsOf(end),
    maxStallMs: Math.max(0, ...stalls), ledgers: out,
  }
}

export function reportText(options: ChaosOptions, means: Means, end: RunEnd, judgement: Judgement): string {
  const { lost, doubled, orderBreaks, stuck, sagas, complaints } = judgement
  const rows: readonly (readonly [string, string | number])[] = [
    ["mode", modeOf(options)],
    ["seed", options.seed],
    ["minutes", (end.seconds / 60).toFixed(1)],
    ["sagas", `${sagas.started} started: ${sagas.completed} completed, ${sagas.compensated} compensated, ` +
      `${sagas.parked} parked, ${sagas.unknown} unknown`],
    ["requests answered", end.answersMs.length],
    ["faults", `${end.spans.length}, ${powerCutsOf(end)} power cuts among them`],
    ["lost", lost],
    ["doubled", doubled],
    ["order breaks", orderBreaks],
    ["stuck", stuck],
    ["violations in all", judgement.violations.length],
    ["looked at", lookedText(judgement)],
    ["records sent again", end.resent],
    ["appends fenced off", end.fenced],
    ["memory at most", [...end.rssMax].map(([name, bytes]) => `${name} ${mebibytes(bytes)} MiB`).join(", ")],
    ["errors by code", codesText(end.codes)],
    ["left out", leftOut(means)],
    ["ledgers", options.out],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  const lines = rows.filter(([, value]) => value !== "").map(([name, value]) => `${name.padEnd(width)}  ${value}`)
  const more = complaints.length > complaintsMax ? [`  and ${complaints.length - complaintsMax} more`] : []
  const verdict = judgement.isGreen
    ? ["green: nothing was broken"]
    : ["NOT GREEN:", ...complaints.slice(0, complaintsMax).map((line) => `  ${line}`), ...more, `again: ${againText(options)}`]
  return ["", ...lines, "", faultTable(figures(end)), "", ...verdict].join("\n")
}

export function againText({ profile, servers, sync, seed, minutes, kinds }: ChaosOptions): string {
  return `npm run chaos -- --profile ${profile} --servers ${servers} --sync ${sync} --seed ${seed} --minutes ${minutes}` +
    ` --kinds ${kinds.join(",")}`
}

function modeOf({ servers, sync }: ChaosOptions): string {
  const name = sync === "always" ? "strict" : servers === 3 ? "standard" : "dev"
  return `${name}: R${servers}, synced ${sync === "always" ? "before each acknowledgement" : "every two minutes"}`
}

function leftOut({ hasDisks, hasNetwork }: Means): string {
  const missing = [...(hasDisks ? [] : ["power cuts and full disks"]), ...(hasNetwork ? [] : ["partitions"])]
  return missing.length === 0 ? "" : `${missing.join(", ")}: they cannot be made on this machine`
}

function powerCutsOf({ spans }: RunEnd): number {
  return spans.filter(({ kind }) => kind.startsWith("power-cut")).length
}

function figures({ spans, answersMs }: RunEnd): readonly KindFigures[] {
  return figuresByKind(spans.map((span) => notice(span, answersMs)))
}

function faultTable(kinds: readonly KindFigures[]): string {
  const head = ["fault", "times", "longest stall p50", "p99", "max", "at 90 % again p50", "p99", "max", "not before the next"]
  const three = ({ p50, p99, max }: Percentiles) => [p50, p99, max].map(seconds)
  const rows = kinds.map(({ kind, count, stallMs, recoveredMs, unrecovered }) =>
    [kind, String(count), ...three(stallMs), ...three(recoveredMs), String(unrecovered)])
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join("  ")
  return [head, ...rows].map(line).join("\n")
}

function lookedText({ looked }: Judgement): string {
  const seen = Object.entries(looked).filter(([name]) => !name.startsWith("violations"))
  return seen.map(([name, count]) => `${count} ${name}`).join(", ")
}

function codesText(codes: ReadonlyMap<string, number>): string {
  const sorted = [...codes].toSorted(([, a], [, b]) => b - a)
  return sorted.slice(0, codesMax).map(([code, count]) => `${code} ${count}`).join(", ")
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 1024 / 1024)
}
