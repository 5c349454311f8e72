// The flow graph as an SVG picture that needs nothing else: no script, no font of its own, its own light ground.
import { type Box, type BoxKind, drawingOf } from "./drawing.ts"
import type { FlowGraph } from "./graph.ts"
import { boxHeight, layoutOf, type PlacedArrow, type PlacedBox, type Point } from "./layout.ts"

const fontSize = 13
/** Wider than any usual character of that size, so that a label never leaves its box. */
const characterWidth = 8
const padding = 24
/** Room for an arrow at the side of its box. */
const arrowWidth = 13

const style = `
    text { font: ${fontSize}px ui-sans-serif, system-ui, sans-serif; text-anchor: middle; fill: #1b1f24 }
    rect, path.arrow, ellipse { stroke: #57606a; stroke-width: 1.2; fill: none }
    .service rect, .saga rect { fill: #ddf4ff; stroke: #0969da }
    .saga rect { stroke-width: 2.4 }
    .observer rect { fill: #fff8c5; stroke: #9a6700; stroke-dasharray: 5 3 }
    .event rect { fill: #f6f8fa }
    .command rect, .outside rect { fill: #ffffff; stroke-dasharray: 3 3 }
    #head path { fill: #57606a }`

/** A whole SVG document. Its texts are the names of actors, events and commands. */
export function flowSvg(graph: FlowGraph): string {
  const { boxes, arrows } = drawingOf(graph)
  const sized = boxes.map(({ id, label }) => {
    const joined = arrows.filter(({ from, to }) => from === id || to === id).length
    return { id, width: Math.max(label.length * characterWidth + padding, (joined + 1) * arrowWidth) }
  })
  const layout = layoutOf(sized, arrows)
  const { width, height } = layout
  const placed = new Map(layout.boxes.map((box) => [box.id, box]))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `  <title>Events of ${escape([...new Set(graph.actors.map(({ app }) => app))].join(", "))}</title>`,
    `  <style>${style}\n  </style>`,
    '  <defs><marker id="head" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" orient="auto">',
    '    <path d="M0 0 L8 4 L0 8 z"/></marker></defs>',
    `  <rect x="0" y="0" width="${width}" height="${height}" style="fill: #ffffff; stroke: none"/>`,
    ...layout.arrows.map((arrow) => `  ${arrowText(arrow)}`),
    ...boxes.flatMap((box) => {
      const place = placed.get(box.id)
      return place === undefined ? [] : [`  ${boxText(box, place)}`]
    }),
    "</svg>\n",
  ].join("\n")
}

const corners: Readonly<Record<BoxKind, number>> = {
  service: 3, saga: 3, observer: 3, event: boxHeight / 2, command: 0, outside: boxHeight / 2,
}

function boxText({ id, kind, label }: Box, { x, y, width, height }: PlacedBox): string {
  const rect = `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${corners[kind]}"/>`
  const text = `<text x="${x + width / 2}" y="${y + height / 2 + fontSize / 3}">${escape(label)}</text>`
  return `<g id="${id}" class="${kind}">${rect}${text}</g>`
}

/** Curves in the gaps between the layers, straight lines through them. */
function arrowText({ arrow, points }: PlacedArrow): string {
  const [first, ...rest] = points
  if (first === undefined) return ""
  let path = `M${first.x} ${first.y}`
  let at: Point = first
  for (const [index, point] of rest.entries()) {
    const middle = (at.y + point.y) / 2
    path += index % 2 === 0 ? ` C${at.x} ${middle} ${point.x} ${middle} ${point.x} ${point.y}` : ` L${point.x} ${point.y}`
    at = point
  }
  return `<path class="arrow" data-from="${arrow.from}" data-to="${arrow.to}" d="${path}" marker-end="url(#head)"/>`
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")
}
