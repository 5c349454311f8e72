// One move of the saga: an action happens, and the decision is judged. Between any two the row goes through JSON, as if its
// process had crashed and another had read it.
import { assert } from "../../runtime/kernel/assert.ts"
import { describeError } from "../../runtime/kernel/fault.ts"
import { digest } from "../../runtime/message/hash.ts"
import type { EffectKey } from "../../runtime/message/message.ts"
import { openUnder } from "../machine/slots.ts"
import type { Step } from "../machine/stop.ts"
import type { Action } from "./actions.ts"
import type { Asked } from "./abstraction.ts"
import { breachOf, type Breach, jsonBreach } from "./properties.ts"
import type { Effect, Situation } from "./situation.ts"
import type { Subject } from "./subject.ts"

/** An action, and what conditions were answered in its decision. */
export interface Move {
  readonly action: string
  readonly answers: readonly boolean[]
}

export interface Moved {
  readonly move: Move
  readonly step: Step | undefined
  readonly asked: readonly Asked[]
  readonly after: Situation
  readonly breach?: Breach
}

export type Chance = () => boolean

/** Before its start. */
export function firstSituation(subject: Subject): Situation {
  return { row: subject.create(), effects: {}, isCancelled: false }
}

/**
 * As another process reads it from what was stored. Frozen, because functions of a definition must not change what they
 * are shown.
 */
export function reloaded(situation: Situation): Situation {
  // cast: what a row becomes through JSON; `survives-json` checks it
  return { ...situation, row: freeze(JSON.parse(JSON.stringify(situation.row)) as Situation["row"]) }
}

/**
 * `before` is as it was reloaded. `answers`: of the conditions that are asked, in their order; `otherwise` of those
 * beyond. Throws UnusableSample if a function reads an answer that nobody gave.
 */
export function take(
  subject: Subject,
  before: Situation,
  action: Action,
  answers: readonly boolean[] = [],
  otherwise?: Chance,
): Moved {
  const { row } = before
  assert(!("ended" in row), "a saga under way")
  const { oracle } = subject
  try {
    oracle.plan(answers, otherwise)
    if (action.event.type === "arrival") subject.admit(row, action.event.wait)
    const step = subject.decide(row, action.event)
    const { asked } = oracle
    const move = { action: action.text, answers: asked.map(({ answer }) => answer) }
    const after = situationAfter(subject, before, action, step)
    const breach = breachOf({ subject, before: { ...before, row }, action, step, after })
    if (oracle.missing !== undefined) throw oracle.missing
    return { move, step, asked, after, ...(breach && { breach }) }
  } catch (error) {
    if (oracle.missing !== undefined) throw oracle.missing
    const property = action.event.type === "arrival" ? "functions-answer" : "event-handled"
    const breach: Breach = { property: isAssertion(error) ? "event-handled" : property, message: describeError(error) }
    return { move: { action: action.text, answers }, step: undefined, asked: [], after: before, breach }
  }
}

function isAssertion(error: unknown): boolean {
  return error instanceof Error && error.name === "AssertionFailed"
}

/**
 * Whether the decision can be stored, and is the same when it is taken again: asked where it leads to something new, because
 * it takes as long as deciding does.
 */
export function secondLook(subject: Subject, { row }: Situation, action: Action, { step, move }: Moved): Breach | undefined {
  if (step === undefined || "ended" in row || step.row === row) return undefined
  const breach = jsonBreach(step)
  if (breach !== undefined) return breach
  subject.oracle.plan(move.answers)
  const second = subject.decide(row, action.event)
  if (JSON.stringify(second) === JSON.stringify(step)) return undefined
  return { property: "same-again", message: `${action.text}: the same decision, taken again, is another one` }
}

function situationAfter(subject: Subject, situation: Situation, action: Action, step: Step): Situation {
  const { row: old, effects: before, isCancelled } = situation
  if (step.row === old && step.send.length === 0) return situation
  const effects: Record<EffectKey, Effect> = { ...before }
  const answered = action.effect === undefined ? undefined : effects[action.effect]
  if (action.kind === "answer" && action.effect !== undefined && answered !== undefined && action.answer !== undefined) {
    effects[action.effect] = { ...answered, answer: action.answer }
  }
  const settling = "ended" in step.row || step.row.failure !== undefined ? undefined : step.row
  for (const { to, name, payload, effect, direction, undoes, attempt } of step.send) {
    const open = "ended" in step.row ? undefined : openUnder(step.row, subject.self, effect)
    const known = effects[effect]
    const at = known?.name ?? `${direction === "undo" ? "undo " : ""}${open?.step ?? name}/${open?.item ?? effect}`
    effects[effect] = {
      ...known,
      name: at,
      step: known?.step ?? open?.step ?? "",
      direction,
      target: `${to.service}.${name}/${to.key}`,
      payload: digest(JSON.stringify(payload)),
      attempt,
      ...(undoes === undefined ? {} : { undoes }),
      ...(known === undefined && direction === "undo" && settling && open && { lost: subject.lostBy(settling, open.step) }),
    }
  }
  const isNowCancelled = action.event.type === "cancel" && step.row !== old
  return { row: step.row, effects, isCancelled: isCancelled || isNowCancelled }
}

function freeze<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    for (const part of Object.values(Object.freeze(value))) freeze(part)
  }
  return value
}
