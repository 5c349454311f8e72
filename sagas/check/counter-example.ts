// A path that breaks a property, told to people: as a sequence diagram, as plain lines, and as a test to run.
import type { OutgoingCommand } from "../../runtime/actor/logic.ts"
import type { Clipping } from "./abstraction.ts"
import { actionsOf } from "./actions.ts"
import { firstSituation, type Move, type Moved, reloaded, secondLook, take } from "./decide.ts"
import type { Breach } from "./properties.ts"
import { endOf, isOver, type Situation } from "./situation.ts"
import type { Subject } from "./subject.ts"

/** One line of a story: something that goes from one to another, or a note about the saga. */
export type Line =
  | { readonly type: "message"; readonly from: string; readonly to: string; readonly text: string; readonly isAnswer: boolean }
  | { readonly type: "note"; readonly text: string }

export interface Replayed {
  readonly lines: readonly Line[]
  readonly breach?: Breach
  /** Where it has come to. */
  readonly situation: Situation
  /** A move that cannot be made where it stands. */
  readonly impossible?: string
}

/** A move as text: its action, and after "? " the answers of the conditions that it asks. */
export function moveText({ action, answers }: Move): string {
  return answers.length === 0 ? action : `${action} ? ${answers.map((answer) => (answer ? "yes" : "no")).join(", ")}`
}

export function parseMove(text: string): Move {
  const [action = "", answers] = text.split(" ? ")
  return { action, answers: answers === undefined ? [] : answers.split(", ").map((answer) => answer === "yes") }
}

const outside = "outside"

/** Does the moves again, from the start, until one breaks a property or is not possible. */
export function replay(subject: Subject, moves: readonly Move[]): Replayed {
  const lines: Line[] = []
  let situation = reloaded(firstSituation(subject))
  for (const move of moves) {
    const action = actionsOf(subject, situation).find(({ text }) => text === move.action)
    if (action === undefined) return { lines, situation, impossible: move.action }
    const moved = take(subject, situation, action, move.answers)
    lines.push(cause(subject, situation, moved, action.effect), ...consequences(subject, moved))
    const breach = moved.breach ?? secondLook(subject, situation, action, moved)
    if (breach !== undefined) return { lines, breach, situation }
    situation = reloaded(moved.after)
    if (isOver(situation)) lines.push({ type: "note", text: endOf(situation) })
  }
  return { lines, situation }
}

function cause({ name }: Subject, { effects }: Situation, { move: { action } }: Moved, effect: string | undefined): Line {
  const target = effect === undefined ? undefined : effects[effect]?.target
  if (/ (times out|is tried again|is over|takes too long)$/.test(action)) {
    return { type: "message", from: name, to: name, text: action, isAnswer: false }
  }
  const from = target === undefined ? outside : (target.split(".")[0] ?? outside)
  return { type: "message", from, to: name, text: action, isAnswer: target !== undefined }
}

function consequences({ name }: Subject, { step, asked, after }: Moved): readonly Line[] {
  const conditions = asked.map(({ name: condition, answer, said }): Line => {
    const data = said === answer ? "" : ` (with this sample it is ${word(said)})`
    return { type: "note", text: `${condition}? ${word(answer)}${data}` }
  })
  const sent = (step?.send ?? []).map((command) => sending(name, command, after))
  return [...conditions, ...sent]
}

function sending(from: string, { to, attempt, effect, name }: OutgoingCommand, after: Situation): Line {
  const known = after.effects[effect]
  const again = attempt === 1 ? "" : `, attempt ${attempt}`
  return { type: "message", from, to: to.service, text: `${known?.name ?? effect}: ${name} ${to.key}${again}`, isAnswer: false }
}

function word(answer: boolean): string {
  return answer ? "yes" : "no"
}

/** The path as a Mermaid sequence diagram. */
export function sequenceDiagram(saga: string, lines: readonly Line[]): string {
  const names = [outside, saga]
  for (const line of lines) {
    if (line.type !== "message") continue
    for (const name of [line.from, line.to]) if (!names.includes(name)) names.push(name)
  }
  const id = (name: string) => `p${names.indexOf(name)}`
  const text = (said: string) => said.replaceAll("#", "#35;").replaceAll(";", "#59;").replaceAll("#35#59;", "#35;")
  const told = lines.map((line) => {
    if (line.type === "note") return `  Note over ${id(saga)}: ${text(line.text)}`
    return `  ${id(line.from)}${line.isAnswer ? "-->>" : "->>"}${id(line.to)}: ${text(line.text)}`
  })
  return ["sequenceDiagram", ...names.map((name) => `  participant ${id(name)} as ${name}`), ...told, ""].join("\n")
}

export function plainText(lines: readonly Line[]): string {
  const told = (line: Line) => (line.type === "note" ? `    ${line.text}\n` : `  ${line.from} -> ${line.to}: ${line.text}\n`)
  return lines.map(told).join("")
}

/** Where the saga and its samples are, for a test. */
export interface TestPlace {
  readonly module: string
  /** The expression that gives `{ saga, input, ... }`, and what is imported for it. */
  readonly name: string
  readonly import: string
}

/** A test that fails as long as the path breaks a property. */
/** The path as a test. */
export function testText(saga: string, moves: readonly Move[], { property }: Breach, place: TestPlace, bounds: Clipping): string {
  const { retriesMax, roundsMax, conditions } = bounds
  const path = moves.map((move) => `  ${JSON.stringify(moveText(move))},\n`).join("")
  return `import assert from "node:assert/strict"
import { test } from "node:test"
import { replaySaga } from "troupe/sagas"
import { ${place.import} } from ${JSON.stringify(place.module)}

const path = [
${path}]

test(${JSON.stringify(`${saga}: ${property}`)}, () => {
  const { saga, ...samples } = ${place.name}
  const bounds = { retriesMax: ${retriesMax}, roundsMax: ${roundsMax}, conditions: ${JSON.stringify(conditions)} } as const
  assert.equal(replaySaga(saga, { ...samples, bounds }, path), undefined)
})
`
}
