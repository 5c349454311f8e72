// A row as text, for keeping it packed (R18): its maps as the texts of TextMaps, everything else as JSON. What a field is
// shows in what it holds, so a new field of a row needs nothing here.
import { limits } from "../kernel/limits.ts"
import { emptyRow, type Row } from "./row.ts"
import { entriesText, TextMap, type TextMapKey } from "./text-map.ts"

/** In front of each map; it stands in neither JSON nor the text of a map. */
const mapStart = "\u0000"

const fields = Object.keys(emptyRow()) as (keyof Row)[] // cast: an empty row has every field

export function packRow(row: Row): string {
  const plain: Record<string, unknown> = {}
  let hasPlain = false
  let maps = ""
  for (const field of fields) {
    const value: unknown = row[field]
    if (isMap(value)) {
      if (value.size > 0) maps += `${mapStart}${field} ${value.size}${entriesText(value)}`
    } else if (value !== undefined) {
      plain[field] = value
      hasPlain = true
    }
  }
  return hasPlain ? JSON.stringify(plain) + maps : maps
}

/** The row that `packRow` made the text from. */
export function unpackRow(text: string): Row {
  const row = emptyRow()
  let end = endOf(text, 0)
  if (end > 0) Object.assign(row, JSON.parse(text.slice(0, end)))
  while (end < text.length) {
    const from = end + mapStart.length
    end = endOf(text, from)
    const space = text.indexOf(" ", from)
    const size = Number.parseInt(text.slice(space + 1, end), 10)
    const entries = text.slice(space + 1 + String(size).length, end)
    Object.assign(row, { [text.slice(from, space)]: new TextMap(entries, size) })
  }
  loosen(row)
  return row
}

/** A text is quick to take over and slow to search: a map that has grown large becomes a real one. */
export function loosen(row: Row): void {
  for (const field of fields) {
    const value: unknown = row[field]
    if (value instanceof TextMap && value.size > limits.textMapMax) Object.assign(row, { [field]: new Map(value) })
  }
}

function endOf(text: string, from: number): number {
  const next = text.indexOf(mapStart, from)
  return next === -1 ? text.length : next
}

function isMap(value: unknown): value is ReadonlyMap<TextMapKey, unknown> {
  return value instanceof Map || value instanceof TextMap
}
