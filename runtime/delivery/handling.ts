// Handlers that do I/O: one attempt at one record, on committed state, in a fiber of its own (R12). What comes of it is
// decided by the loop like everything else: an entry for the journal, another attempt later, or a parked record.
import * as Cause from "effect/Cause"
import type { Clock } from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import type { IoLogic, PerformContext } from "../actor/logic.ts"
import type { Policy } from "../actor/policy.ts"
import { assert } from "../kernel/assert.ts"
import { spreadBackoffMs } from "../kernel/backoff.ts"
import { Fault } from "../kernel/fault.ts"
import { fnv1a32 } from "../message/hash.ts"
import type { ProcessSpan } from "../ports/telemetry.ts"
import { isAtMostOnce, noteBegun } from "./at-most-once.ts"
import { fetchAttachment } from "./attachments.ts"
import { decideCancelled } from "./cancelling.ts"
import { concludeChecked } from "./conclude.ts"
import { decideContext, giveUp } from "./decide.ts"
import { seal } from "./decided.ts"
import { decideUntimely } from "./delays.ts"
import type { Delivery } from "./delivery.ts"
import { rememberedInbox } from "./effect-memory.ts"
import { load } from "./load.ts"
import { Ending, LateSignal } from "./ending.ts"
import { heartbeatOf, lastProgressOf } from "./heartbeat.ts"
import { finishCurrent } from "./mailbox.ts"
import { openingOf } from "./opening.ts"
import { causeOf, failureOf, hold, leaveMemory } from "./park.ts"
import { ready } from "./ready.ts"
import { stepJournal } from "./steps.ts"
import type { Finished, Mailbox, Task } from "./task.ts"

/** Starts what waits to be handled, unless this process had better not act (R10). */
export const startHandlings = Effect.fnUntraced(function* (delivery: Delivery): Effect.fn.Return<void> {
  if (delivery.starting.length === 0 || !delivery.sharing.mayAct()) return
  const clock = yield* Effect.clockWith(Effect.succeed)
  const nowMs = clock.currentTimeMillisUnsafe()
  for (const mailbox of delivery.starting.splice(0)) {
    if (concludeUntimely(delivery, mailbox, nowMs)) continue
    const attempts = attemptsToNote(delivery, mailbox)
    // Before its turn is taken: storing it takes time, and what allows it to begin is good for a moment only.
    if (attempts === undefined) yield* attempt(delivery, mailbox, clock)
    else noteThenStart(delivery, mailbox, attempts)
  }
  if (delivery.pending.length > 0) delivery.decided.openUnsafe()
})

/** While it is stored this process may stand still, and others take it for gone: the lease is asked again then (R10). */
function noteThenStart(delivery: Delivery, mailbox: Mailbox, attempts: number): void {
  const { task } = underWay(delivery, mailbox)
  noteBegun(delivery, task, attempts, () => {
    delivery.starting.push(mailbox)
    queueMicrotask(() => delivery.work.openUnsafe())
  })
}

/** One attempt that nothing else starts beside; gives what ends with it, if it began. */
export const startAlone = Effect.fnUntraced(function* (
  delivery: Delivery,
  mailbox: Mailbox,
): Effect.fn.Return<Fiber.Fiber<unknown> | undefined> {
  const { task } = underWay(delivery, mailbox)
  const attempts = attemptsToNote(delivery, mailbox)
  if (attempts !== undefined)
    yield* Effect.callback((resume: (noted: Effect.Effect<void>) => void) =>
      noteBegun(delivery, task, attempts, () => resume(Effect.void)),
    )
  if (delivery.sharing.mayAct()) return yield* attempt(delivery, mailbox, yield* Effect.clockWith(Effect.succeed))
  delivery.starting.push(mailbox)
  return undefined
})

/** How many attempts are to be noted before it is begun; undefined for none. */
function attemptsToNote(delivery: Delivery, { current: task }: Mailbox): number | undefined {
  if (task === undefined || task.noted === true) return undefined
  if (isAtMostOnce(delivery, task)) return 1
  return isTakenBack(delivery, task) ? 0 : undefined
}

/** While it waited for its turn it may have been cancelled, or its time may have run out. */
function concludeUntimely(delivery: Delivery, mailbox: Mailbox, nowMs: number): boolean {
  const { task, logic } = underWay(delivery, mailbox)
  const row = load(delivery.partition, undefined, task.row)
  const decided = decideCancelled(delivery, task, logic, nowMs) ?? decideUntimely(delivery, task, row, nowMs)
  if (decided === undefined) return false
  leaveMemory(delivery, task)
  ready(delivery, decided)
  finishCurrent(delivery, mailbox, false, nowMs)
  return true
}

/** Decides what came of the attempts that have ended. */
export function concludeHandlings(delivery: Delivery, nowMs: number): void {
  for (const finished of delivery.finished.splice(0)) {
    const { mailbox } = finished
    finishCurrent(delivery, mailbox, concludeHandling(delivery, finished, nowMs), nowMs)
  }
}

