// A saga as an SVG picture that needs nothing else: no script, no font of its own, its own light ground.
import type { Saga } from "../orchestrator/saga.ts"
import { arrange } from "./arrange.ts"
import { frameTitle } from "./blocks.ts"
import type { Instance } from "./marks.ts"
import type { Mark } from "./standing.ts"
import { boxTexts, type Picture, pictureOf } from "./picture.ts"
import type { Arranged, Label, Metrics, PlacedBox, PlacedFrame, Wire } from "./placed.ts"
import { cutText, xmlText } from "./texts.ts"
import { style } from "./svg-style.ts"
import { pixelsOf } from "./svg-text.ts"

const margin = 16
const lineHeight = 17
const boxTextMax = 560
const titleHeight = 24
/** Lines above the picture are cut where they are wider than this and than the picture. */
const newsWidthMax = 900

const metrics: Metrics = {
  boxSize: (box) => {
    const texts = boxTexts(box)
    const widest = Math.max(...texts.map(({ text }) => pixelsOf(text)))
    return { width: Math.max(90, Math.min(boxTextMax, widest) + 28), height: texts.length * lineHeight + 14 }
  },
  textWidth: pixelsOf,
  title: 26, edge: 0, stub: 8, lead: 36, labelUp: 26, drop: 14, tail: 14,
  gapY: 26, gapX: 18, pad: 16, gutter: 22, tap: 13, rail: 14, rule: 24, halfText: 9,
}

/** A whole SVG document, of a definition, or of an instance on it if there is a row. */
export function svg(saga: Pick<Saga<never>, "definition">, instance?: Instance): string {
  const picture = pictureOf(saga.definition, instance)
  const arranged = arrange(picture, Number.MAX_SAFE_INTEGER, metrics)
  const news = picture.news.map((line) => cutText(line, Math.max(arranged.width, newsWidthMax), pixelsOf))
  const head = titleHeight + news.length * lineHeight + 12
  const widest = Math.max(arranged.width, pixelsOf(picture.title) * 1.3, ...news.map((line) => pixelsOf(line)))
  const width = 2 * margin + Math.ceil(widest)
  const height = 2 * margin + head + arranged.height
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-labelledby="title desc">`,
    `  <title id="title">${xmlText(`Saga ${picture.title}`)}</title>`,
    `  <desc id="desc">${xmlText(description(picture))}</desc>`,
    `  <style>${style}\n  </style>`,
    `  <defs>${arrowHead("head")}${arrowHead("back-head")}</defs>`,
    `  <rect class="ground" x="0" y="0" width="${width}" height="${height}"/>`,
    `  <text class="title" x="${margin}" y="${margin + 14}">${xmlText(picture.title)}</text>`,
    ...news.map((line, index) => {
      const y = margin + titleHeight + 12 + index * lineHeight
      return `  <text x="${margin}" y="${y}">${xmlText(line)}</text>`
    }),
    `  <g transform="translate(${margin} ${margin + head})">`,
    ...drawn(arranged).map((part) => `    ${part}`),
    "  </g>",
    "</svg>\n",
  ].join("\n")
}

/** What is in front comes last. */
function drawn({ frames, wires, boxes, labels }: Arranged): readonly string[] {
  return [...frames.map(frameText), ...wires.map(wireText), ...boxes.map(boxText), ...labels.map(labelText)]
}

function arrowHead(id: string): string {
  const size = 'viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" orient="auto"'
  return `<marker id="${id}" ${size}><path d="M0 0 L8 4 L0 8 z"/></marker>`
}

/** For those who do not see it. */
function description({ before, pivot, after, news }: Picture): string {
  const names = (parts: Picture["before"]) => parts.map(({ name }) => name).join(", ")
  const undone = before.length === 0 ? [] : [`Undone in reverse order if anything fails: ${names(before)}.`]
  const point = pivot === undefined ? [] : [`Point of no return: ${pivot.name}.`]
  const onward = after.length === 0 ? [] : [`Then: ${names(after)}.`]
  return [...undone, ...point, ...onward, ...news.map((line) => `${line}.`)].join(" ")
}

function classOf(kind: string, mark: Mark | undefined): string {
  return mark === undefined ? kind : `${kind} ${mark.standing}`
}

function boxText({ box, x, y, width, height }: PlacedBox): string {
  const texts = boxTexts(box)
  const round = box.kind === "end" ? Math.min(20, height / 2) : box.kind === "wait" ? 14 : 3
  const isDouble = box.kind === "child"
  const inner = isDouble ? `<rect x="${x + 3}" y="${y + 3}" width="${width - 6}" height="${height - 6}" rx="1"/>` : ""
  const lines = texts.map(({ role, text }, index) => {
    const shown = cutText(text, boxTextMax, pixelsOf)
    return `<text class="${role}" x="${x + width / 2}" y="${y + 19 + index * lineHeight}">${xmlText(shown)}</text>`
  })
  const rect = `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${round}"/>`
  const title = `<title>${xmlText(texts.map(({ text }) => text).join("; "))}</title>`
  return `<g class="box ${classOf(box.kind, box.mark)}">${title}${rect}${inner}${lines.join("")}</g>`
}

function frameText({ frame, x, y, width, height }: PlacedFrame): string {
  const title = `<text class="name" x="${x + metrics.pad}" y="${y + 18}">${xmlText(frameTitle(frame))}</text>`
  const rect = `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="6"/>`
  return `<g class="frame ${classOf(frame.kind, frame.mark)}">${rect}${title}</g>`
}

function wireText({ kind, points, hasArrow }: Wire): string {
  const [first, ...rest] = points
  const path = `M${first?.x} ${first?.y}${rest.map(({ x, y }) => ` L${x} ${y}`).join("")}`
  const marker = hasArrow ? ` marker-end="url(#${kind === "back" ? "back-head" : "head"})"` : ""
  return `<path class="wire ${kind}" d="${path}"${marker}/>`
}

function labelText({ x, y, text, mark }: Label): string {
  return `<text class="${classOf("label", mark)}" x="${x}" y="${y + 13}">${xmlText(text)}</text>`
}
