// Handlers that do I/O: one attempt at one record, on committed state, in a fiber of its own (R12). What comes of it is
// decided by the loop like everything else: an entry for the journal, another attempt later, or a parked record.
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { IoLogic, PerformContext } from "../actor/logic.ts"
import type { Policy } from "../actor/policy.ts"
import { assert } from "../kernel/assert.ts"
import { spreadBackoffMs } from "../kernel/backoff.ts"
import { Fault } from "../kernel/fault.ts"
import { fnv1a32 } from "../message/hash.ts"
import type { ProcessSpan } from "../ports/telemetry.ts"
import { isAtMostOnce, noteBegun } from "./at-most-once.ts"
import { concludeChecked } from "./conclude.ts"
import { decideContext, giveUp } from "./decide.ts"
import { seal } from "./decided.ts"
import type { Delivery } from "./delivery.ts"
import { load } from "./load.ts"
import { finishCurrent } from "./mailbox.ts"
import { causeOf, hold, leaveMemory } from "./park.ts"
import { ready } from "./ready.ts"
import { stepJournal } from "./steps.ts"
import type { Finished, Mailbox, Task } from "./task.ts"

/** Starts what waits to be handled, unless this process had better not act (R10). */
export const startHandlings = Effect.fnUntraced(function* (delivery: Delivery): Effect.fn.Return<void> {
  if (delivery.starting.length === 0 || !delivery.sharing.mayAct()) return
  for (const mailbox of delivery.starting.splice(0)) yield* Effect.forkChild(attempt(delivery, mailbox))
})

/** Decides what came of the attempts that have ended. */
export function concludeHandlings(delivery: Delivery, nowMs: number): void {
  for (const finished of delivery.finished.splice(0)) {
    const { mailbox } = finished
    finishCurrent(delivery, mailbox, concludeHandling(delivery, finished, nowMs), nowMs)
  }
}

/** One attempt at a mailbox's current record. */
export const attempt = Effect.fnUntraced(function* (delivery: Delivery, mailbox: Mailbox): Effect.fn.Return<void> {
  const { task, logic, io, policy, attempts } = underWay(delivery, mailbox)
  const clock = yield* Effect.clockWith(Effect.succeed)
  const nowMs = clock.currentTimeMillisUnsafe()
  const { message } = task
  if (isAtMostOnce(delivery, task)) yield* noteBegun(delivery, task)
  const row = load(delivery.partition, logic, message.to)
  const { kind } = logic
  const span = delivery.ports.telemetry.process({ message, kind, first: row.state === undefined, nowMs })
  const controller = new AbortController()
  const steps = stepJournal(delivery, mailbox, task)
  const context: PerformContext = {
    ...decideContext(row, message, nowMs),
    signal: controller.signal,
    deadlineMs: nowMs + policy.timeoutMs,
    attempt: attempts + 1,
    recall: steps.recall,
    record: steps.record,
  }
  const handling = io.perform(row.state, message, context).pipe(
    Effect.onInterrupt(() =>
      Effect.sync(() => controller.abort(new HandlerTimedOut(`the handling of ${task.row} was ended`))),
    ),
    Effect.timeoutOrElse({
      duration: policy.timeoutMs,
      orElse: () => Effect.fail(new HandlerTimedOut(`${task.row} was not handled within ${policy.timeoutMs} ms`)),
    }),
  )
  const exit = yield* Effect.exit(handling)
  steps.close()
  delivery.finished.push({ mailbox, exit, span })
  delivery.work.openUnsafe()
})

/** Whether the record goes back to the front of its mailbox. */
function concludeHandling(delivery: Delivery, { mailbox, exit, span }: Finished, nowMs: number): boolean {
  const { task, logic } = underWay(delivery, mailbox)
  if (Exit.isFailure(exit)) return tryAgainOrPark(delivery, mailbox, Cause.squash(exit.cause), span, nowMs)
  try {
    const row = load(delivery.partition, logic, task.message.to)
    const decided = concludeChecked({ delivery, task, logic, row, span, nowMs }, exit.value)
    leaveMemory(delivery, task)
    ready(delivery, decided)
    return false
  } catch (error) {
    return tryAgainOrPark(delivery, mailbox, error, span, nowMs)
  }
}

/** A fault: another attempt after a pause, until the policy's retries are used up; what cannot get better is parked at once. */
function tryAgainOrPark(delivery: Delivery, mailbox: Mailbox, error: unknown, span: ProcessSpan, nowMs: number): boolean {
  const { task, policy, attempts } = underWay(delivery, mailbox)
  const failed = attempts + 1
  const cause = causeOf(error, failed, nowMs)
  const isHopeless = error instanceof Fault && error.retry === "never"
  if (!isHopeless && failed <= policy.retry.times && !isAtMostOnce(delivery, task)) {
    const dueMs = nowMs + spreadBackoffMs(policy.retry, failed, fnv1a32(task.row))
    const { code, message } = cause
    ready(
      delivery,
      seal(hold(delivery, task, { attempts: failed, dueMs }), span, { outcome: { type: "faulted", code, message } }),
    )
    return true
  }
  const givenUp = giveUp(delivery, task, cause, span)
  leaveMemory(delivery, task)
  ready(delivery, givenUp)
  return givenUp.entry.hold !== undefined
}

function underWay(delivery: Delivery, mailbox: Mailbox) {
  const task = mailbox.current
  assert(task !== undefined, "a record is handled while it is its mailbox's current one")
  const logic = delivery.app.logics.get(task.message.to.service)
  assert(logic !== undefined, "a record without a service is parked, never handled")
  const { io, policy } = ioOf(logic.io, task)
  const held = task.held === undefined ? undefined : delivery.partition.held.of(task.row).get(task.held)
  return { task, logic, io, policy, attempts: held?.attempts ?? 0 }
}

function ioOf(io: IoLogic | undefined, task: Task): { readonly io: IoLogic; readonly policy: Policy } {
  const policy = io?.policy(task.message)
  assert(io !== undefined && policy !== undefined, "only what takes I/O is handled")
  return { io, policy }
}

/** The time of one attempt is over, or its partition is. Whether the handler had its effect is not known. */
class HandlerTimedOut extends Fault {
  readonly _tag = "HandlerTimedOut"
  readonly code = "HANDLER_TIMED_OUT"
  readonly retry = "later"
}
