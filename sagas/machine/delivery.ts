// The delivery policy of one open command: what a reply or a timer means for it. A try ends with a reply, a fault or
// its timer; after a fault or a timeout comes a pause, then the next try under the same effect key. When the tries are
// used up the outcome is unknown. A late reply to an earlier try still counts: it is the same effect.
import { backoffMs } from "../../runtime/kernel/backoff.ts"
import type { Outcome } from "../../runtime/message/outcome.ts"
import type { StepDefinition } from "../definition/definition.ts"
import type { ProgressEvent } from "./progress.ts"
import type { Fault, OpenCommand } from "./row.ts"

export type Verdict =
  | { readonly type: "nothing" }
  /** The command is settled: this is what the machine is told. */
  | { readonly type: "settled"; readonly event: ProgressEvent }
  /** Wait, then try again. */
  | { readonly type: "pause"; readonly open: OpenCommand }
  /** Send it again now. */
  | { readonly type: "send"; readonly open: OpenCommand }

/** The step whose command it is, and whether trying again is worth it. */
export interface Trying {
  readonly step: StepDefinition
  /** A step that will be undone anyway does not try again: it only waits for what is in flight. */
  readonly doomed: boolean
  readonly nowMs: number
}

export function firstTry(step: StepDefinition, item: number, direction: "do" | "undo", nowMs: number): OpenCommand {
  return { step: step.name, item, direction, attempt: 1, dueMs: nowMs + step.timeoutMs }
}

export function onReply(open: OpenCommand, outcome: Outcome, trying: Trying): Verdict {
  const { item, direction } = open
  switch (outcome.type) {
    case "done":
      if (direction === "undo") return { type: "settled", event: { type: "undone", item } }
      return { type: "settled", event: { type: "done", item, value: outcome.value } }
    case "refused": {
      const { code, detail } = outcome
      return { type: "settled", event: { type: direction === "undo" ? "undoFailed" : "refused", item, code, detail } }
    }
    case "faulted":
      // While it pauses, a fault is news of a try that has ended already.
      if (open.fault !== undefined) return { type: "nothing" }
      return endTry(open, { code: outcome.code, message: outcome.message }, trying)
  }
}

/** A timer that was set for another time, for an earlier try or before a pause, is stale. */
export function onTimer(open: OpenCommand, dueMs: number, trying: Trying): Verdict {
  if (dueMs !== open.dueMs) return { type: "nothing" }
  const { step, doomed, nowMs } = trying
  if (open.fault === undefined) {
    return endTry(open, { code: "STEP_TIMEOUT", message: `no reply in ${step.timeoutMs} ms` }, trying)
  }
  if (doomed) return giveUp(open, open.fault)
  const { fault: _, ...rest } = open
  return { type: "send", open: { ...rest, attempt: open.attempt + 1, dueMs: nowMs + step.timeoutMs } }
}

function endTry(open: OpenCommand, fault: Fault, { step, doomed, nowMs }: Trying): Verdict {
  if (doomed || open.attempt > step.retry.times) return giveUp(open, fault)
  return { type: "pause", open: { ...open, fault, dueMs: nowMs + backoffMs(step.retry, open.attempt) } }
}

function giveUp({ item, direction, attempt }: OpenCommand, { code, message }: Fault): Verdict {
  const detail = `${message} (attempt ${attempt})`
  return { type: "settled", event: { type: direction === "undo" ? "undoFailed" : "unknown", item, code, detail } }
}
