// Reads back from an SVG picture of a saga where everything is, to check it without a browser.
import assert from "node:assert/strict"

export interface Shape {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly texts: readonly string[]
}

export interface Segment {
  readonly from: readonly [x: number, y: number]
  readonly to: readonly [x: number, y: number]
}

export interface Shapes {
  readonly width: number
  readonly height: number
  /** By which everything but the head lines is moved. */
  readonly moved: readonly [x: number, y: number]
  readonly boxes: readonly Shape[]
  readonly frames: readonly Shape[]
  readonly segments: readonly Segment[]
  readonly labels: readonly { readonly x: number; readonly y: number; readonly text: string }[]
}

const rect = /<rect x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)" rx=/

export function shapesOf(svg: string): Shapes {
  const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? []
  const [, moveX, moveY] = /translate\((\d+) (\d+)\)/.exec(svg) ?? []
  const lines = svg.split("\n")
  const shapes = (kind: string) => lines.filter((line) => line.includes(`<g class="${kind} `)).map((line): Shape => {
    const [x = 0, y = 0, w = 0, h = 0] = rect.exec(line)?.slice(1).map(Number) ?? []
    const texts = [...line.matchAll(/<text [^>]*>([^<]*)</g)].map(([, text = ""]) => unescaped(text))
    return { x, y, width: w, height: h, texts }
  })
  return {
    width: Number(width),
    height: Number(height),
    moved: [Number(moveX), Number(moveY)],
    boxes: shapes("box"),
    frames: shapes("frame"),
    segments: lines.flatMap((line) => segmentsOf(/<path class="wire \w+" d="([^"]*)"/.exec(line)?.[1] ?? "")),
    labels: [...svg.matchAll(/<text class="label[^"]*" x="(\d+)" y="(\d+)">([^<]*)</g)].map(([, x, y, text = ""]) =>
      ({ x: Number(x), y: Number(y), text: unescaped(text) })),
  }
}

function segmentsOf(path: string): readonly Segment[] {
  const points = [...path.matchAll(/(\d+) (\d+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const)
  return points.slice(1).map((to, index) => ({ from: points[index] ?? to, to }))
}

function unescaped(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&")
}

/** Every element is closed in order, and attributes are quoted; texts hold no bare `<` or `&`. */
export function assertWellFormed(svg: string): void {
  const open: string[] = []
  const tag = /<(\/?)([a-z]+)((?: [a-zA-Z:-]+="[^"<]*")*) ?(\/?)>/g
  for (const [, closing, name = "", , empty] of svg.matchAll(tag)) {
    if (closing === "/") assert.equal(open.pop(), name)
    else if (empty !== "/") open.push(name)
  }
  assert.deepEqual(open, [])
  assert.doesNotMatch(svg.replaceAll(tag, "").replace(/\n {4}text \{[^]*? {2}\n/, ""), /[<]|&(?!(amp|lt|gt);)/)
}

/** Advances of DejaVu Sans Bold, which is wider than most fonts, from space to "~", in thousandths of its size. */
const advances =
  "348,456,521,838,696,1002,872,306,457,457,523,838,380,415,380,365,696,696,696,696,696,696,696,696,696,696,400,400,838,838," +
  "838,580,1000,774,762,734,830,683,683,821,837,372,372,775,637,995,837,850,733,850,770,720,682,812,774,1103,771,724,725,457," +
  "365,457,838,500,500,675,716,593,716,678,435,716,712,343,343,665,343,1042,712,687,716,716,493,595,478,712,652,924,645,652," +
  "582,712,365,712,838"
const widths = advances.split(",").map((advance) => (Number(advance) * 13) / 1000)

/** How wide the text is at 13 pixels in that font; what it has no ASCII width for counts as one em. */
export function boldWidth(text: string): number {
  return Array.from(text).reduce((sum, character) => sum + (widths[(character.codePointAt(0) ?? 0) - 32] ?? 13), 0)
}

export function overlap(a: Shape, b: Shape): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

export function contains(outer: Shape, inner: Shape): boolean {
  return outer.x < inner.x && outer.y < inner.y && inner.x + inner.width < outer.x + outer.width &&
    inner.y + inner.height < outer.y + outer.height
}

/** Whether the line runs through the inside of the shape. */
export function runsThrough({ from, to }: Segment, { x, y, width, height }: Shape): boolean {
  return Math.min(from[0], to[0]) < x + width && Math.max(from[0], to[0]) > x &&
    Math.min(from[1], to[1]) < y + height && Math.max(from[1], to[1]) > y
}
