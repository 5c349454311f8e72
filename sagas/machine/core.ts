// The pure core of a saga: (row, event, time) -> (row', what to send). It fences, retries and times out the commands
// that are open, and asks the machine only when one of them has settled. What throws parks the saga with the row as it
// was before the event, so that resuming sends the open commands again and hears the same answers again (R11).
import { AssertionFailed, assert } from "../../runtime/kernel/assert.ts"
import type { OutgoingCommand } from "../../runtime/actor/logic.ts"
import { digest } from "../../runtime/message/hash.ts"
import type { Json } from "../../runtime/message/json.ts"
import type { EffectKey } from "../../runtime/message/message.ts"
import type { Outcome } from "../../runtime/message/outcome.ts"
import { type SagaDefinition, stepNamed } from "../definition/definition.ts"
import { compile, type SagaMachine } from "./compile.ts"
import { sendFirst, sendOpen } from "./commands.ts"
import { firstTry, onReply, onTimer, type Verdict } from "./delivery.ts"
import type { Progress, ProgressEvent } from "./progress.ts"
import type { DefinitionId, SagaRow } from "./row.ts"
import { end, halted, mismatched, type Moment, park, poisoned, quiet, type Step } from "./stop.ts"
import { prepareTransition, type Transition } from "./transition.ts"

export type CoreEvent =
  | { readonly type: "start" }
  | { readonly type: "reply"; readonly effect: EffectKey; readonly outcome: Outcome }
  | { readonly type: "timer"; readonly effect: EffectKey; readonly dueMs: number }
  /** An operator lets a parked saga go on. */
  | { readonly type: "resume" }

export interface Core {
  readonly id: DefinitionId
  /** The row of a saga that has not started. */
  create(input: Json, startedMs: number): SagaRow
  /** Never throws because of the user's functions: that parks the saga as "POISON". */
  decide(row: SagaRow, event: CoreEvent, at: Moment): Step
}

interface Parts {
  readonly definition: SagaDefinition
  readonly id: DefinitionId
  readonly transition: (state: { value: string; context: Progress }, event: ProgressEvent) => Transition
}

export function createCore(definition: SagaDefinition, machine: SagaMachine = compile(definition)): Core {
  const { name, version } = definition
  const id = { name, version, hash: shapeHash(definition) }
  const parts: Parts = { definition, id, transition: prepareTransition(machine) }
  return {
    id,
    create: (input, startedMs) => {
      return { definition: id, input, startedMs, value: "new", seq: 0, items: {}, results: {}, sent: {}, open: {} }
    },
    decide(row, event, at) {
      try {
        if (row.parked !== undefined && event.type !== "resume") return quiet(row)
        if (row.definition.hash !== id.hash) return park(row, mismatched(row, id, at))
        return decideEvent(parts, row, event, at)
      } catch (error) {
        if (error instanceof AssertionFailed) throw error
        return park(row, poisoned(row, error, at))
      }
    },
  }
}

/** Of what a saga under way depends on. Not of the compiled machine: another wording in it must not park anyone. */
function shapeHash({ name, version, steps }: SagaDefinition): string {
  const shape = steps.map((step) => [step.name, step.kind, step.place, step.undo !== "nothing"])
  return digest(JSON.stringify([name, version, shape])).slice(0, 16)
}

function decideEvent(parts: Parts, row: SagaRow, event: CoreEvent, at: Moment): Step {
  switch (event.type) {
    case "start":
      return row.value === "new" ? advance(parts, row, undefined, { type: "start" }, at) : quiet(row)
    case "resume":
      return resume(parts, row, at)
    case "reply":
    case "timer": {
      const open = Object.hasOwn(row.open, event.effect) ? row.open[event.effect] : undefined
      if (open === undefined) return quiet(row)
      const step = stepNamed(parts.definition, open.step)
      const doomed = open.direction === "do" && row.failure !== undefined
      const trying = { step, doomed, nowMs: at.nowMs }
      const verdict = event.type === "reply"
        ? onReply(open, event.outcome, trying)
        : onTimer(open, event.dueMs, trying)
      return follow(parts, row, event.effect, verdict, at)
    }
  }
}

function follow(parts: Parts, row: SagaRow, effect: EffectKey, verdict: Verdict, at: Moment): Step {
  switch (verdict.type) {
    case "nothing":
      return quiet(row)
    case "pause":
      return quiet({ ...row, open: { ...row.open, [effect]: verdict.open } })
    case "send": {
      const next = { ...row, open: { ...row.open, [effect]: verdict.open } }
      return { ...quiet(next), send: sendOpen(parts.definition, next, [effect], at.self) }
    }
    case "settled":
      return advance(parts, row, effect, verdict.event, at)
  }
}

/** One transition of the machine; `settled` is the effect whose command the event settles. */
function advance(parts: Parts, row: SagaRow, settled: EffectKey | undefined, event: ProgressEvent, at: Moment): Step {
  const { items, results, failure, value } = row
  const context = { sagaId: at.self.key, input: row.input, items, results, ...(failure === undefined ? {} : { failure }) }
  const { next, actions, ignored } = parts.transition({ value, context }, event)
  assert(!ignored, `state ${value} of saga ${parts.id.name} takes the event ${event.type}`)
  const open = { ...row.open }
  if (settled !== undefined) delete open[settled]
  const { sagaId: _, input: __, ...progress } = next.context
  let moved: SagaRow = { ...row, ...progress, value: next.value, seq: row.seq + 1, open }
  const send: OutgoingCommand[] = []
  for (const action of actions) {
    if (action.type === "park") {
      const command = settled === undefined ? undefined : row.open[settled]
      return park(row, halted(row, action.params.code, command, event, at))
    }
    if (action.type !== "send") continue
    const step = stepNamed(parts.definition, action.params.step)
    const sent = sendFirst(parts.definition, moved, step, action.params.direction, at)
    moved = sent.row
    send.push(...sent.send)
  }
  if (next.value === "completed" || next.value === "compensated") return end(parts.definition, moved, next.value, at)
  return { ...quiet(moved), send }
}

/** Clears the mark and sends whatever is open again, with all its tries; a saga that never got going starts. */
function resume(parts: Parts, row: SagaRow, at: Moment): Step {
  if (row.parked === undefined) return quiet(row)
  const { parked: _, ...rest } = row
  if (row.value === "new") return advance(parts, rest, undefined, { type: "start" }, at)
  const open = Object.fromEntries(
    Object.entries(row.open).map(([effect, { step, item, direction }]) => {
      return [effect, firstTry(stepNamed(parts.definition, step), item, direction, at.nowMs)]
    }),
  )
  const next = { ...rest, open }
  return { ...quiet(next), send: sendOpen(parts.definition, next, Object.keys(open), at.self) }
}
