// The parts of a picture as blocks that know their size before they have a place: a box; blocks under each other on one
// line, the spine; a frame with lanes side by side or, where there is no room, under each other.
import { cutText } from "./texts.ts"
import type { Mark } from "./standing.ts"
import type { Box, Frame, Lane, Part } from "./picture.ts"
import type { Metrics, Point, Sink } from "./placed.ts"

export interface Block {
  readonly width: number
  readonly height: number
  /** From its left edge to the line on which it is entered from above and left below. */
  readonly spine: number
  /** Draws it with its upper left corner there. */
  place(x: number, y: number, into: Sink): void
}

export function partBlock(part: Part, room: number, metrics: Metrics): Block {
  return part.type === "box" ? boxBlock(part, room, metrics) : frameBlock(part, room, metrics)
}

export function boxBlock(box: Box, room: number, metrics: Metrics): Block {
  const size = metrics.boxSize(box, room)
  return {
    ...size,
    spine: Math.floor(size.width / 2),
    place: (x, y, into) => void into.boxes.push({ box, x, y, ...size }),
  }
}

/** Blocks that follow each other. Without any it is the line alone. */
function stack(blocks: readonly Block[], { gapY }: Metrics): Block {
  const spine = Math.max(0, ...blocks.map((block) => block.spine))
  const right = Math.max(1, ...blocks.map((block) => block.width - block.spine))
  const height = blocks.reduce((sum, block) => sum + block.height + gapY, blocks.length === 0 ? 0 : -gapY)
  return {
    width: spine + right,
    height,
    spine,
    place(x, y, into) {
      let top = y
      for (const [index, block] of blocks.entries()) {
        block.place(x + spine - block.spine, top, into)
        const bottom = top + block.height
        top = bottom + gapY
        if (index < blocks.length - 1) into.wires.push(forward([{ x: x + spine, y: bottom }, { x: x + spine, y: top }], true))
      }
    },
  }
}

export function forward(points: readonly Point[], hasArrow: boolean): Sink["wires"][number] {
  const isTurn = (point: Point, index: number) => {
    const next = points[index + 1]
    return next === undefined || next.x !== point.x || next.y !== point.y
  }
  return { kind: "forward", points: points.filter(isTurn), hasArrow }
}

export function markedText(text: string, mark: Mark | undefined): string {
  return [text, ...(mark?.lines ?? [])].filter((part) => part !== "").join(" · ")
}

export function frameTitle({ name, rule, mark }: Frame): string {
  return markedText(`${name}: ${rule}`, mark)
}

interface LaneBlock {
  readonly lane: Lane
  readonly label: string
  readonly labelWidth: number
  readonly block: Block
  readonly isEmpty: boolean
}

function frameBlock(frame: Frame, room: number, metrics: Metrics): Block {
  const { pad, gapX, gutter, textWidth } = metrics
  const isLoop = frame.kind === "loop"
  const inner = room - 2 * pad - (isLoop ? 2 * gutter : 0)
  const lanes = frame.lanes.map((lane) => laneBlock(lane, inner, metrics))
  const width = lanes.reduce((sum, { block }) => sum + block.width + gapX, -gapX)
  const title = textWidth(cutText(frameTitle(frame), room - 2 * pad, textWidth))
  if (width <= inner || isLoop) return sideBySide(frame, lanes, { title, inner }, metrics)
  const narrow = frame.lanes.map((lane) => laneBlock(lane, inner - 2 * gutter, metrics))
  return underEachOther(frame, narrow, title, metrics)
}

function laneBlock(lane: Lane, room: number, metrics: Metrics): LaneBlock {
  const block = stack(lane.parts.map((part) => partBlock(part, room, metrics)), metrics)
  const labelRoom = Math.max(metrics.gapX, Math.floor(room / 2) - metrics.gapX - 1)
  const label = cutText(markedText(lane.label, lane.mark), labelRoom, metrics.textWidth)
  const labelWidth = metrics.textWidth(label)
  const right = Math.max(block.width - block.spine, label === "" ? 0 : labelWidth + metrics.gapX)
  return { lane, label, labelWidth, block: { ...block, width: block.spine + right }, isEmpty: lane.parts.length === 0 }
}

