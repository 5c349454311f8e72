// Cancelling a command whose handler does I/O. It is marked in its durable mailbox, so that no later owner begins it; the
// handler that is under way is told by its signal, and may still say what came of it. Whoever asked for the command is told
// "refused" if nothing can have happened, and "faulted" if something may have: then a saga undoes it.
import type { ActorLogic } from "../actor/logic.ts"
import type { CommandMessage } from "../message/message.ts"
import { cancelledCode, type Outcome } from "../message/outcome.ts"
import type { ProcessSpan } from "../ports/telemetry.ts"
import { concludeChecked } from "./conclude.ts"
import { type Decided, seal } from "./decided.ts"
import { effectNamed } from "./delays.ts"
import type { Delivery } from "./delivery.ts"
import { load } from "./load.ts"
import { openingOf } from "./opening.ts"
import { Outgoing } from "./outgoing.ts"
import { hold } from "./park.ts"
import { ready } from "./ready.ts"
import type { Mailbox, Task } from "./task.ts"

/** Decides the word of who cancels: the command is marked, if there is one that can be cancelled. */
export function cancelHandling(delivery: Delivery, task: Task, message: CommandMessage): Decided {
  const mailbox = delivery.mailboxes.get(task.row)
  const target = mailbox === undefined ? undefined : cancellable(mailbox, effectNamed(message.payload))
  const out = new Outgoing(delivery, undefined)
  const outcome: Outcome = { type: "done", value: target !== undefined }
  const answers = out.reply(message, outcome)
  const marks = task.held === undefined ? { from: task.from } : { from: task.from, took: task.held, to: message.to }
  if (mailbox === undefined || target === undefined) return seal({ ...marks, ...out.entry() }, undefined, { outcome }, answers)
  if (target.held === undefined) ready(delivery, seal(hold(delivery, target, { attempts: 0, dueMs: 0 })))
  const number = target.held ?? 0
  const record = delivery.partition.held.of(task.row).get(number) ?? { message: target.message, attempts: 0, dueMs: 0 }
  // From when it was told that it may begin until what came of it is decided.
  const isUnderWay = mailbox.current === target && mailbox.slot?.waitsFor === undefined
  const mayHaveBegun = isUnderWay || record.attempts > 0 || record.steps !== undefined || delivery.isInherited
  const cancelled = record.cancelled ?? (mayHaveBegun ? "begun" : "unbegun")
  const entry = { ...marks, to: message.to, hold: [number, { ...record, cancelled }] as const, ...out.entry() }
  return seal(entry, undefined, { outcome }, answers)
}

/** A fact, a timer and an undo cannot be refused. */
function cancellable({ current, waiting }: Mailbox, effect: string): Task | undefined {
  const tasks = current === undefined ? waiting : [current, ...waiting]
  return tasks.find(({ message }) => message.type === "command" && message.direction === "do" && message.effect === effect)
}

export function isCancelled({ partition }: Delivery, { row, held }: Task): boolean {
  return held !== undefined && partition.held.of(row).get(held)?.cancelled !== undefined
}

/** The decision on a command that was cancelled; `undefined` on any other record. */
export function decideCancelled(
  delivery: Delivery,
  task: Task,
  logic: ActorLogic,
  nowMs: number,
  span?: ProcessSpan,
): Decided | undefined {
  const { message, row: name, held } = task
  if (held === undefined) return undefined
  const cancelled = delivery.partition.held.of(name).get(held)?.cancelled
  if (cancelled === undefined) return undefined
  const text = `the handling of ${name} was cancelled after it may have begun: what it did outside is not known`
  const outcome: Outcome =
    cancelled === "unbegun"
      ? { type: "refused", code: "cancelled", detail: null }
      : { type: "faulted", code: cancelledCode, message: text }
  const row = load(delivery.partition, undefined, task.row)
  const opened = span ?? delivery.ports.telemetry.process(openingOf(logic, row, message, nowMs))
  return concludeChecked({ delivery, task, logic, row, span: opened, nowMs }, { state: row.state, outcome })
}