/** One attempt at a mailbox's current record, in a fiber of its own, unless it has to wait for its turn once more. */
function attempt(delivery: Delivery, mailbox: Mailbox, clock: Clock): Effect.Effect<Fiber.Fiber<unknown> | undefined> {
  if (mailbox.slot?.begin() !== true) return Effect.undefined
  const { task, logic, io, policy, attempts: noted } = underWay(delivery, mailbox)
  // What is handled at most once was noted with the attempt that begins now.
  const attempts = isAtMostOnce(delivery, task) ? 0 : noted
  if (io.flow.keyRate !== undefined)
    delivery.keyRates.note(task.row, io.flow.keyRate, delivery.sharing.slots.nowMs())
  const nowMs = clock.currentTimeMillisUnsafe()
  const { message } = task
  const row = load(delivery.partition, logic, task.row)
  const span = delivery.ports.telemetry.process({ ...openingOf(logic, row, message, nowMs), attempt: attempts + 1 })
  const signal = new LateSignal()
  const steps = stepJournal(delivery, mailbox, task)
  const heartbeat = heartbeatOf(delivery, mailbox, task, policy.heartbeatMs)
  const ending = new Ending(delivery, task, signal, () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6)
  mailbox.attempt = { number: attempts + 1, beganMs: nowMs, progress: heartbeat.progress, cancel: ending.cancel }
  const context: PerformContext = {
    ...decideContext(row, message, nowMs),
    calling: () => void (task.called = true),
    signal: () => signal.signal,
    deadlineMs: nowMs + policy.timeoutMs,
    attempt: attempts + 1,
    recall: steps.recall,
    record: steps.record,
    within: (call) => span.within(call),
    beat: heartbeat.beat,
    lastProgress: lastProgressOf(delivery, task),
    fetch: (ref) => fetchAttachment(delivery.ports.attachments, ref),
    app: delivery.app.name,
    inbox: rememberedInbox(row),
  }
  const performing = io.perform(row.state, message, context)
  const aborted = () => Effect.onInterrupt(performing, () => Effect.sync(ending.abort))
  const watched = () => Effect.raceFirst(aborted(), Effect.forever(Effect.suspend(heartbeat.watch)))
  const handling = policy.heartbeatMs === undefined ? performing : watched()
  return ending.of(handling, policy.timeoutMs, (exit) => {
    mailbox.attempt = undefined
    heartbeat.close(Exit.isFailure(exit))
    steps.close()
    delivery.finished.push({ mailbox, exit, span })
    const outcome = Exit.isSuccess(exit) ? (exit.value.outcome?.type ?? "done") : "faulted"
    delivery.observer.handled({ service: logic.service, outcome, tookMs: clock.currentTimeMillisUnsafe() - nowMs })
    delivery.work.openUnsafe()
  })
}

/** Whether the record goes back to the front of its mailbox. */
function concludeHandling(delivery: Delivery, { mailbox, exit, span }: Finished, nowMs: number): boolean {
  const { task, logic } = underWay(delivery, mailbox)
  if (Exit.isFailure(exit)) {
    const decided = decideCancelled(delivery, task, logic, nowMs, span)
    if (decided !== undefined) {
      leaveMemory(delivery, task)
      ready(delivery, decided)
      return false
    }
    const error = Cause.squash(exit.cause)
    const isProbe = mailbox.slot?.isProbe === true
    // What is wrong with the record, or with its handler, says nothing of the outside.
    if (!isHopeless(error)) mailbox.slot?.note(true)
    return tryAgainOrPark(delivery, mailbox, { error, isProbe, span, nowMs })
  }
  mailbox.slot?.note(false)
  try {
    const row = load(delivery.partition, logic, task.row)
    const decided = concludeChecked({ delivery, task, logic, row, span, nowMs }, exit.value)
    leaveMemory(delivery, task)
    ready(delivery, decided)
    return false
  } catch (error) {
    return tryAgainOrPark(delivery, mailbox, { error, isProbe: false, span, nowMs })
  }
}

/**
 * After a crash a do comes again from its source, and its undo may overtake it there: nobody would know any more that the
 * handler was called, and what it did outside would stay. In the durable mailbox the do is in front of its undo.
 */
function isTakenBack({ app }: Delivery, { message, held }: Task): boolean {
  if (held !== undefined || message.type !== "command") return false
  if (message.direction === "undo" || message.scope === undefined) return false
  return app.logics.get(message.to.service)?.io?.isTakenBack(message) === true
}

interface Failure {
  readonly error: unknown
  /** An open breaker tried whether the outside is back: it is not, and that is no fault of the record. */
  readonly isProbe: boolean
  readonly span: ProcessSpan
  readonly nowMs: number
}

/** A fault: another attempt after a pause, until the policy's retries are used up; what cannot get better is parked at once. */
function tryAgainOrPark(delivery: Delivery, mailbox: Mailbox, { error, isProbe, span, nowMs }: Failure): boolean {
  const { task, policy, attempts } = underWay(delivery, mailbox)
  const failed = attempts + 1
  const cause = causeOf(error, failed, nowMs)
  if (!isHopeless(error) && !isAtMostOnce(delivery, task) && (isProbe || failed <= policy.retry.times)) {
    const dueMs = nowMs + spreadBackoffMs(policy.retry, failed, fnv1a32(task.row))
    const { code, message } = cause
    const entry = hold(delivery, task, { attempts: isProbe ? attempts : failed, dueMs })
    ready(delivery, seal(entry, span, { outcome: { type: "faulted", code, message }, ...failureOf(cause) }))
    return true
  }
  const givenUp = giveUp(delivery, task, cause, span)
  leaveMemory(delivery, task)
  ready(delivery, givenUp)
  return givenUp.entry.hold !== undefined
}

function isHopeless(error: unknown): boolean {
  return error instanceof Fault && error.retry === "never"
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
