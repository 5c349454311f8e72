// One transition of the machine, and what it asks for: commands to send, waits to begin, undos, or the end. What a wait had
// been waiting for already is told the machine at once, in a transition of its own.
import { assert } from "../../runtime/kernel/assert.ts"
import type { OutgoingCommand } from "../../runtime/actor/logic.ts"
import type { SagaDefinition } from "../definition/definition.ts"
import { type Outline, parseInstance } from "../definition/outline.ts"
import { sendStep, sendUndo, type Sent } from "./commands.ts"
import type { ActionConfig } from "./config.ts"
import { isUnderWay, nextToUndo, type Progress, type ProgressEvent, type UndoScope } from "./progress.ts"
import { type OpenCommand, progressOf, type SagaRow } from "./row.ts"
import type { Slot } from "./slots.ts"
import { end, halted, type Moment, park, quiet, type Step } from "./stop.ts"
import type { StateValue, Transition } from "./transition.ts"
import { beginWait, dropWaits, takeEarly } from "./waits.ts"

export interface Parts {
  readonly definition: SagaDefinition
  readonly outline: Outline
  readonly transition: (state: { value: StateValue; context: Progress }, event: ProgressEvent) => Transition
}

/** How often one event may be followed by what had come early: every wait of a saga, and every round of its loops. */
const stepsPerEventMax = 10_000

export function begin(parts: Parts, row: SagaRow, at: Moment): Step {
  return advance(parts, row, undefined, { kind: "start" }, at)
}

/** `settled` is the slot of what the event settles. */
export function advance(parts: Parts, row: SagaRow, settled: Slot | undefined, event: ProgressEvent, at: Moment): Step {
  return takeWhatCame(parts, transit(parts, row, settled, event, at), at)
}

/** Tells waits that are open what came for them before. */
export function takeWhatCame(parts: Parts, before: Step, at: Moment): Step {
  let step = before
  for (let count = 0; !("ended" in step.row) && step.row.parked === undefined; count += 1) {
    assert(count < stepsPerEventMax, "a saga comes to rest")
    const early = takeEarly(parts.outline, step.row)
    if (early === undefined) break
    const next = transit(parts, early.row, early.slot, early.event, at)
    step = { ...next, send: [...step.send, ...next.send] }
  }
  return step
}

function transit(parts: Parts, row: SagaRow, settled: Slot | undefined, event: ProgressEvent, at: Moment): Step {
  const { definition, outline } = parts
  const before = { value: row.value, context: progressOf(row, at.self) }
  const { next, actions, ignored } = parts.transition(before, event)
  assert(!ignored, `state ${JSON.stringify(row.value)} of saga ${definition.name} takes the event ${event.kind}`)
  const parking = actions.find((action) => action.type === "park")
  if (parking !== undefined) {
    const command = settled === undefined ? undefined : row.open[settled]
    return park(row, halted(row, parking.params.code, command, event, at))
  }
  const moved = carryOut(parts, row, moveOn(row, settled, next), actions, at)
  const { value } = moved.row
  if (value === "completed" || value === "compensated") return end(definition, outline, moved.row, value, at)
  return { ...quiet(moved.row), send: moved.send }
}

function moveOn(row: SagaRow, settled: Slot | undefined, { value, context }: Transition["next"]): SagaRow {
  const { items, results, rounds, lost, failure } = context
  // Field by field: taking fields out of an object, by rest or by delete, makes it slow to use and to encode.
  return {
    ...row,
    items,
    results,
    ...(rounds && { rounds }),
    ...(lost && { lost }),
    ...(failure && { failure }),
    value,
    seq: row.seq + 1,
    open: settled === undefined ? row.open : without(row.open, settled),
  }
}

function without(open: SagaRow["open"], settled: Slot): SagaRow["open"] {
  const rest: Record<Slot, OpenCommand> = {}
  for (const slot in open) if (slot !== settled && open[slot] !== undefined) rest[slot] = open[slot]
  return rest
}

/** Effect keys count through everything that one transition sends. */
function carryOut({ outline }: Parts, before: SagaRow, moved: SagaRow, actions: readonly ActionConfig[], at: Moment): Sent {
  // A loop may pass several rounds at once: what is sent is of the round in which it was planned.
  const planned = Object.keys(moved.items).filter((instance) => !Object.hasOwn(before.items, instance))
  let row = moved
  let count = 0
  const send: OutgoingCommand[] = []
  const take = (sent: Sent, used: number) => {
    row = sent.row
    send.push(...sent.send)
    count += used
  }
  for (const action of actions) {
    if (action.type === "send" || action.type === "await") {
      const index = planned.findIndex((instance) => parseInstance(instance).name === action.params.step)
      const [instance] = planned.splice(index, 1)
      assert(index !== -1 && instance !== undefined, `step ${action.params.step} was planned before it is begun`)
      if (action.type === "send") take(sendStep(outline, row, instance, count, at), row.items[instance]?.length ?? 0)
      else take({ row: beginWait(outline, row, instance, count, at), send: [] }, 1)
    }
    if (action.type === "undo") {
      row = dropWaits(outline, row, action.params, at)
      const undo = undoDue(outline, begunOf(row, planned), action.params, at)
      if (undo !== undefined) take(sendUndo(outline, row, undo, count, at), 1)
    }
  }
  return { row, send }
}

/** What comes later in the same transition, as the next round of a loop does, has nothing yet that could be undone. */
function begunOf(row: SagaRow, planned: readonly string[]): SagaRow {
  if (planned.length === 0) return row
  return { ...row, items: Object.fromEntries(Object.entries(row.items).filter(([instance]) => !planned.includes(instance))) }
}

/** One undo at a time, and none before what is under way has settled. */
function undoDue(outline: Outline, row: SagaRow, scope: UndoScope, at: Moment): ReturnType<typeof nextToUndo> {
  const progress = progressOf(row, at.self)
  if (isUnderWay(outline, progress, scope)) return undefined
  if (Object.values(row.open).some(({ direction }) => direction === "undo")) return undefined
  return nextToUndo(outline, progress, scope)
}
