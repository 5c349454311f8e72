// Tables for people: aligned, cut to the terminal's width, with colours where there are any.
import type { Terminal } from "./terminal.ts"

export type Colour = "red" | "green" | "yellow" | "blue" | "magenta" | "cyan" | "grey" | "bold"

/** A text, or one with a colour. */
export type Cell = string | { readonly text: string; readonly colour: Colour | undefined }

const colourCodes: Readonly<Record<Colour, number>> = {
  red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36, grey: 90, bold: 1,
}

const gap = 2
const columnMin = 6

type Paper = Pick<Terminal, "columns" | "hasColour">

export function paint({ hasColour }: Paper, text: string, colour: Colour | undefined): string {
  return hasColour && colour !== undefined && text !== "" ? `\u001b[${colourCodes[colour]}m${text}\u001b[0m` : text
}

/** Columns that are empty in all rows are left out, and so are the last ones where there is no room for all. */
export function table(paper: Paper, head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const full = head.map((_, column) => column).filter((column) => rows.some((row) => textOf(row[column]) !== ""))
  const room = paper.columns === undefined ? full.length : Math.max(1, Math.floor(paper.columns / (columnMin + gap)))
  const shown = full.slice(0, room)
  const texts = [head, ...rows].map((row) => shown.map((column) => clean(textOf(row[column]))))
  const widths = fitted(shown.map((_, index) => Math.max(...texts.map((row) => row[index]?.length ?? 0))), paper.columns)
  const lines = texts.map((row, at) => {
    const cells = row.map((text, index) => {
      const width = widths[index] ?? 0
      const fit = cut(text, width)
      const pad = index === row.length - 1 ? "" : " ".repeat(width - fit.length)
      return paint(paper, fit, at === 0 ? "bold" : colourOf(rows[at - 1]?.[shown[index] ?? 0])) + pad
    })
    return cells.join(" ".repeat(gap)).trimEnd()
  })
  return `${lines.join("\n")}\n`
}

/** Names and values, one below the other; those without a value are left out. */
export function list(paper: Paper, pairs: readonly (readonly [name: string, value: Cell | undefined])[]): string {
  const shown = pairs.filter(([, value]) => value !== undefined && textOf(value) !== "")
  const width = Math.max(0, ...shown.map(([name]) => name.length))
  return shown.map(([name, value]) =>
    `${name.padEnd(width)}  ${paint(paper, clean(textOf(value)), colourOf(value))}\n`).join("")
}

/** One line of at most `width` characters. */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`
}

/** What is in records was written by others: no line break and no control sequence of theirs reaches the terminal. */
export function clean(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, " ")
}

/** The widest give way first. */
function fitted(widths: readonly number[], columns: number | undefined): readonly number[] {
  const fit = [...widths]
  if (columns === undefined) return fit
  const total = () => fit.reduce((sum, width) => sum + width, 0) + gap * (fit.length - 1)
  while (total() > columns) {
    const widest = fit.indexOf(Math.max(...fit))
    if ((fit[widest] ?? 0) <= columnMin) break
    fit[widest] = (fit[widest] ?? 0) - 1
  }
  return fit
}

function textOf(cell: Cell | undefined): string {
  return typeof cell === "object" ? cell.text : cell ?? ""
}

function colourOf(cell: Cell | undefined): Colour | undefined {
  return typeof cell === "object" ? cell.colour : undefined
}
