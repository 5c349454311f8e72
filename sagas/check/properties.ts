// What must hold of every decision of a saga, and the words for it when it does not.
import { checkJson } from "../../runtime/message/json.ts"
import { describeError } from "../../runtime/kernel/fault.ts"
import type { OutgoingCommand } from "../../runtime/actor/logic.ts"
import { addressText } from "../../runtime/message/message.ts"
import { parseTarget } from "../machine/functions.ts"
import type { SagaRow } from "../machine/row.ts"
import { openUnder } from "../machine/slots.ts"
import type { Step } from "../machine/stop.ts"
import type { Action } from "./actions.ts"
import { type Effect, type Situation, undoOf } from "./situation.ts"
import { nameOf, type Subject } from "./subject.ts"

export type Property =
  /** From every situation an end can be reached, without anybody who cancels it. */
  | "always-ends"
  /** A saga that was turned back, or lost a race, leaves nothing that happened, or may have. */
  | "undo-complete"
  /** What did happen, or may have, is undone once; what did not, never. */
  | "undo-once"
  /** What was begun last is undone first, and each undo is settled before the next one. */
  | "undo-reverse"
  /** Once the pivot has happened, or may have, nothing is undone. */
  | "pivot-final"
  /** A command is not on its way, and is not sent, when its undo is. */
  | "effect-before-undo"
  /** Every event is handled in every state. */
  | "event-handled"
  /** Every step, every wait and the end "completed" are reached on some path. */
  | "all-reached"
  /** No function of the definition throws, or gives what is no answer. */
  | "functions-answer"
  /** A row is always one of the definition that began it. */
  | "same-version"
  /** The same row and event give the same decision, and a command is sent again as it was. */
  | "same-again"
  /** Rows, payloads and facts are JSON. */
  | "survives-json"
  /** The first answer to a command counts, and any other changes nothing. */
  | "answer-counts"
  /** A command is sent as often as its policy says. */
  | "tries-bounded"
  /** A saga completes only if all that it began is done. */
  | "completed-is-done"
  /** The end tells every actor that took part, so that it may forget. */
  | "all-released"

export interface Breach {
  readonly property: Property
  readonly message: string
}

/** One decision: an action in a situation, and what came of it. */
export interface Decided {
  readonly subject: Subject
  readonly before: Situation & { readonly row: SagaRow }
  readonly action: Action
  readonly step: Step
  /** The situation that it gives. */
  readonly after: Situation
}

/** The first property that a decision breaks. */
export function breachOf(decided: Decided): Breach | undefined {
  for (const rule of [parking, answerCounts, sending, ending]) {
    const breach = rule(decided)
    if (breach !== undefined) return breach
  }
  return undefined
}

function parking({ step: { row } }: Decided): Breach | undefined {
  if ("ended" in row || row.parked === undefined) return undefined
  const { code, message } = row.parked
  if (code === "VERSION_MISMATCH" || code === "DEFINITION_CHANGED") return { property: "same-version", message }
  return code === "POISON" ? { property: "functions-answer", message } : undefined
}

/** What cannot be stored, or sent. */
export function jsonBreach({ row, send, emit }: Step): Breach | undefined {
  try {
    checkJson(row, "the row")
    for (const { name, payload } of send) checkJson(payload, `the payload of ${name}`)
    for (const { name, payload } of emit) checkJson(payload, `the event ${name}`)
    return undefined
  } catch (error) {
    return { property: "survives-json", message: describeError(error) }
  }
}

function answerCounts({ before, action, step }: Decided): Breach | undefined {
  const isSame = step.row === before.row && step.send.length === 0
  const property = "answer-counts"
  if (action.kind === "late" && !isSame && (step.send.length > 0 || JSON.stringify(step.row) !== JSON.stringify(before.row)))
    return { property, message: `${action.text}: nobody waits for it, and it changed something` }
  if ((action.kind === "answer" || action.kind === "arrival") && isSame)
    return { property, message: `${action.text}: it was waited for, and it changed nothing` }
  return undefined
}

