// A drawing of the server, put into the page as nodes: only the elements and attributes that drawings have, behind a shadow root
// with its own style. Nothing in it can run, load or leave.
import { useEffect, useRef, useState } from "preact/hooks"
import { darkDrawing } from "./style/dark-drawing.ts"
import { theme } from "./theme.ts"

const elements = new Set([
  "svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "title", "desc", "defs",
  "marker",
])
const attributes = new Set([
  "viewbox", "width", "height", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "rx", "ry", "d", "points", "transform",
  "class", "id", "role", "refx", "refy", "markerwidth", "markerheight", "orient", "text-anchor", "dx", "dy", "aria-labelledby",
  "marker-end", "marker-start", "dominant-baseline",
])

interface Drawn {
  readonly svg: SVGSVGElement
  readonly style: string
}

/** Undefined for what is no SVG. Styles are taken out before it is parsed: the page's policy lets none stand within. */
function read(text: string): Drawn | undefined {
  const styles: string[] = []
  const plain = text
    .replaceAll(/<style>([^<]*)<\/style>/g, (_, style: string) => {
      styles.push(style)
      return ""
    })
    .replaceAll(/ style="[^"<]*"/g, "")
  const root = new DOMParser().parseFromString(plain, "image/svg+xml").documentElement
  if (!(root instanceof SVGSVGElement)) return undefined
  clean(root)
  return { svg: root, style: styles.join("\n").replaceAll(/@import|url\(/gi, "") }
}

function clean(element: Element): void {
  for (const { name, value } of element.attributes) {
    const isOwnMarker = !name.startsWith("marker-") || /^url\(#[\w-]+\)$/.test(value)
    if (!attributes.has(name.toLowerCase()) || !isOwnMarker) element.removeAttribute(name)
  }
  for (const child of element.children) {
    if (elements.has(child.localName)) clean(child)
    else child.remove()
  }
}

const margin = 10

/** To what is drawn: its heading and its ground are the page's own. */
function crop(svg: SVGSVGElement): void {
  for (const head of svg.querySelectorAll(":scope > text, :scope > rect")) head.remove()
  const { x, y, width, height } = svg.getBBox()
  const [wide, high] = [width + 2 * margin, height + 2 * margin]
  svg.setAttribute("viewBox", `${x - margin} ${y - margin} ${wide} ${high}`)
  svg.setAttribute("width", String(wide))
  svg.setAttribute("height", String(high))
}

async function fetchDrawing(path: string, signal: AbortSignal): Promise<Drawn | undefined> {
  const response = await fetch(path, { signal })
  return response.ok ? read(await response.text()) : undefined
}

/** `change` asks for it anew; the old drawing stays until the new one is there. */
export function Drawing({ path, change = 0, label }: { path: string; change?: unknown; label: string }) {
  const host = useRef<HTMLDivElement>(null)
  const [drawn, setDrawn] = useState<Drawn | undefined>(undefined)
  const isDark = theme.value === "dark"
  useEffect(() => {
    const leaving = new AbortController()
    fetchDrawing(path, leaving.signal).then(
      (found) => {
        if (!leaving.signal.aborted) setDrawn(found)
      },
      () => undefined,
    )
    return () => leaving.abort()
  }, [path, change])
  useEffect(() => {
    if (host.current === null || drawn === undefined) return
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: "open" })
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(`svg { max-width: 100%; height: auto; display: block; margin: 0 auto }
      ${drawn.style} ${isDark ? darkDrawing : ""}`)
    root.adoptedStyleSheets = [sheet]
    const svg = document.importNode(drawn.svg, true)
    root.replaceChildren(svg)
    crop(svg)
  }, [drawn, isDark])
  return <div class="drawing" ref={host} role="img" aria-label={label} />
}
