// Everything that could happen next to a saga: answers, faults, timers, what comes from outside. Each has a short text by
// which a counter-example is written down and done again.
import type { EffectKey } from "../../runtime/message/message.ts"
import type { Outcome } from "../../runtime/message/outcome.ts"
import { type CoreEvent, deadlineTimer } from "../machine/core.ts"
import type { OpenCommand, SagaRow } from "../machine/row.ts"
import { openByEffect, openUnder } from "../machine/slots.ts"
import type { Answer, Effect, Situation } from "./situation.ts"
import { nameOf, type Subject } from "./subject.ts"

export interface Action {
  /** `start`, `reserve/0 done`, `undo reserve/0 times out`, `approval arrives`, `cancel`, ... */
  readonly text: string
  readonly kind: "start" | "answer" | "fault" | "late" | "timer" | "arrival" | "early" | "order"
  readonly event: CoreEvent
  /** The command that it is about. */
  readonly effect?: EffectKey
  readonly answer?: Answer
}

export const startAction: Action = { text: "start", kind: "start", event: { type: "start" } }

/** Nothing more can happen to a saga that has ended, or is parked. */
export function actionsOf(subject: Subject, { row, effects, isCancelled }: Situation): readonly Action[] {
  if ("ended" in row || row.parked !== undefined) return []
  if (row.seq === 0) return [startAction]
  const actions: Action[] = []
  for (const [effect, open] of openByEffect(row, subject.self)) {
    actions.push(...openActions(subject, effect, open, effects[effect]))
  }
  if (row.deadlineMs !== undefined) {
    const event = { type: "timer", effect: deadlineTimer, dueMs: row.deadlineMs } as const
    actions.push({ text: "the saga takes too long", kind: "timer", event })
  }
  actions.push(...arrivals(subject, row))
  if (!isCancelled && row.failure === undefined) {
    actions.push({ text: "cancel", kind: "order", event: { type: "cancel" } })
  }
  for (const [effect, known] of Object.entries(effects)) {
    if (openUnder(row, subject.self, effect) === undefined) actions.push(...lateActions(subject, effect, known))
  }
  return actions
}

/** Of what is open: it is answered, now or late, it fails, or its time is over. */
function openActions(subject: Subject, effect: EffectKey, open: OpenCommand, known: Effect | undefined): readonly Action[] {
  const { step, direction, dueMs, fault } = open
  const actions: Action[] = []
  if (direction !== "wait" && known !== undefined) {
    const answers: readonly Answer[] = known.answer === undefined ? ["done", "refused"] : [known.answer]
    const at = { effect, step, name: known.name }
    actions.push(...answers.map((answer) => answerAction(subject, at, answer, direction, "answer")))
    // Between two tries a fault is no news.
    if (fault === undefined) {
      const outcome: Outcome = { type: "faulted", code: "FAULT", message: "it failed" }
      actions.push({ text: `${known.name} fails`, kind: "fault", event: { type: "reply", effect, outcome }, effect })
    }
  }
  if (dueMs === undefined) return actions
  const name = known?.name ?? nameOf(step)
  const what = fault !== undefined ? "is tried again" : direction === "wait" ? "is over" : "times out"
  actions.push({ text: `${name} ${what}`, kind: "timer", event: { type: "timer", effect, dueMs }, effect })
  return actions
}

/** A reply of what nobody waits for any more: the same one again, or one that comes after all tries. */
function lateActions(subject: Subject, effect: EffectKey, known: Effect): readonly Action[] {
  const answers: readonly Answer[] = known.answer === undefined ? ["done", "refused"] : [known.answer]
  const at = { effect, step: known.step, name: `late: ${known.name}` }
  return answers.map((answer) => answerAction(subject, at, answer, known.direction, "late"))
}

function answerAction(
  subject: Subject,
  { effect, step, name }: { readonly effect: EffectKey; readonly step: string; readonly name: string },
  answer: Answer,
  direction: "do" | "undo",
  kind: "answer" | "late",
): Action {
  const value = direction === "undo" ? null : subject.answerOf(nameOf(step))
  const outcome: Outcome = answer === "done" ? { type: "done", value } : { type: "refused", code: "REFUSED", detail: null }
  return { text: `${name} ${answer}`, kind, event: { type: "reply", effect, outcome }, effect, answer }
}

/** What comes for a wait that is open, or has not begun; and updates. */
function arrivals(subject: Subject, row: SagaRow): readonly Action[] {
  if (row.failure !== undefined) return []
  const open = new Set(Object.values(row.open).flatMap(({ direction, step }) => (direction === "wait" ? [nameOf(step)] : [])))
  const begun = new Set(Object.keys(row.items).map(nameOf))
  const actions: Action[] = []
  for (const [wait, value] of subject.arrivals) {
    const event = { type: "arrival", wait, value } as const
    if (open.has(wait)) actions.push({ text: `${wait} arrives`, kind: "arrival", event })
    else if ((subject.recurring.has(wait) || !begun.has(wait)) && row.early?.[wait] === undefined)
      actions.push({ text: `${wait} arrives early`, kind: "early", event })
  }
  for (const [name, payload] of Object.entries(subject.updates)) {
    if (row.updates?.some((update) => update.name === name) === true) continue
    actions.push({ text: `update ${name}`, kind: "order", event: { type: "update", name, payload } })
  }
  return actions
}
