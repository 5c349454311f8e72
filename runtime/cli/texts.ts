// Times and phases as people read them.
import type { Cell, Colour } from "./table.ts"

const steps = [["d", 86_400_000], ["h", 3_600_000], ["min", 60_000], ["s", 1_000]] as const

/** `3 d`, `5 min`, `12 s`, `40 ms`: rounded down. */
export function spanText(ms: number): string {
  const [unit, size] = steps.find(([, least]) => ms >= least) ?? ["ms", 1]
  return `${Math.floor(ms / size)} ${unit}`
}

/** `5 min ago`, `in 2 h`. */
export function agoText(atMs: number | undefined, nowMs: number): string {
  if (atMs === undefined) return ""
  if (Math.abs(atMs - nowMs) < 1_000) return "now"
  return atMs <= nowMs ? `${spanText(nowMs - atMs)} ago` : `in ${spanText(atMs - nowMs)}`
}

/** `2026-01-31 12:00:00.000Z` */
export function timeText(atMs: number | undefined): string {
  return atMs === undefined ? "" : new Date(atMs).toISOString().replace("T", " ")
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}

const phaseColours: Readonly<Record<string, Colour>> = {
  running: "cyan", completed: "green", compensating: "magenta", compensated: "magenta", paused: "yellow", parked: "red",
  killed: "red",
}

export function phaseCell(phase: string): Cell {
  return { text: phase, colour: phaseColours[phase] }
}
