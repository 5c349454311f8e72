// A saga as a Mermaid flowchart, which Markdown pages show: what can be undone in one frame with one way back, then the
// pivot, then what only goes forward.
import type { Saga } from "../orchestrator/saga.ts"
import { frameTitle, markedText } from "./blocks.ts"
import type { Instance } from "./marks.ts"
import type { Mark, Standing } from "./standing.ts"
import { type Box, boxTexts, type Frame, type Part, type Picture, pictureOf, pivotText, wayBackText } from "./picture.ts"

/** `flowchart TB` text, one line per box and per arrow, with a line end at its end. */
export function mermaid(saga: Pick<Saga<never>, "definition">, instance?: Instance): string {
  const picture = pictureOf(saga.definition, instance)
  const chart = new Chart()
  chart.picture(picture)
  return `${["flowchart TB", ...chart.boxes, ...chart.arrows, ...chart.classes()].join("\n")}\n`
}

/** A line that is drawn when its other end is known. */
interface End {
  readonly id: string
  readonly label: string
}

const shapes: Readonly<Record<Box["kind"], readonly [open: string, close: string]>> = {
  step: ["[", "]"], pivot: ["{{", "}}"], child: ["[[", "]]"], wait: ["(", ")"], end: ["([", "])"],
}

const fills: Readonly<Record<Standing, string>> = {
  done: "fill:#dafbe1,stroke:#1a7f37,color:#1f2328",
  running: "fill:#fff8c5,stroke:#bf8700,color:#1f2328,stroke-width:2px",
  waiting: "fill:#fff8c5,stroke:#bf8700,color:#1f2328,stroke-width:2px",
  refused: "fill:#ffebe9,stroke:#cf222e,color:#1f2328",
  unknown: "fill:#fff1e5,stroke:#bc4c00,color:#1f2328",
  undoing: "fill:#fbefff,stroke:#8250df,color:#1f2328,stroke-width:2px",
  undone: "fill:#fbefff,stroke:#8250df,color:#1f2328",
  abandoned: "fill:#ffebe9,stroke:#cf222e,color:#1f2328",
  skipped: "fill:#dafbe1,stroke:#1a7f37,color:#1f2328,stroke-dasharray:4 3",
  parked: "fill:#fff1e5,stroke:#bc4c00,color:#1f2328,stroke-width:2px",
  out: "fill:#ffffff,stroke:#8c959f,color:#57606a,stroke-dasharray:2 3",
}

class Chart {
  readonly boxes: string[] = []
  /** After all boxes: an arrow in a frame would draw both of its ends into it. */
  readonly arrows: string[] = []
  readonly #ids = new Map<string, string>()
  readonly #marked = new Map<Standing, string[]>()
  #indent = 1

  picture({ title, news, start, before, pivot, after, completed, compensated }: Picture): void {
    this.#box({ ...start, lines: [title, ...news] })
    let ends: readonly End[] = [{ id: this.#id(start.id), label: "" }]
    if (before.length > 0) {
      this.#within("undoable", "undone in reverse order if anything fails", () => (ends = this.#sequence(before, ends)))
    }
    if (pivot !== undefined) ends = this.#sequence([{ ...pivot, lines: [...pivot.lines, pivotText] }], ends)
    if (after.length > 0) {
      this.#within("onward", "no way back: what fails is parked", () => (ends = this.#sequence(after, ends)))
    }
    this.#box(completed)
    this.#lead(ends, this.#id(completed.id))
    this.#box({ ...compensated, lines: [] })
    // Not from the frame as a whole: Mermaid draws such an arrow from somewhere within it.
    const last = before[0] ?? pivot
    const text = before.length === 0 ? "refused" : wayBackText
    if (last !== undefined) this.#arrow(`${this.#id(last.id)} -. "${escape(text)}" .-> ${this.#id(compensated.id)}`)
  }

  classes(): readonly string[] {
    return [...this.#marked].flatMap(([standing, ids]) =>
      [`  classDef ${standing} ${fills[standing]}`, `  class ${ids.join(",")} ${standing}`])
  }

  #sequence(parts: readonly Part[], before: readonly End[]): readonly End[] {
    let ends = before
    for (const part of parts) ends = part.type === "box" ? this.#step(part, ends) : this.#frame(part, ends)
    return ends
  }

  #step(box: Box, ends: readonly End[]): readonly End[] {
    this.#box(box)
    const id = this.#id(box.id)
    this.#lead(ends, id)
    return [{ id, label: "" }]
  }

  #frame(frame: Frame, ends: readonly End[]): readonly End[] {
    const id = this.#id(frame.id)
    this.#lead(ends, id)
    this.#mark(id, frame.mark)
    if (frame.kind === "choice") {
      this.#line(`${id}{"${escape(frame.name)}?"}`)
      return this.#lanes(frame, id)
    }
    const last = `last_${id}`
    this.#within(`frame_${id}`, frameTitle(frame), () => {
      this.#line(`${id}(( ))`)
      const laneEnds = this.#lanes(frame, id)
      this.#line(frame.kind === "loop" ? `${last}{"enough?"}` : `${last}(( ))`)
      this.#lead(laneEnds, last)
      if (frame.kind === "loop") this.#lead([{ id: last, label: "again" }], id)
    })
    return [{ id: last, label: "" }]
  }

  #lanes({ lanes }: Frame, id: string): readonly End[] {
    return lanes.flatMap(({ label, mark, parts }) => this.#sequence(parts, [{ id, label: markedText(label, mark) }]))
  }

  #within(id: string, title: string, draw: () => void): void {
    this.#line(`subgraph ${id}["${escape(title)}"]`)
    this.#indent += 1
    draw()
    this.#indent -= 1
    this.#line("end")
  }

  #box(box: Box): void {
    const { id, kind, mark } = box
    const [open, close] = shapes[kind]
    const texts = boxTexts(box).map(({ text }) => escape(text))
    this.#line(`${this.#id(id)}${open}"${texts.join("<br>")}"${close}`)
    this.#mark(this.#id(id), mark)
  }

  #mark(id: string, mark: Mark | undefined): void {
    if (mark !== undefined) this.#marked.set(mark.standing, [...(this.#marked.get(mark.standing) ?? []), id])
  }

  #lead(ends: readonly End[], to: string): void {
    for (const { id, label } of ends) this.#arrow(`${id} -->${label === "" ? "" : `|"${escape(label)}"|`} ${to}`)
  }

  #arrow(text: string): void {
    this.arrows.push(`  ${text}`)
  }

  #line(text: string): void {
    this.boxes.push(`${"  ".repeat(this.#indent)}${text}`)
  }

  /** Mermaid's ids hold no "-", and some words are its own; never the same one twice. */
  #id(name: string): string {
    const known = this.#ids.get(name)
    if (known !== undefined) return known
    let id = `s_${name.replaceAll("-", "_")}`
    while ([...this.#ids.values()].includes(id)) id += "_"
    this.#ids.set(name, id)
    return id
  }
}

/** For a label in quotes: Mermaid reads HTML and entities there. */
function escape(text: string): string {
  return text.replaceAll(/[#&"<>`]/g, (character) => `#${character.charCodeAt(0)};`)
}
