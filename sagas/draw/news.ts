// The lines above a picture of an instance: since when it is under way, what turned it back, why it stands still.
import type { SagaDefinition } from "../definition/definition.ts"
import { outlineOf, parseInstance } from "../definition/outline.ts"
import type { Ended, SagaRow } from "../machine/row.ts"
import { isPastPivot } from "../machine/standing.ts"
import { plainText, spanText, timeText } from "./texts.ts"

export interface Clock {
  /** The time for which it is drawn: how long things take is told by it. */
  readonly nowMs?: number
  /** The key of the instance, to be shown above the picture. */
  readonly key?: string
}

export function rowNews(definition: SagaDefinition, row: SagaRow, { nowMs, key }: Clock): readonly string[] {
  const { startedMs, deadlineMs, failure, parked } = row
  const lasted = nowMs === undefined ? "" : `, under way for ${spanText(Math.max(0, nowMs - startedMs))}`
  const lines = [`${nameOf(key)}started ${timeText(startedMs, nowMs)}${lasted}`]
  if (row.definition.name !== definition.name || row.definition.version !== definition.version) {
    lines.push(`drawn on another definition: ${row.definition.name}, version ${row.definition.version} started it`)
  }
  if (failure !== undefined) lines.push(`turned back: ${plainText(failure.code)}${placeOf(failure.step, failure.item, row)}`)
  if (deadlineMs !== undefined && failure === undefined && !isPastPivot(outlineOf(definition), row)) {
    lines.push(`turned back if it is still under way at ${timeText(deadlineMs, nowMs)}`)
  }
  if (parked !== undefined) lines.push(...parkedNews(parked, row))
  return lines
}

function parkedNews({ code, step, item }: NonNullable<SagaRow["parked"]>, row: SagaRow): readonly string[] {
  if (code === "PAUSED") return ["paused by an operator, until it is resumed"]
  return [`parked: ${plainText(code)}${placeOf(step ?? "", item ?? 0, row)}, until an operator resumes it`]
}

/** ` at reserve, item 2 (inventory.reserve/P42)`; items count from 0, as everywhere. */
function placeOf(instance: string, item: number, row: SagaRow): string {
  if (instance === "") return ""
  const { name, round } = parseInstance(instance)
  const targets = row.sent[instance]?.targets ?? []
  const target = targets[item]
  const inRound = round === 0 ? "" : `, round ${round}`
  const ofItems = targets.length < 2 ? "" : `, item ${item}`
  return ` at ${name}${inRound}${ofItems}${target === undefined ? "" : ` (${plainText(target)})`}`
}

/** `isKept`: which steps it had come to is known. */
export function endedNews(
  { outcome, reason, leaves = [], startedMs, endedMs }: Ended,
  { nowMs, key }: Clock,
  isKept: boolean,
): readonly string[] {
  const why = reason === undefined ? "" : `: ${plainText(reason)}`
  const lines = [
    `${nameOf(key)}started ${timeText(startedMs, nowMs)}, ended after ${spanText(endedMs - startedMs)}`,
    `${outcome}${why}`,
  ]
  if (outcome === "killed") lines.push(`it leaves ${leaves.length === 0 ? "nothing" : leaves.map(plainText).join(", ")}`)
  if (outcome !== "completed" && !isKept) lines.push("which steps it had come to is not kept")
  return lines
}

function nameOf(key: string | undefined): string {
  return key === undefined ? "" : `${plainText(key)}: `
}
