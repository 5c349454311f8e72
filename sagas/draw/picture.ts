// What a drawing shows: boxes, and frames around what goes several ways or again, in the order of the definition. All
// drawings are made from this, so they say the same.
import type { LoopNode, ParallelNode, SagaDefinition, SagaNode, StepNode, WaitNode } from "../definition/definition.ts"
import { commandNames } from "./command-names.ts"
import { type Instance, type Marks, marksOf, noMarks } from "./marks.ts"
import type { Mark } from "./standing.ts"
import { plainText, spanText } from "./texts.ts"

export interface Picture {
  readonly title: string
  /** How the instance stands; none for a definition. */
  readonly news: readonly string[]
  readonly start: Box
  /** What is undone if anything fails. */
  readonly before: readonly Part[]
  readonly pivot: Box | undefined
  /** What can only go forward. */
  readonly after: readonly Part[]
  readonly completed: Box
  readonly compensated: Box
}

export type Part = Box | Frame

export interface Box {
  readonly type: "box"
  /** Each stands once in a picture. */
  readonly id: string
  readonly kind: "step" | "pivot" | "child" | "wait" | "end"
  readonly name: string
  readonly lines: readonly string[]
  /** What becomes of it on the way back, or in place of one. */
  readonly back: string | undefined
  readonly mark: Mark | undefined
}

export interface Frame {
  readonly type: "frame"
  readonly id: string
  readonly kind: "choice" | "all" | "first" | "loop"
  readonly name: string
  /** What its lanes are to each other. */
  readonly rule: string
  /** A loop has one. */
  readonly lanes: readonly Lane[]
  readonly mark: Mark | undefined
}

export interface Lane {
  readonly label: string
  readonly parts: readonly Part[]
  readonly mark: Mark | undefined
}

export const backSign = "↶"
export const pivotText = "point of no return"
export const wayBackText = `${backSign} way back, latest first`

export interface BoxText {
  /** "mark": how the instance stands. */
  readonly role: "name" | "detail" | "back" | "mark"
  readonly text: string
}

/** What stands in a box, from above. */
export function boxTexts({ name, lines, back, mark }: Box): readonly BoxText[] {
  const texts = (role: BoxText["role"], of: readonly string[]) => of.map((text): BoxText => ({ role, text }))
  return [
    ...texts("name", [name]),
    ...texts("detail", lines),
    ...texts("back", back === undefined ? [] : [back]),
    ...texts("mark", mark?.lines ?? []),
  ]
}

/** Of a definition, or of an instance on it. */
export function pictureOf(definition: SagaDefinition, instance?: Instance): Picture {
  const { name, version, body } = definition
  const marks = instance === undefined ? noMarks : marksOf(definition, instance)
  const at = body.findIndex((node) => node.type === "step" && node.place === "pivot")
  const node = body[at]
  return {
    title: `${name}, version ${version}`,
    news: marks.news,
    start: end("start", [], marks),
    before: (at === -1 ? body : body.slice(0, at)).map((part) => partOf(part, marks)),
    pivot: node?.type === "step" ? stepBox(node, marks) : undefined,
    after: at === -1 ? [] : body.slice(at + 1).map((part) => partOf(part, marks)),
    completed: end("completed", [], marks),
    compensated: end("compensated", [wayBackText], marks),
  }
}

function end(id: string, lines: readonly string[], marks: Marks): Box {
  return { type: "box", id, kind: "end", name: id, lines, back: undefined, mark: marks.of.get(id) }
}

function partOf(node: SagaNode, marks: Marks): Part {
  const { name } = node
  const mark = marks.of.get(name)
  const lane = (label: string, body: readonly SagaNode[], id: string): Lane =>
    ({ label, parts: body.map((part) => partOf(part, marks)), mark: marks.of.get(id) })
  switch (node.type) {
    case "step":
      return stepBox(node, marks)
    case "wait":
      return { type: "box", id: name, kind: "wait", name, lines: waitLines(node), back: undefined, mark }
    case "choice": {
      const lanes = [lane("yes", node.yes, `${name}:yes`), lane("no", node.no, `${name}:no`)]
      return { type: "frame", id: name, kind: "choice", name, rule: "yes or no", lanes, mark }
    }
    case "parallel": {
      const lanes = node.branches.map((branch) => lane(branch.name, branch.body, branch.name))
      return { type: "frame", id: name, kind: node.until, name, rule: parallelRule(node), lanes, mark }
    }
    case "loop":
      return { type: "frame", id: name, kind: "loop", name, rule: loopRule(node), lanes: [lane("", node.body, "")], mark }
  }
}

function parallelRule({ until }: ParallelNode): string {
  return until === "all" ? "all at once" : "the first wins"
}

function loopRule({ roundsMax }: LoopNode): string {
  return `again, at most ${roundsMax} ${roundsMax === 1 ? "round" : "rounds"}`
}

function stepBox(node: StepNode, marks: Marks): Box {
  const { name, kind, place, child } = node
  const names = commandNames(node)
  const run = child === undefined ? (names.run === undefined ? [] : [plainText(names.run)]) : [`saga ${child}`]
  const lines = kind === "each" ? [`for each: ${run[0] ?? "a command"}`] : run
  const boxKind = place === "pivot" ? "pivot" : child === undefined ? "step" : "child"
  return { type: "box", id: name, kind: boxKind, name, lines, back: backOf(node, names.undo), mark: marks.of.get(name) }
}

function backOf({ place, undo }: StepNode, name: string | undefined): string {
  if (place === "pivot") return `refused ${backSign}, unknown: parked`
  if (place === "after") return "failed: parked"
  if (undo === "nothing") return `${backSign} nothing`
  return `${backSign} ${plainText(name ?? "undo")}`
}

function waitLines({ for: awaited, event, timeoutMs, onTimeout }: WaitNode): readonly string[] {
  const what = event === undefined ? `waits for a ${awaited}` : `waits for ${event.contract.eventName}`
  return timeoutMs === undefined ? [what] : [what, `${spanText(timeoutMs)}, then ${onTimeout === "fail" ? "fails" : "goes on"}`]
}
