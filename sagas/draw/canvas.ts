// A page of characters. Lines that meet in a cell are joined there by the right box character; texts cover lines.
import type { Placed, Point } from "./placed.ts"

export type LineStyle = "plain" | "double" | "round" | "dotted" | "dashed"

const up = 1
const right = 2
const down = 4
const left = 8

/** By the directions in which lines leave a cell. */
const joints = " │─└││┌├─┘─┴┐┤┬┼"
const corners: Readonly<Record<LineStyle, string>> = {
  plain: "┌┐└┘─│",
  double: "╔╗╚╝═║",
  round: "╭╮╰╯─│",
  dotted: "┌┐└┘┄┆",
  dashed: "┌┐└┘╌╎",
}

interface Cell {
  directions: number
  style: LineStyle
  text: string
  colour: string
}

/** Two cells wide: Korean, Chinese and Japanese, full-width forms, emoji. */
const wide = new RegExp(
  String.raw`[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|` +
    String.raw`\p{Emoji_Presentation}`,
  "u",
)

/** How many cells a text takes. */
export function textCells(text: string): number {
  return Array.from(text).reduce((sum, character) => sum + cellsOf(character), 0)
}

function cellsOf(character: string): number {
  if (/^[\p{M}\uFE0F]$/u.test(character)) return 0
  return wide.test(character) ? 2 : 1
}

export class Canvas {
  readonly #rows: (Cell | undefined)[][] = []

  rectangle({ x, y, width, height }: Placed, style: LineStyle, colour: string): void {
    const [far, low] = [x + width - 1, y + height - 1]
    this.line({ x, y }, { x: far, y }, style, colour)
    this.line({ x, y: low }, { x: far, y: low }, style, colour)
    this.line({ x, y }, { x, y: low }, style, colour)
    this.line({ x: far, y }, { x: far, y: low }, style, colour)
  }

  /** Upright or level; over cells that have lines already they are joined, in the style that was there first. */
  line(from: Point, to: Point, style: LineStyle, colour = ""): void {
    const [dx, dy] = [Math.sign(to.x - from.x), Math.sign(to.y - from.y)]
    const ahead = dx > 0 ? right : dx < 0 ? left : dy > 0 ? down : dy < 0 ? up : 0
    const behind = dx > 0 ? left : dx < 0 ? right : dy > 0 ? up : dy < 0 ? down : 0
    const count = Math.abs(to.x - from.x) + Math.abs(to.y - from.y)
    for (let n = 0; n <= count; n += 1) {
      const directions = (n < count ? ahead : 0) | (n > 0 ? behind : 0)
      this.#draw({ x: from.x + dx * n, y: from.y + dy * n }, directions, style, colour)
    }
  }

  /** Joins a line that begins in a cell to the line above it. */
  join({ x, y }: Point): void {
    const above = this.#rows[y - 1]?.[x]
    if (above === undefined) return
    // A title may cover the line above.
    if (above.directions !== 0) this.#draw({ x, y: y - 1 }, down, above.style, above.colour)
    this.#draw({ x, y }, up, "plain", "")
  }

  text({ x, y }: Point, text: string, colour: string): void {
    let at = x
    for (const character of text) {
      const cells = cellsOf(character)
      const before = this.#rows[y]?.[at - 1]
      if (cells === 0 && before !== undefined) before.text += character
      if (cells === 0) continue
      this.#put({ x: at, y }, { directions: 0, style: "plain", text: character, colour })
      if (cells === 2) this.#put({ x: at + 1, y }, { directions: 0, style: "plain", text: "", colour })
      at += cells
    }
  }

  /** At most `width` cells each, without spaces at their ends; what is beyond is cut. */
  lines(width: number, hasColour: boolean): readonly string[] {
    return Array.from(this.#rows, (row) => {
      const cells = Array.from(row, (cell) => cell ?? { directions: 0, style: "plain" as const, text: " ", colour: "" })
      const shown = cells.length > width ? [...cells.slice(0, width - 1), { ...cells[0], text: "…", colour: "" }] : cells
      return hasColour ? colouredText(shown.map(partOf)) : shown.map((cell) => partOf(cell).text).join("").trimEnd()
    })
  }

  #draw({ x, y }: Point, directions: number, style: LineStyle, colour: string): void {
    const cell = this.#rows[y]?.[x]
    if (cell === undefined) this.#put({ x, y }, { directions, style, text: "", colour })
    else if (cell.text === "") cell.directions |= directions
  }

  #put({ x, y }: Point, cell: Cell): void {
    if (x < 0 || y < 0) return
    while (this.#rows.length <= y) this.#rows.push([])
    const row = this.#rows[y]
    if (row !== undefined) row[x] = cell
  }
}

interface Shown {
  readonly text: string
  readonly colour: string
}

function partOf({ directions = 0, style = "plain", text = "", colour = "" }: Partial<Cell>): Shown {
  if (text !== "" || directions === 0) return { text, colour }
  const [a = "", b = "", c = "", d = "", level = "", upright = ""] = corners[style]
  const own: Readonly<Record<number, string>> = {
    [right | down]: a, [down | left]: b, [up | right]: c, [up | left]: d,
    [left]: level, [right]: level, [left | right]: level, [up]: upright, [down]: upright, [up | down]: upright,
  }
  return { text: own[directions] ?? doubled(directions, style) ?? joints[directions] ?? " ", colour }
}

/** Where a single line leaves a double one. */
function doubled(directions: number, style: LineStyle): string | undefined {
  if (style !== "double") return undefined
  const joined: Readonly<Record<number, string>> = {
    [left | right | down]: "╤", [left | right | up]: "╧", [up | down | right]: "╟", [up | down | left]: "╢",
  }
  return joined[directions]
}

function colouredText(parts: readonly Shown[]): string {
  const lastShown = parts.findLastIndex(({ text }) => text.trim() !== "")
  let line = ""
  let colour = ""
  for (const part of parts.slice(0, lastShown + 1)) {
    if (part.colour !== colour && part.text !== "") {
      line += part.colour === "" ? "\u001b[0m" : `\u001b[0;${part.colour}m`
      colour = part.colour
    }
    line += part.text
  }
  return colour === "" ? line : `${line}\u001b[0m`
}
