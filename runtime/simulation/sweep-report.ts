// What a sweep found, to be read by a person: a table of messages x crash points, and each violation with what is different
// and which handler was called again.
import { AssertionError } from "node:assert"
import { limits } from "../kernel/limits.ts"
import type { CalledAgain, SweepViolation, SweptCell, SweptOutcome } from "./sweep-outcome.ts"
import { type CrashPoint, crashPoints, sweptId, type SweptMessage, sweptText } from "./sweep-points.ts"

export interface SweepReport {
  /** Runs with an end of the process; messages that pass a point together share one. */
  readonly runs: number
  readonly tookMs: number
  /** Every message at every crash point that it passes. */
  readonly cells: readonly SweptCell[]
  /** Those of them at which no run ended, because it went another way than the one without a fault. */
  readonly missed: readonly SweptCell[]
  readonly violations: readonly SweepViolation[]
  /** Everything, to be read. */
  readonly text: string
  /** Throws AssertionError, with the text, if there is a violation or a cell was missed. */
  assertClean(): void
}

export interface Swept {
  readonly app: string
  readonly runs: number
  readonly tookMs: number
  readonly cells: readonly SweptCell[]
  readonly violations: readonly SweepViolation[]
}

type OutcomeOf = (cell: SweptCell) => SweptOutcome

export function sweepReport(swept: Swept, outcomeOf: OutcomeOf): SweepReport {
  const { runs, tookMs, cells, violations } = swept
  const missed = cells.filter((cell) => outcomeOf(cell) === "not reached")
  const shown = violations.slice(0, limits.sweepViolationsShownMax)
  const more = violations.length - shown.length
  const text = [
    headline(swept, missed.length),
    "",
    ...table(cells, outcomeOf),
    ...shown.flatMap((violation) => ["", ...violationLines(violation)]),
    ...(more === 0 ? [] : ["", `and ${more} more`]),
  ].join("\n")
  const assertClean = () => {
    if (violations.length > 0 || missed.length > 0) throw new AssertionError({ message: text, operator: "assertClean" })
  }
  return { runs, tookMs, cells, missed, violations, text, assertClean }
}

function headline({ app, runs, tookMs, cells, violations }: Swept, missed: number): string {
  const messages = new Set(cells.map(({ message }) => sweptId(message))).size
  const found = `${violations.length} violations${missed === 0 ? "" : `, ${missed} not reached`}`
  const where = `${messages} messages, ${cells.length} places where the process can end`
  return `sweep of ${app}: ${where}, ${runs} runs in ${(tookMs / 1000).toFixed(1)} s: ${found}`
}

const marks: Readonly<Record<SweptOutcome, string>> = { same: ".", different: "X", "not reached": "?" }

/** A line for each message, in the order in which they came; a column for each crash point that any of them passes. */
function table(cells: readonly SweptCell[], outcomeOf: OutcomeOf): readonly string[] {
  const points = crashPoints.filter(({ name }) => cells.some(({ point }) => point === name))
  const byMessage = Map.groupBy(cells, ({ message }) => sweptId(message))
  const texts = namesOf([...byMessage.values()].map(([cell]) => cell?.message))
  const width = Math.max(...texts.map((text) => text.length))
  const header = points.map(({ verb, name }, index) => `${" ".repeat(width)}  ${"| ".repeat(index)}${verb}: ${name}`)
  const lines = [...byMessage.values()].map((own, index) => {
    const markOf = (name: CrashPoint) => {
      const outcomes = new Set(own.filter(({ point }) => point === name).map(outcomeOf))
      const worst = (["different", "not reached", "same"] as const).find((outcome) => outcomes.has(outcome))
      return worst === undefined ? " " : marks[worst]
    }
    return `${texts[index]?.padEnd(width)}  ${points.map(({ name }) => markOf(name)).join(" ")}`.trimEnd()
  })
  return [...header, ...lines, "(. as without a fault, X different, ? never reached)"]
}

/** With their ids only where two would be called the same. */
function namesOf(messages: readonly (SweptMessage | undefined)[]): readonly string[] {
  const texts = messages.map((message) => (message === undefined ? "" : sweptText(message)))
  return messages.map((message, index) => {
    const text = texts[index] ?? ""
    return texts.filter((other) => other === text).length > 1 ? `${text} (${message?.id})` : text
  })
}

function violationLines({ message, point, time, difference, stuck, blamed }: SweepViolation): readonly string[] {
  const { says } = crashPoints.find(({ name }) => name === point) ?? { says: "" }
  return [
    `X ${sweptText(message)}, "${point}"${time === 1 ? "" : ` for time ${time}`}: the process ends when ${says}`,
    ...(stuck === undefined ? [] : [`  ${stuck}`]),
    ...blamed.map(blameLine),
    ...(blamed.length === 0 ? ["  no handler was called more often than without a fault"] : []),
    ...difference.map((line) => `  ${line}`),
  ]
}

function blameLine({ message: { service, key, name, id }, times, timesWithout, doesIo }: CalledAgain): string {
  const what = doesIo ? `not idempotent: ${service}.${name} of ${key}` : `decided again: ${service}.${name} of ${key}`
  return `  ${what} was called ${times} times instead of ${timesWithout}${id === "" ? "" : `, with the key ${id}`}`
}
