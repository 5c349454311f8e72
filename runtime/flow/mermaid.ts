// The flow graph as a Mermaid flowchart, which Markdown pages show.
import { type Box, type BoxKind, drawingOf } from "./drawing.ts"
import type { FlowGraph } from "./graph.ts"

const brackets: Readonly<Record<BoxKind, readonly [open: string, close: string]>> = {
  service: ["[", "]"],
  saga: ["[[", "]]"],
  observer: ["{{", "}}"],
  event: ["([", "])"],
  command: ["[/", "/]"],
  outside: ["((", "))"],
}

/** `flowchart TB` text, one line per box and per arrow, with a line end at its end. */
export function flowMermaid(graph: FlowGraph): string {
  const { boxes, arrows } = drawingOf(graph)
  const apps = [...new Set(graph.actors.map(({ app }) => app))]
  const grouped = apps.length > 1 ? apps : []
  const lines = ["flowchart TB"]
  for (const box of boxes) if (grouped.length === 0 || box.app === undefined) lines.push(`  ${boxText(box)}`)
  for (const app of grouped) {
    lines.push(`  subgraph ${app}`)
    for (const box of boxes) if (box.app === app) lines.push(`    ${boxText(box)}`)
    lines.push("  end")
  }
  for (const { from, to } of arrows) lines.push(`  ${from} --> ${to}`)
  return `${lines.join("\n")}\n`
}

function boxText({ id, kind, label }: Box): string {
  const [open, close] = brackets[kind]
  return `${id}${open}"${label}"${close}`
}