function sending(decided: Decided): Breach | undefined {
  const { step, after } = decided
  const seen = new Set<string>()
  for (const command of step.send) {
    const effect = after.effects[command.effect]
    if (effect === undefined) continue
    if (seen.has(command.effect)) {
      const property = command.direction === "undo" ? "undo-once" : "tries-bounded"
      return { property, message: `${effect.name} is sent twice at once` }
    }
    seen.add(command.effect)
    const breach = sendingOne(decided, command, effect)
    if (breach !== undefined) return breach
  }
  return undefined
}

function sendingOne(decided: Decided, command: OutgoingCommand, effect: Effect): Breach | undefined {
  const { subject, before } = decided
  const earlier = before.effects[command.effect]
  const max = subject.triesMax(nameOf(effect.step), effect.direction)
  if (max !== undefined && command.attempt > max)
    return { property: "tries-bounded", message: `attempt ${command.attempt} of ${effect.name}: ${max} are allowed` }
  if (earlier !== undefined) {
    if (command.attempt <= earlier.attempt)
      return { property: "tries-bounded", message: `${effect.name} is sent again as attempt ${command.attempt}` }
    if (earlier.target !== effect.target || earlier.payload !== effect.payload)
      return { property: "same-again", message: `${effect.name} is sent again with another payload or to another actor` }
  }
  if (effect.direction === "undo") return earlier === undefined ? undoing(decided, command, effect) : undefined
  if (undoOf(before, command.effect) !== undefined)
    return { property: "effect-before-undo", message: `${effect.name} is sent after its undo` }
  if (subject.isStrict && earlier === undefined && before.row.failure !== undefined)
    return { property: "effect-before-undo", message: `${effect.name} is begun while the saga is turned back` }
  return undefined
}

/** The first try of an undo. */
function undoing(decided: Decided, { undoes = "", effect: key }: OutgoingCommand, effect: Effect): Breach | undefined {
  const { subject, step, after } = decided
  const { name } = effect
  const undone = after.effects[undoes]
  if (undone === undefined) return { property: "undo-once", message: `${name} takes back what was never sent` }
  if (Object.values(after.effects).filter((one) => one.undoes === undoes).length > 1)
    return { property: "undo-once", message: `${undone.name} is undone twice` }
  if (undone.answer === "refused") return { property: "undo-once", message: `${undone.name} was refused, and is undone` }
  if (actorOf(undone) !== actorOf(effect))
    return { property: "undo-complete", message: `${name} goes to ${effect.target}, and not to ${undone.target}` }
  const pivot = Object.values(after.effects).find((one) => isStandingPivot(subject, one))
  if (pivot !== undefined)
    return { property: "pivot-final", message: `${name}: the pivot ${pivot.name} has happened, or may have` }
  if (!("ended" in step.row) && openUnder(step.row, subject.self, undoes) !== undefined)
    return { property: "effect-before-undo", message: `${name} is sent while ${undone.name} is under way` }
  return subject.isStrict ? outOfOrder(decided, undoes, key, effect) : undefined
}

function outOfOrder({ subject, step, after }: Decided, undoes: string, key: string, effect: Effect): Breach | undefined {
  const { name } = effect
  const unsettled = Object.entries(after.effects).find(([one, other]) => one !== key && isUnsettledUndo(other))?.[1]
  if (unsettled !== undefined)
    return { property: "undo-reverse", message: `${name} is sent before ${unsettled.name} is settled` }
  const open = "ended" in step.row ? {} : step.row.open
  const underWay = Object.values(open).find((one) => one.direction === "do" && !subject.isTurnedBack(nameOf(one.step)))
  if (effect.lost === undefined && underWay !== undefined)
    return { property: "effect-before-undo", message: `${name} is sent while ${underWay.step} is under way` }
  return inversion(after, undoes, effect)
}

