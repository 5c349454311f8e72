// A curve as an SVG picture that needs nothing else: panels side by side over the same points, axes with their units, a value
// at every point, light or dark as the reader has it. A point that broke is drawn as a cross on the axis, never left out.
import { logTicks, niceTicks, numberText } from "./ticks.ts"

export interface ChartPanel {
  readonly title: string
  readonly scale: "linear" | "log"
  /** In the order of the chart's points; `undefined`: it broke. So is one shown that has no place on the scale, as 0 on "log". */
  readonly values: readonly (number | undefined)[]
}

export interface Chart {
  readonly title: string
  /** Lines below, such as the machine and the date. */
  readonly notes: readonly string[]
  /** What is varied, with its unit. */
  readonly axis: string
  /** All above 0, and rising. */
  readonly points: readonly { readonly x: number; readonly label: string }[]
  readonly panels: readonly ChartPanel[]
}

const panelWidth = 330
const noteHeight = 16
const panelHeight = 240
/** More panels than these are two in a row. */
const inRowMax = 3
const plot = { left: 52, right: 300, top: 66, bottom: 230 }

const style = `
    text { font: 12px ui-sans-serif, system-ui, "DejaVu Sans", sans-serif; fill: #1f2328 }
    .title { font-size: 15px; font-weight: 600 }
    .panel { font-weight: 600 }
    .tick, .note { fill: #57606a; font-size: 11px }
    .value { text-anchor: middle; paint-order: stroke; stroke: #ffffff; stroke-width: 3px }
    .y { text-anchor: end }
    .x, .axis { text-anchor: middle }
    .ground { fill: #ffffff }
    .grid { stroke: #d0d7de; stroke-width: 1 }
    .base { stroke: #57606a; stroke-width: 1.2 }
    .line { stroke: #0969da; stroke-width: 2; fill: none }
    .dot { fill: #0969da }
    .broken { stroke: #cf222e; stroke-width: 2; fill: none }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .tick, .note { fill: #9198a1 }
      .value { stroke: #0d1117 }
      .ground { fill: #0d1117 }
      .grid { stroke: #30363d }
      .base { stroke: #9198a1 }
      .line { stroke: #58a6ff }
      .dot { fill: #58a6ff }
      .broken { stroke: #ff7b72 }
    }`

/** A whole SVG document. */
export function chartSvg(chart: Chart): string {
  const { panels } = chart
  const columns = panels.length > inRowMax ? 2 : panels.length
  const bottom = plot.bottom + panelHeight * (Math.ceil(panels.length / columns) - 1)
  const width = panelWidth * columns
  const height = bottom + 50 + noteHeight * chart.notes.length
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `  <title>${escaped(`${chart.title}: ${panels.map(({ title }) => title).join("; ")}`)}</title>`,
    `  <style>${style}\n  </style>`,
    `  <rect class="ground" x="0" y="0" width="${width}" height="${height}"/>`,
    `  <text class="title" x="16" y="24">${escaped(chart.title)}</text>`,
    ...panels.flatMap((panel, index) => [
      `  <g transform="translate(${(index % columns) * panelWidth} ${Math.floor(index / columns) * panelHeight})">`,
      ...panelLines(panel, chart).map((line) => `    ${line}`),
      "  </g>",
    ]),
    ...chart.notes.map((note, line) =>
      `  <text class="note" x="16" y="${bottom + 56 + noteHeight * line}">${escaped(note)}</text>`),
    "</svg>\n",
  ].join("\n")
}

function panelLines({ title, scale, values }: ChartPanel, { points, axis }: Chart): readonly string[] {
  const canShow = (value: number) => (scale === "log" ? value > 0 : value >= 0) && Number.isFinite(value)
  const shown = values.map((value) => (value !== undefined && canShow(value) ? value : undefined))
  const known = shown.filter((value) => value !== undefined)
  const ticks = scale === "log" ? logTicks(known) : niceTicks(known)
  const xOf = position(points.map(({ x }) => x), "log", [plot.left + 22, plot.right - 22])
  const yOf = position(ticks, scale, [plot.bottom, plot.top])
  const placed = points.map(({ x, label }, index) => ({ x: xOf(x), label, value: shown[index] }))
  const dots = placed.flatMap(({ x, value, label }) => (value === undefined ? [] : [{ x, y: yOf(value), value, label }]))
  return [
    `<text class="panel" x="${plot.left - 36}" y="48">${escaped(title)}</text>`,
    ...ticks.map((tick) => `<line class="grid" x1="${plot.left}" x2="${plot.right}" y1="${yOf(tick)}" y2="${yOf(tick)}"/>`),
    ...ticks.map((tick) => `<text class="tick y" x="${plot.left - 6}" y="${yOf(tick) + 4}">${numberText(tick)}</text>`),
    `<line class="base" x1="${plot.left}" x2="${plot.right}" y1="${plot.bottom}" y2="${plot.bottom}"/>`,
    ...placed.map(({ x, label }) => `<text class="tick x" x="${x}" y="${plot.bottom + 17}">${escaped(label)}</text>`),
    `<text class="tick axis" x="${(plot.left + plot.right) / 2}" y="${plot.bottom + 34}">${escaped(axis)}</text>`,
    `<polyline class="line" points="${dots.map(({ x, y }) => `${x},${y}`).join(" ")}"/>`,
    ...dots.map(({ x, y, value, label }) =>
      `<circle class="dot" cx="${x}" cy="${y}" r="4"><title>${escaped(`${label}: ${numberText(value)}`)}</title></circle>`),
    ...dots.map(({ x, y, value }) => `<text class="value" x="${x}" y="${y - 9}">${numberText(value)}</text>`),
    ...placed.filter(({ value }) => value === undefined).map(({ x }) => cross(x, plot.bottom - 12)),
  ]
}

/** Where on the picture a value lies: the smallest and the largest are at the ends; where there is one, it is in the middle. */
function position(values: readonly number[], scale: ChartPanel["scale"], [from, to]: readonly [number, number]) {
  const along = scale === "log" ? Math.log : (value: number) => value
  const [low, high] = [along(Math.min(...values)), along(Math.max(...values))]
  return (value: number): number => {
    const part = high > low ? (along(value) - low) / (high - low) : 0.5
    return Math.round((from + part * (to - from)) * 10) / 10
  }
}

function cross(x: number, y: number): string {
  return `<path class="broken" d="M${x - 5} ${y - 5} L${x + 5} ${y + 5} M${x - 5} ${y + 5} L${x + 5} ${y - 5}"/>`
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")
}
