// The pure core of a saga: (row, event, time) -> (row', what to send). It fences, retries and times out what is open, and
// asks the machine only when something has settled. What throws parks the saga with the row as it was before the event, so
// that resuming sends the open commands again and hears the same answers again (R11).
import { AssertionFailed } from "../../runtime/kernel/assert.ts"
import { digest } from "../../runtime/message/hash.ts"
import type { Json } from "../../runtime/message/json.ts"
import type { EffectKey } from "../../runtime/message/message.ts"
import type { Outcome } from "../../runtime/message/outcome.ts"
import type { SagaDefinition, SagaNode } from "../definition/definition.ts"
import { activityNamed, type Outline, outlineOf, parseInstance } from "../definition/outline.ts"
import { advance, begin, type Parts } from "./advance.ts"
import { type Arrival, arrive } from "./arrivals.ts"
import { sendOpen } from "./commands.ts"
import { compile, type SagaMachine } from "./compile.ts"
import { onReply, onTimer, onWaitOver } from "./delivery.ts"
import { follow } from "./follow.ts"
import { decideOrder, type Order } from "./orders.ts"
import { isDoomed, isPastPivot } from "./standing.ts"
import type { DefinitionId, SagaRow } from "./row.ts"
import { mismatched, type Moment, park, poisoned, quiet, refuse, type Step } from "./stop.ts"
import type { ProgressEvent } from "./progress.ts"
import { findSlot } from "./slots.ts"
import { prepareTables } from "./tables.ts"
import { prepareTransition, type State } from "./transition.ts"

export type CoreEvent =
  | { readonly type: "start" }
  | { readonly type: "reply"; readonly effect: EffectKey; readonly outcome: Outcome }
  /** Of what is open, or, under `deadlineTimer`, of the saga as a whole. */
  | { readonly type: "timer"; readonly effect: EffectKey; readonly dueMs: number }
  /** Something came for a wait. */
  | Arrival
  /** What a caller or an operator wants. */
  | Order

/** The timer of the longest time that a saga may be under way. */
export const deadlineTimer = "$deadline"

export interface Core {
  readonly id: DefinitionId
  readonly outline: Outline
  /** The row of a saga that has not started. `secret` is what its tokens are made from. */
  create(input: Json, startedMs: number, secret?: string): SagaRow
  /** Never throws because of the user's functions: that parks the saga as "POISON". */
  decide(row: SagaRow, event: CoreEvent, at: Moment): Step
}

/** Told of every transition, as tests are that count which ways a saga went. */
export type Watcher = (before: State, event: ProgressEvent, after: State) => void

export function createCore(definition: SagaDefinition, machine: SagaMachine = compile(definition), watcher?: Watcher): Core {
  const { maxMs } = definition
  const outline = outlineOf(definition)
  const id = definitionId(definition)
  const transition = prepareTables(definition, outline, prepareTransition(machine))
  const parts: Parts = { definition, outline, transition: watched(transition, watcher) }
  return {
    id,
    outline,
    create: (input, startedMs, secret) => ({
      definition: id,
      input,
      startedMs,
      value: "new",
      seq: 0,
      items: {},
      results: {},
      sent: {},
      open: {},
      ...(secret === undefined ? {} : { secret }),
      ...(maxMs === undefined ? {} : { deadlineMs: startedMs + maxMs }),
    }),
    decide(row, event, at) {
      try {
        if (row.definition.hash !== id.hash && event.type !== "kill") return mismatch(row, event, [id], at)
        return decideEvent(parts, row, event, at)
      } catch (error) {
        if (error instanceof AssertionFailed) throw error
        return park(row, poisoned(row, error, at))
      }
    },
  }
}

function watched(transition: Parts["transition"], watcher: Watcher | undefined): Parts["transition"] {
  if (watcher === undefined) return transition
  return (state, event) => {
    const taken = transition(state, event)
    watcher(state, event, taken.next)
    return taken
  }
}

/** A definition that did not start a saga does nothing to it but end it. `here`: the versions that this process has. */
export function mismatch(row: SagaRow, event: CoreEvent, here: readonly DefinitionId[], at: Moment): Step {
  const parked = mismatched(row, here, at)
  if (row.parked === undefined || event.type === "resume") return park(row, parked)
  return refuse(row, "version-mismatch", parked.message)
}

/** The hash covers name, version and the shape of the steps. */
export function definitionId(definition: SagaDefinition): DefinitionId {
  const { name, version } = definition
  return { name, version, hash: shapeHash(definition) }
}

/** Of what a saga under way depends on. Not of the compiled machine: another wording in it must not park anyone. */
function shapeHash({ name, version, body }: SagaDefinition): string {
  return digest(JSON.stringify([name, version, body.map(shapeOf)])).slice(0, 16)
}

function shapeOf(node: SagaNode): Json {
  switch (node.type) {
    case "step":
      return [node.name, node.kind, node.place, node.undo !== "nothing"]
    case "wait":
      return [node.name, node.for, node.place, node.onTimeout]
    case "choice":
      return [node.name, "choice", node.yes.map(shapeOf), node.no.map(shapeOf)]
    case "parallel":
      return [node.name, node.until, node.branches.map(({ name, body }) => [name, body.map(shapeOf)])]
    case "loop":
      return [node.name, "loop", node.roundsMax, node.body.map(shapeOf)]
  }
}

function decideEvent(parts: Parts, row: SagaRow, event: CoreEvent, at: Moment): Step {
  switch (event.type) {
    case "start":
      return row.value === "new" && row.parked === undefined ? begin(parts, row, at) : quiet(row)
    case "reply":
    case "timer":
      return row.parked === undefined ? onNews(parts, row, event, at) : quiet(row)
    case "arrival":
      return arrive(parts, row, event, at)
    default:
      return decideOrder(parts, row, event, at)
  }
}

/** A reply or a timer: whatever is not of something that is open changes nothing. */
function onNews(parts: Parts, row: SagaRow, event: CoreEvent & { type: "reply" | "timer" }, at: Moment): Step {
  const { effect } = event
  if (effect === deadlineTimer) return onDeadline(parts, row, at)
  const slot = findSlot(row, at.self, effect)
  const open = slot === undefined ? undefined : row.open[slot]
  if (slot === undefined || open === undefined) return quiet(row)
  const node = activityNamed(parts.outline, parseInstance(open.step).name)
  const how = {
    sendAgain: (next: SagaRow) => sendOpen(parts.outline, next, [slot], at.self),
    settle: (settled: ProgressEvent) => advance(parts, row, slot, settled, at),
  }
  if (node.type === "wait") {
    return event.type === "reply" ? quiet(row) : follow(row, slot, onWaitOver(open, event.dueMs, node), how)
  }
  const trying = { node, effect, doomed: isDoomed(parts.outline, row, open), nowMs: at.nowMs }
  const verdict = event.type === "reply" ? onReply(open, event.outcome, trying) : onTimer(open, event.dueMs, trying)
  return follow(row, slot, verdict, how)
}

/** A saga that takes too long is turned back, as long as it can be. */
function onDeadline(parts: Parts, row: SagaRow, at: Moment): Step {
  const { deadlineMs: _, ...rest } = row
  if (row.failure !== undefined || isPastPivot(parts.outline, row)) return quiet(rest)
  const detail = `it was under way for more than ${at.nowMs - row.startedMs} ms`
  return advance(parts, row, undefined, { kind: "cancel", code: "SAGA_TIMEOUT", detail }, at)
}
