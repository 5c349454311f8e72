// Reactions that are to be handled at most once: what cannot be handled is dropped, and never tried again or parked. One
// that does I/O is noted as begun in its actor's durable mailbox before its handler runs, so that nobody begins it again.
import { type Decided, seal } from "./decided.ts"
import { marksOf } from "./delays.ts"
import type { Delivery } from "./delivery.ts"
import { rememberedEvent } from "./effect-memory.ts"
import { type Cause, hold, recordName } from "./park.ts"
import { ready } from "./ready.ts"
import type { Task } from "./task.ts"

export function isAtMostOnce(delivery: Delivery, { message }: Task): boolean {
  return delivery.app.logics.get(message.to.service)?.atMostOnce?.(message) === true
}

/** A record whose handling began under an owner that did not come to conclude it. */
export function dropBegun(delivery: Delivery, task: Task, nowMs: number): Decided | undefined {
  if (task.held === undefined || !isAtMostOnce(delivery, task)) return undefined
  const attempts = delivery.partition.held.of(task.row).get(task.held)?.attempts ?? 0
  if (attempts === 0) return undefined
  const message = `the handling of ${task.row} was cut short, and nobody knows how far it came`
  return drop(delivery, task, { code: "CUT_SHORT", message, attempts, nowMs })
}

export function drop(delivery: Delivery, task: Task, { code, message }: Cause): Decided {
  const { row, message: record } = task
  const effects = rememberedEvent(record)
  const entry = { ...marksOf(task), to: record.to, ...(effects.length === 0 ? {} : { effects }) }
  const outcome = { type: "faulted" as const, code, message }
  return { ...seal(entry, undefined, { outcome }), dropped: { id: recordName(delivery, task), row, code, message } }
}

/** Calls `noted` when it is durable that so many attempts at it have begun. */
export function noteBegun(delivery: Delivery, task: Task, attempts: number, noted: () => void): void {
  task.noted = true
  ready(delivery, { ...seal(hold(delivery, task, { attempts, dueMs: 0 })), durable: noted })
  delivery.decided.openUnsafe()
}
