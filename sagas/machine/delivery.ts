// The delivery policy of one open command: what a reply or a timer means for it. A try ends with a reply, a fault or
// its timer; after a fault or a timeout comes a pause, then the next try under the same effect key. When the tries are
// used up the outcome is unknown. A late reply to an earlier try still counts: it is the same effect.
import type { Outcome } from "../../runtime/message/outcome.ts"
import { spreadBackoffMs } from "../../runtime/kernel/backoff.ts"
import { fnv1a32 } from "../../runtime/message/hash.ts"
import type { StepNode, StepPolicy, WaitNode } from "../definition/definition.ts"
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

/** What is said of a command's tries: by a step, or by a raw machine's command. */
export type Policies = Pick<StepNode, "policy" | "undoPolicy" | "giveUpOn">

/** The step whose command it is, and whether trying again is worth it. */
export interface Trying {
  readonly node: Policies
  readonly effect: string
  /** A step that will be undone anyway does not try again: it only waits for what is in flight. */
  readonly doomed: boolean
  readonly nowMs: number
}

export function firstTry(
  node: Policies,
  at: Pick<OpenCommand, "step" | "item"> & { readonly direction: "do" | "undo" },
  nowMs: number,
): OpenCommand {
  const { step, item, direction } = at
  return { step, item, direction, attempt: 1, ...dueAfter(policyOf(node, direction), nowMs) }
}

function policyOf(node: Policies, direction: OpenCommand["direction"]): StepPolicy {
  return direction === "undo" ? node.undoPolicy : node.policy
}

function dueAfter({ timeoutMs }: StepPolicy, nowMs: number): { readonly dueMs?: number } {
  return timeoutMs === undefined ? {} : { dueMs: nowMs + timeoutMs }
}

export function onReply(open: OpenCommand, outcome: Outcome, trying: Trying): Verdict {
  const { step, item, direction } = open
  switch (outcome.type) {
    case "done":
      if (direction === "undo") return { type: "settled", event: { kind: "undone", step, item } }
      return { type: "settled", event: { kind: "done", step, item, value: outcome.value } }
    case "refused": {
      const { code, detail } = outcome
      return { type: "settled", event: { kind: direction === "undo" ? "undoFailed" : "refused", step, item, code, detail } }
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
  const { node, doomed, nowMs } = trying
  if (open.fault === undefined) {
    const { timeoutMs } = policyOf(node, open.direction)
    return endTry(open, { code: "STEP_TIMEOUT", message: `no reply in ${timeoutMs} ms` }, trying)
  }
  if (doomed) return giveUp(open, open.fault)
  return tryAgain(open, node, nowMs)
}

/** The next try, now. */
export function tryAgain(open: OpenCommand, node: Policies, nowMs: number): Verdict {
  const { fault: _, dueMs: __, ...rest } = open
  const attempt = open.attempt + 1
  return { type: "send", open: { ...rest, attempt, ...dueAfter(policyOf(node, open.direction), nowMs) } }
}

/** The time of a wait is over. */
export function onWaitOver(open: OpenCommand, dueMs: number, node: WaitNode): Verdict {
  if (dueMs !== open.dueMs) return { type: "nothing" }
  const { step, item } = open
  if (node.for === "time" || node.onTimeout === "go on") {
    return { type: "settled", event: { kind: "done", step, item, value: null } }
  }
  const detail = `nothing came in ${node.timeoutMs} ms`
  return { type: "settled", event: { kind: "refused", step, item, code: "WAIT_TIMEOUT", detail } }
}

function endTry(open: OpenCommand, fault: Fault, { node, effect, doomed, nowMs }: Trying): Verdict {
  const { retry } = policyOf(node, open.direction)
  if (doomed || open.attempt > retry.times || node.giveUpOn.includes(fault.code)) return giveUp(open, fault)
  const pauseMs = spreadBackoffMs(retry, open.attempt, fnv1a32(effect))
  return { type: "pause", open: { ...open, fault, dueMs: nowMs + pauseMs } }
}

function giveUp({ step, item, direction, attempt }: OpenCommand, { code, message }: Fault): Verdict {
  const detail = `${message} (attempt ${attempt})`
  return { type: "settled", event: { kind: direction === "undo" ? "undoFailed" : "unknown", step, item, code, detail } }
}