/** Something that was begun earlier was undone before: later things are undone first. */
function inversion(after: Situation, undoes: string, effect: Effect): Breach | undefined {
  const order = Object.keys(after.effects)
  const begun = order.indexOf(undoes)
  for (const [at, key] of order.entries()) {
    const other = after.effects[key]
    if (other?.undoes === undefined || other.undoes === undoes || at < begun) continue
    if (order.indexOf(other.undoes) > begun || !isOfOneUnwinding(effect, other)) continue
    return { property: "undo-reverse", message: `${effect.name} comes after ${other.name}, whose step was begun earlier` }
  }
  return undefined
}

/** Both because the saga is turned back, or because the same race was lost. */
function isOfOneUnwinding({ lost }: Effect, other: Effect): boolean {
  if (lost === undefined || other.lost === undefined) return lost === other.lost
  return lost.some((race) => other.lost?.includes(race))
}

function actorOf({ target }: Effect): string {
  return addressText(parseTarget(target))
}

function isUnsettledUndo({ direction, answer }: Effect): boolean {
  return direction === "undo" && answer !== "done"
}

function isStandingPivot(subject: Subject, { step, direction, answer }: Effect): boolean {
  return direction === "do" && subject.isPivot(nameOf(step)) && answer !== "refused"
}

function ending(decided: Decided): Breach | undefined {
  const { row } = decided.step
  if (!("ended" in row)) return undefined
  const { outcome } = row.ended
  const breach = outcome === "compensated" ? compensated(decided) : outcome === "completed" ? completed(decided) : undefined
  return breach ?? released(decided)
}

function compensated({ subject, after }: Decided): Breach | undefined {
  for (const [key, effect] of Object.entries(after.effects)) {
    if (isStandingPivot(subject, effect))
      return { property: "pivot-final", message: `it ended compensated, and its pivot ${effect.name} has happened, or may have` }
    if (isLeft(subject, after, key)) return left(effect)
  }
  return undefined
}

function left({ name, answer }: Effect): Breach {
  const what = answer === "done" ? "happened" : "may have happened"
  return { property: "undo-complete", message: `it ended compensated, and ${name}, which ${what}, was not undone` }
}

/** It happened, or may have, it is to be undone, and it was not. */
function isLeft(subject: Subject, situation: Situation, key: string): boolean {
  const effect = situation.effects[key]
  if (effect?.direction !== "do" || effect.answer === "refused" || !subject.mustBeUndone(nameOf(effect.step))) return false
  const undo = undoOf(situation, key)
  return undo === undefined || situation.effects[undo]?.answer !== "done"
}

/** Of each race one branch at the most may leave what it did. */
function completed({ subject, after }: Decided): Breach | undefined {
  const stays = new Map<string, string>()
  for (const [key, effect] of Object.entries(after.effects)) {
    if (effect.direction === "undo") continue
    const races = subject.racesOf(effect.step)
    if (subject.isStrict && effect.step !== "" && races.length === 0 && effect.answer !== "done")
      return { property: "completed-is-done", message: `it completed, and ${effect.name} is not known to be done` }
    if (!isLeft(subject, after, key)) continue
    for (const { race, branch } of races) {
      const other = stays.get(race)
      if (other !== undefined && other !== branch) {
        const message = `it completed, and of race ${race} both ${other} and ${branch} have left what they did`
        return { property: "undo-complete", message }
      }
      stays.set(race, branch)
    }
  }
  return undefined
}

function released({ step: { release }, after }: Decided): Breach | undefined {
  const told = new Set(release.map(addressText))
  const forgotten = Object.values(after.effects).map(actorOf).find((actor) => !told.has(actor))
  if (forgotten === undefined) return undefined
  return { property: "all-released", message: `it ended, and ${forgotten} is not told that it may forget` }
}
