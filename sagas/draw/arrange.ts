// A whole picture: from the start down to the end, the rule of the pivot across, and up the left side the one way back to
// "compensated". Lines are upright or level and keep to the gaps, so that none runs through a box.
import { type Block, boxBlock, forward, partBlock } from "./blocks.ts"
import { type Part, type Picture, pivotText } from "./picture.ts"
import type { Arranged, Metrics, Sink } from "./placed.ts"

interface Row {
  readonly block: Block
  readonly part: Part
  /** It turns the saga back if it fails. */
  readonly isTurning: boolean
  /** Below it there is no way back. */
  readonly isLast: boolean
}

export function arrange(picture: Picture, width: number, metrics: Metrics): Arranged {
  const { gapX, gapY, rail, rule, textWidth } = metrics
  const margin = rail + 2 * gapX
  const room = width - margin
  const back = boxBlock(picture.compensated, width, metrics)
  const start = boxBlock(picture.start, room, metrics)
  const rows = rowsOf(picture, room, metrics)
  const spine = Math.max(
    margin + Math.max(...rows.map(({ block }) => block.spine)),
    back.width + gapX + start.spine,
    picture.pivot === undefined ? 0 : textWidth(pivotText) + 2 * gapX,
  )
  const into: Sink = { boxes: [], frames: [], wires: [], labels: [] }
  const right = Math.max(...rows.map(({ block }) => block.width - block.spine), start.width - start.spine)
  start.place(spine - start.spine, 0, into)
  back.place(0, 0, into)
  let bottom = start.height
  let top = Math.max(bottom, back.height) + gapY
  let turnedFrom = top
  for (const { block, part, isTurning, isLast } of rows) {
    into.wires.push(forward([{ x: spine, y: bottom }, { x: spine, y: top }], true))
    block.place(spine - block.spine, top, into)
    if (isTurning) {
      turnedFrom = top + (part.type === "frame" ? metrics.tap : Math.floor(block.height / 2))
      const points = [{ x: rail, y: turnedFrom }, { x: spine - block.spine, y: turnedFrom }]
      into.wires.push({ kind: "back", points, hasArrow: false })
    }
    bottom = top + block.height
    top = bottom + (isLast ? 2 * rule + 1 : gapY)
    if (isLast) placeRule(bottom + rule, spine + right, metrics, into)
  }
  into.wires.push({ kind: "back", points: [{ x: rail, y: turnedFrom }, { x: rail, y: back.height }], hasArrow: true })
  return { ...into, width: spine + right, height: bottom }
}

function rowsOf({ before, pivot, after, completed }: Picture, room: number, metrics: Metrics): readonly Row[] {
  const row = (part: Part, isTurning: boolean, isLast = false): Row =>
    ({ block: partBlock(part, room, metrics), part, isTurning, isLast })
  return [
    ...before.map((part) => row(part, true)),
    ...(pivot === undefined ? [] : [row(pivot, true, true)]),
    ...after.map((part) => row(part, false)),
    row(completed, false),
  ]
}

function placeRule(y: number, width: number, { gapX, halfText, textWidth }: Metrics, into: Sink): void {
  const labelWidth = textWidth(pivotText)
  into.labels.push({ x: 0, y: y - halfText, text: pivotText, width: labelWidth, mark: undefined })
  into.wires.push({ kind: "rule", points: [{ x: labelWidth + gapX, y }, { x: width, y }], hasArrow: false })
}
