// A saga drawn with characters, for a terminal.
import type { Saga } from "../orchestrator/saga.ts"
import { arrange } from "./arrange.ts"
import { frameTitle } from "./blocks.ts"
import { Canvas, textCells } from "./canvas.ts"
import type { Instance } from "./marks.ts"
import type { Mark, Standing } from "./standing.ts"
import { boxTexts, type Picture, pictureOf } from "./picture.ts"
import type { Label, Metrics, PlacedBox, PlacedFrame, Point, Wire } from "./placed.ts"
import { cutText } from "./texts.ts"

export interface TerminalOptions extends Partial<Instance> {
  /** In characters. Default 80; below 40 it is drawn for 40. */
  readonly width?: number
  /** With ANSI colours. Default: without. */
  readonly colour?: boolean
}

const widthMin = 40

const metrics: Metrics = {
  boxSize: (box, room) => {
    const texts = boxTexts(box)
    const wanted = Math.max(...texts.map(({ text }) => textCells(text))) + 4
    return { width: Math.max(8, Math.min(wanted, room)), height: texts.length + 2 }
  },
  textWidth: textCells,
  title: 1, edge: 1, stub: 0, lead: 2, labelUp: 1, drop: 0, tail: 2,
  gapY: 1, gapX: 2, pad: 2, gutter: 2, tap: 1, rail: 1, rule: 1, halfText: 0,
}

/** Lines of at most `width` characters, without spaces at their ends, with a line end at the end of the last. */
export function terminal(saga: Pick<Saga<never>, "definition">, options: TerminalOptions = {}): string {
  const { width, colour, row, ...clock } = options
  const picture = pictureOf(saga.definition, row === undefined ? undefined : { row, ...clock })
  return terminalPicture(picture, { ...(width === undefined ? {} : { width }), ...(colour === undefined ? {} : { colour }) })
}

/** The same from a picture as data, such as `graph` of `sagaPictures` gives it. */
export function terminalPicture(picture: Picture, options: Pick<TerminalOptions, "width" | "colour"> = {}): string {
  const { width: wanted = 80, colour = false } = options
  const width = Math.max(widthMin, wanted)
  const { boxes, frames, wires, labels } = arrange(picture, width, metrics)
  const canvas = new Canvas()
  for (const frame of frames) drawFrame(canvas, frame)
  for (const box of boxes) drawBox(canvas, box)
  for (const wire of wires) drawWire(canvas, wire)
  for (const label of labels) drawLabel(canvas, label)
  const head = [picture.title, ...picture.news].map((line) => cutText(line, width, textCells))
  return `${[...head, "", ...canvas.lines(width, colour)].join("\n")}\n`
}

const colours: Readonly<Record<Standing, string>> = {
  done: "32", running: "36", waiting: "36", refused: "31", unknown: "33", undoing: "35", undone: "35", abandoned: "31",
  skipped: "32", parked: "33", out: "90",
}

function colourOf(mark: Mark | undefined): string {
  return mark === undefined ? "" : colours[mark.standing]
}

function drawBox(canvas: Canvas, { box, x, y, width, height }: PlacedBox): void {
  const style = box.kind === "pivot" ? "double" : box.kind === "wait" || box.kind === "end" ? "round" : "plain"
  canvas.rectangle({ x, y, width, height }, style, colourOf(box.mark))
  for (const [index, { role, text }] of boxTexts(box).entries()) {
    const colour = role === "mark" ? colourOf(box.mark) : role === "name" ? "1" : box.mark?.standing === "out" ? colours.out : ""
    canvas.text({ x: x + 2, y: y + 1 + index }, cutText(text, width - 4, textCells), colour)
  }
}

function drawFrame(canvas: Canvas, { frame, x, y, width, height }: PlacedFrame): void {
  canvas.rectangle({ x, y, width, height }, "dotted", colourOf(frame.mark))
  canvas.text({ x: x + 1, y }, ` ${cutText(frameTitle(frame), width - 4, textCells)} `, colourOf(frame.mark))
}

function drawLabel(canvas: Canvas, { x, y, text, mark }: Label): void {
  canvas.text({ x, y }, text, colourOf(mark))
}

/** A line ends beside what it leads to, and begins beside what it comes from, which it joins. */
function drawWire(canvas: Canvas, { kind, points, hasArrow }: Wire): void {
  const style = kind === "forward" ? "plain" : "dashed"
  const shown = [...points]
  const last = points.at(-1)
  const before = points.at(-2)
  if (last === undefined || before === undefined) return
  const step = (from: number, to: number) => Math.sign(to - from)
  const [dx, dy] = [step(before.x, last.x), step(before.y, last.y)]
  const end: Point = { x: dx > 0 ? last.x - 1 : last.x, y: dy > 0 ? last.y - 1 : last.y }
  shown[shown.length - 1] = end
  for (const [index, point] of shown.entries()) {
    const next = shown[index + 1]
    if (next !== undefined) canvas.line(point, next, style)
  }
  const [first] = points
  if (first !== undefined && kind === "forward") canvas.join(first)
  if (!hasArrow) return
  const arrow = dy > 0 ? "▼" : dy < 0 ? "▲" : dx < 0 ? "◄" : "►"
  canvas.text({ x: dx < 0 ? end.x + 1 : end.x, y: end.y }, arrow, "")
}
