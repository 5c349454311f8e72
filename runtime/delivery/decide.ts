// decide: one record on one row, by the user's handler or the saga's statechart. What takes I/O is not decided here: it
// is handled first, on committed state (handling.ts), and concluded like everything else (conclude.ts).
import type { ActorLogic, DecideContext, Decision } from "../actor/logic.ts"
import { Fault } from "../kernel/fault.ts"
import { cancelCommand, cancelHandlingCommand, queryCommand } from "../message/contract.ts"
import type { Entry } from "../message/block.ts"
import type { Message } from "../message/message.ts"
import type { ProcessSpan } from "../ports/telemetry.ts"
import { drop, dropBegun, isAtMostOnce } from "./at-most-once.ts"
import { cancelHandling, decideCancelled } from "./cancelling.ts"
import { concludeChecked } from "./conclude.ts"
import { type Decided, decidedRecord, seal } from "./decided.ts"
import type { Delivery } from "./delivery.ts"
import { cancelDelayed, decideUntimely, isDelayed, marksOf, sendDelayed } from "./delays.ts"
import { isRepeated, isVoidUndo, nothingToUndo, recallOutcome, undoneEffect } from "./effect-memory.ts"
import { deliverEvent } from "./event-delivery.ts"
import { decideEarly, isHeld, parkOverdue } from "./holding.ts"
import type { Work } from "./inbound.ts"
import { load } from "./load.ts"
import { openingOf } from "./opening.ts"
import { isOperation, operate } from "./operate.ts"
import { Outgoing } from "./outgoing.ts"
import { overtakenRedrives } from "./parked-records.ts"
import { type Cause, causeOf, parkKnownKiller, parkTask } from "./park.ts"
import type { Row } from "./row.ts"
import type { Task } from "./task.ts"

/** Decides what is not addressed to one actor. */
export function decideWork(
  delivery: Delivery,
  from: Entry["from"],
  work: Exclude<Work, { type: "message" }>,
  nowMs: number,
): readonly Decided[] {
  if (work.type === "event") return deliverEvent(delivery, from, work, nowMs)
  if (work.type === "park") return [seal({ from, parked: { ...work.parked, atMs: nowMs } })]
  const out = new Outgoing(delivery, undefined)
  for (const message of work.messages) out.forward(message)
  return [seal({ from, ...out.entry() })]
}

/** The decision on one record; `undefined` if its handler has I/O to do first. */
export function decide(delivery: Delivery, task: Task, nowMs: number): Decided | undefined {
  const { observer, partition } = delivery
  observer.reached?.(partition, "load", "before", task.message)
  const decided = decideOnRow(delivery, task, nowMs)
  observer.reached?.(partition, "decide", "after", task.message)
  return decided
}

function decideOnRow(delivery: Delivery, task: Task, nowMs: number): Decided | undefined {
  const { message, from } = task
  const took = task.held === undefined ? {} : { took: task.held }
  const logic = delivery.app.logics.get(message.to.service)
  if (message.type === "settled" && logic?.kind !== "saga") {
    const effects = overtakenRedrives(delivery.partition, message)
    const forgotten = { forget: message.scope, ...(effects.length > 0 ? { effects } : {}) }
    return seal({ from, ...took, to: message.to, by: decidedRecord(message, true), ...forgotten })
  }
  let row: Row
  try {
    row = load(delivery.partition, logic, task.row)
  } catch (error) {
    return parkTask(delivery, task, causeOf(error, 1, nowMs))
  }
  delivery.observer.reached?.(delivery.partition, "load", "after", message)
  delivery.observer.reached?.(delivery.partition, "decide", "before", message)
  // Cancelled, or set anew, after it was queued: a cancelled timer never fires.
  const isOwn = task.held === undefined && from.length === 0
  if (message.type === "timer" && isOwn && row.timers.get(message.name)?.dueMs !== message.dueMs) return seal({ from })
  const killer = parkKnownKiller(delivery, task, nowMs)
  if (killer !== undefined) return killer
  const settled = logic === undefined ? undefined : answeredAlready(logic, row, message)
  if (isDelayed(message)) return sendDelayed(delivery, task, message)
  if (message.type === "command" && message.name === cancelCommand) return cancelDelayed(delivery, task, row, message)
  if (message.type === "command" && message.name === cancelHandlingCommand) return cancelHandling(delivery, task, message)
  const isOpen = settled === undefined && logic !== undefined
  const cancelled = isOpen ? decideCancelled(delivery, task, logic, nowMs) : undefined
  if (cancelled !== undefined) return cancelled
  if (isHeld(message)) return parkOverdue(delivery, task, message, nowMs)
  if (isRepeated(row, message)) return seal({ ...marksOf(task), to: message.to })
  const begun = dropBegun(delivery, task, nowMs)
  if (begun !== undefined) return begun
  const untimely = settled === undefined ? decideUntimely(delivery, task, row, nowMs) : undefined
  const early = untimely ?? decideEarly(delivery, task, row, nowMs)
  if (early !== undefined) return early
  if (settled === undefined && logic?.io?.policy(message) !== undefined) return undefined
  if (message.type === "command" && isOperation(message)) return operate(delivery, task, message, nowMs)
  const span = delivery.ports.telemetry.process(openingOf(logic, row, message, nowMs))
  try {
    if (logic === undefined)
      throw new NoSuchService(`app ${delivery.app.name} has no service "${message.to.service}"; the record is parked`)
    const decision = settled ?? logic.decide(row.state, message, decideContext(row, message, nowMs))
    return concludeChecked({ delivery, task, logic, row, span, nowMs }, decision)
  } catch (error) {
    return giveUp(delivery, task, causeOf(error, 1, nowMs), span)
  }
}

/** What cannot be decided is parked, unless it is to be handled at most once. */
export function giveUp(delivery: Delivery, task: Task, cause: Cause, span: ProcessSpan): Decided {
  if (!isAtMostOnce(delivery, task)) return parkTask(delivery, task, cause, span)
  return { ...drop(delivery, task, cause), span }
}

/** What needs no handler: a question, an effect that was answered before, an undo with nothing to take back (R11). */
function answeredAlready(logic: ActorLogic, row: Row, message: Message): Decision | undefined {
  if (message.type !== "command") return undefined
  const { state } = row
  if (message.name === queryCommand) return { state, outcome: { type: "done", value: state ?? null } }
  // A saga keeps what it has to undo itself; of its effects only those that were done at once are remembered.
  const isVoid = logic.kind === "service" && isVoidUndo(row, message)
  const outcome = recallOutcome(row, message) ?? (isVoid ? nothingToUndo : undefined)
  return outcome === undefined ? undefined : { state, outcome }
}

/** What a handler may know besides state and payload; for an undo, what it takes back. */
export function decideContext(row: Row, message: Message, nowMs: number): DecideContext {
  const did = message.type === "command" ? undoneEffect(row, message) : undefined
  return { self: message.to, nowMs, ...(did === undefined ? {} : { did }) }
}

class NoSuchService extends Fault {
  readonly _tag = "NoSuchService"
  readonly code = "NO_SUCH_SERVICE"
  readonly retry = "never"
}
