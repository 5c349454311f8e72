// Whether a handler that takes long goes on: it says so itself, and how far it is. Who is silent for too long has failed. The
// last progress is journaled with the record, now and then, so that the next attempt can go on from there.
import * as Effect from "effect/Effect"
import { Fault } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { Json } from "../message/json.ts"
import { progressStep } from "../message/message.ts"
import { seal } from "./decided.ts"
import type { Delivery } from "./delivery.ts"
import { hold } from "./park.ts"
import { ready } from "./ready.ts"
import type { Mailbox, Task } from "./task.ts"

export interface Heartbeat {
  beat(progress: Json | undefined): void
  /** What was told last, journaled or not. */
  progress(): Json | undefined
  /** One look, until it is time for the next: fails when the handler was silent for too long, and journals its progress. */
  watch(): Effect.Effect<void, HandlerSilent>
  /** The attempt is over. If it failed, what it told last is noted with its record, for the next one. */
  close(failed: boolean): void
}

export function heartbeatOf(delivery: Delivery, mailbox: Mailbox, task: Task, heartbeatMs = Number.POSITIVE_INFINITY): Heartbeat {
  const { nowMs } = delivery.sharing.slots
  let beatMs = nowMs()
  let journaledMs = Number.NEGATIVE_INFINITY
  let told: { readonly progress: Json; isJournaled: boolean } | undefined
  let isOpen = true
  const journal = () => {
    if (told === undefined || told.isJournaled || mailbox.current !== task) return
    told.isJournaled = true
    journaledMs = nowMs()
    if (task.held === undefined) ready(delivery, seal(hold(delivery, task, { attempts: 0, dueMs: 0 })))
    ready(delivery, seal({ from: [], to: task.message.to, step: [task.held ?? 0, progressStep, told.progress] }))
    // Not at once: the handler is in the middle of its own work.
    queueMicrotask(() => delivery.decided.openUnsafe())
  }
  const watch = () => {
    const silentMs = nowMs() - beatMs
    if (silentMs >= heartbeatMs) {
      const message = `the handler of ${task.row} has given no sign of life for ${heartbeatMs} ms; it counts as failed`
      return Effect.fail(new HandlerSilent(message))
    }
    if (nowMs() - journaledMs >= limits.progressJournalMs) journal()
    return Effect.sleep(Math.ceil(Math.min(limits.progressJournalMs, heartbeatMs - silentMs)))
  }
  return {
    beat(progress) {
      if (!isOpen) return
      beatMs = nowMs()
      if (progress !== undefined) told = { progress, isJournaled: false }
      if (beatMs - journaledMs >= limits.progressJournalMs) journal()
    },
    progress: () => told?.progress,
    watch,
    close(failed) {
      if (failed) journal()
      isOpen = false
    },
  }
}

/** What an earlier attempt told last. */
export function lastProgressOf(delivery: Delivery, task: Task): Json | undefined {
  const held = task.held === undefined ? undefined : delivery.partition.held.of(task.row).get(task.held)
  const steps = held?.steps ?? ("steps" in task.message ? task.message.steps : undefined)
  return steps?.find(([name]) => name === progressStep)?.[1]
}

/** A handler that promised signs of life has given none. Whether it had its effect is not known. */
export class HandlerSilent extends Fault {
  readonly _tag = "HandlerSilent"
  readonly code = "HANDLER_SILENT"
  readonly retry = "later"
}