/** Entered in its middle, so that what follows it and is as wide stands right below it. */
function sideBySide(
  frame: Frame, lanes: readonly LaneBlock[], { title: titleWidth, inner }: { title: number; inner: number }, metrics: Metrics,
): Block {
  const { pad, gapX, gutter, title, edge, stub, lead, drop, tail } = metrics
  const isLoop = frame.kind === "loop"
  const starts: number[] = []
  let content = 0
  for (const { block } of lanes) {
    starts.push(content === 0 ? 0 : content + gapX)
    content = (starts.at(-1) ?? 0) + block.width
  }
  const laneSpines = lanes.map(({ block }, index) => (starts[index] ?? 0) + block.spine)
  const middle = middleOf(laneSpines, content, { inner, near: 2 * gapX })
  const half = Math.max(middle, content - middle - 1)
  const isEven = 2 * half + 1 <= inner
  const width = Math.max((isEven ? 2 * half + 1 : content) + (isLoop ? 2 * gutter : 0), titleWidth) + 2 * pad
  const spine = Math.floor(width / 2)
  const left = spine - (isEven ? middle : Math.floor(content / 2))
  const inside = Math.max(...lanes.map(({ block }) => block.height))
  const height = title + stub + lead + inside + drop + tail
  return {
    width,
    height,
    spine,
    place(x, y, into) {
      into.frames.push({ frame, x, y, width, height })
      // The title is on the left: where it does not reach the middle, the line comes from the edge.
      const entry = { x: x + spine, y: y + (titleWidth + pad < spine ? edge : title) }
      const exit = { x: x + spine, y: y + height }
      const partY = y + title + stub
      const top = partY + lead
      const meetY = top + inside + drop
      for (const [index, lane] of lanes.entries()) {
        const at = { x: x + left + (laneSpines[index] ?? 0), y: top }
        placeLane(lane, at, metrics, into)
        const way = [entry, { ...entry, y: partY }, { ...at, y: partY }]
        connect(lane, at, way, [{ ...at, y: meetY }, { ...exit, y: meetY }, exit], into)
      }
      if (isLoop) {
        const side = x + width - pad - 1
        const again = [{ ...exit, y: meetY }, { x: side, y: meetY }, { x: side, y: partY }, { ...entry, y: partY }]
        into.wires.push(forward(again, true))
      }
    },
  }
}

/** Between the first and the last line, or where that makes the frame too wide, in the middle of what is there. */
function middleOf(spines: readonly number[], content: number, { inner, near }: { inner: number; near: number }): number {
  const between = Math.floor(((spines[0] ?? 0) + (spines.at(-1) ?? 0)) / 2)
  const width = 2 * Math.max(between, content - between - 1) + 1
  if (width <= Math.min(inner, content * 1.2)) return between
  const center = Math.floor(content / 2)
  // Two upright lines side by side would look like a mistake.
  return spines.find((spine) => Math.abs(spine - center) < near) ?? center
}

/** The first is entered from above; a line on their left leads to the others, one on their right leads on. */
function underEachOther(frame: Frame, lanes: readonly LaneBlock[], titleWidth: number, metrics: Metrics): Block {
  const { pad, gutter, title, lead, drop, tail, gapY } = metrics
  const right = Math.max(...lanes.map(({ block }) => block.width - block.spine - 1))
  const left = Math.max(right, ...lanes.map(({ block }) => block.spine))
  const width = Math.max(left + 1 + right + 2 * gutter, titleWidth) + 2 * pad
  const spine = Math.floor(width / 2)
  const steps = lanes.map(({ block }) => lead + block.height + drop + gapY)
  const height = title + steps.reduce((sum, step) => sum + step, 0) - gapY + tail
  return {
    width,
    height,
    spine,
    place(x, y, into) {
      into.frames.push({ frame, x, y, width, height })
      const at = x + spine
      const entry = { x: at, y: y + title }
      const exit = { x: at, y: y + height }
      const [near, far] = [x + pad, x + width - pad - 1]
      let row = entry.y
      for (const [index, lane] of lanes.entries()) {
        const top = { x: at, y: row + lead }
        const end = top.y + lane.block.height + drop
        const around = index === 0 ? [] : [{ x: near, y: entry.y }, { x: near, y: row }, { x: at, y: row }]
        const aside = index === lanes.length - 1 ? [] : [{ x: at, y: end }, { x: far, y: end }, { x: far, y: exit.y - tail }]
        placeLane(lane, top, metrics, into)
        connect(lane, top, [entry, ...around], [...aside, { ...exit, y: exit.y - tail }, exit], into)
        row += steps[index] ?? 0
      }
    },
  }
}

/** `at` is where its first box is entered. */
function placeLane({ block, label, labelWidth, lane }: LaneBlock, at: Point, { labelUp, gapX }: Metrics, into: Sink): void {
  block.place(at.x - block.spine, at.y, into)
  if (label !== "") into.labels.push({ x: at.x + gapX, y: at.y - labelUp, text: label, width: labelWidth, mark: lane.mark })
}

/** The ways to a lane's first box and from its last one; through a lane without boxes the two are one. */
function connect(
  { block, isEmpty }: LaneBlock, at: Point, way: readonly Point[], rest: readonly Point[], into: Sink,
): void {
  if (isEmpty) into.wires.push(forward([...way, ...rest], false))
  else into.wires.push(forward([...way, at], true), forward([{ x: at.x, y: at.y + block.height }, ...rest], false))
}
