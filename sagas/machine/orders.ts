// What callers and operators may want of a saga under way: cancel, kill, pause, resume, try now, skip a step, compensate
// from here, give an undo up, change something. Each is accepted, or refused with a code that says why.
import { InvalidInput } from "../../runtime/kernel/fault.ts"
import { limits } from "../../runtime/kernel/limits.ts"
import type { Json } from "../../runtime/message/json.ts"
import { parse, SchemaMismatch } from "../../runtime/message/schema.ts"
import { parseInstance, stepNamed } from "../definition/outline.ts"
import { advance, begin, type Parts, takeWhatCame } from "./advance.ts"
import { sendOpen } from "./commands.ts"
import { firstTry, tryAgain } from "./delivery.ts"
import { call, contextOf } from "./functions.ts"
import { type OpenCommand, progressOf, type SagaRow } from "./row.ts"
import type { Slot } from "./slots.ts"
import { isPastPivot } from "./standing.ts"
import { kill, type Moment, pausedMark, quiet, refuse, type Step } from "./stop.ts"

export type Order =
  /** Turns the saga back. Refused from the pivot on. */
  | { readonly type: "cancel"; readonly code?: string; readonly detail?: Json }
  /** Ends it as it is: nothing is undone. */
  | { readonly type: "kill" }
  /** Sends nothing, and takes nothing, until it is resumed. */
  | { readonly type: "pause" }
  /** Lets a paused or a parked saga go on. */
  | { readonly type: "resume" }
  /** Ends the pauses before further tries. */
  | { readonly type: "retryNow" }
  /** Says how the command of a step went that is under way or has failed: it counts as done. */
  | { readonly type: "skip"; readonly step: string; readonly value: Json }
  /** Undoes what can be undone, also from the pivot on. */
  | { readonly type: "compensate" }
  /** Gives up the undo that is under way or has failed. */
  | { readonly type: "abandonUndo" }
  | { readonly type: "update"; readonly name: string; readonly payload: Json }

export function decideOrder(parts: Parts, row: SagaRow, order: Order, at: Moment): Step {
  switch (order.type) {
    case "cancel":
      return cancel(parts, row, order, at)
    case "compensate":
      if (row.failure !== undefined) return refuse(row, "compensating", "it is being undone already")
      return turnBack(parts, row, "compensated-by-operator", null, at)
    case "kill":
      return kill(row, at)
    case "pause":
      return pause(row, at)
    case "resume":
      return row.parked === undefined ? refuse(row, "not-parked", "it is under way") : resume(parts, row, at)
    case "retryNow":
      return retryNow(parts, row, at)
    case "skip":
      return skipStep(parts, row, order, at)
    case "abandonUndo":
      return abandonUndo(parts, row, at)
    case "update":
      return update(parts, row, order, at)
  }
}

function cancel(parts: Parts, row: SagaRow, order: Order & { type: "cancel" }, at: Moment): Step {
  if (row.failure !== undefined) return refuse(row, "compensating", "it is being undone already")
  if (isPastPivot(parts.outline, row))
    return refuse(row, "past-pivot", "its pivot was sent, and it is not turned back any more")
  const { code = "cancelled", detail = null } = order
  return turnBack(parts, row, code, detail, at)
}

function turnBack(parts: Parts, row: SagaRow, code: string, detail: Json, at: Moment): Step {
  return goOn(parts, row, at, (free) => advance(parts, free, undefined, { kind: "cancel", code, detail }, at))
}

/**
 * A saga that stood still has heard nothing meanwhile. What has a time is left to it; what has none, as a child saga, is
 * asked for again.
 */
function goOn(parts: Parts, row: SagaRow, at: Moment, go: (free: SagaRow) => Step): Step {
  if (row.parked === undefined) return go(row)
  const { parked: _, ...free } = row
  const step = go(free)
  const { row: next } = step
  if ("ended" in next || next.parked !== undefined) return step
  const isStillOpen = ([slot, open]: [Slot, OpenCommand]) => open === row.open[slot] && open.dueMs === undefined
  const again = Object.entries(next.open).filter(isStillOpen)
  return { ...step, send: [...again.flatMap(([slot]) => sendIfPossible(parts, next, slot, at)), ...step.send] }
}

/** What made a saga stand still may be the function that would write this command. */
function sendIfPossible({ outline }: Parts, row: SagaRow, slot: Slot, { self }: Moment): Step["send"] {
  try {
    return sendOpen(outline, row, [slot], self)
  } catch (error) {
    if (error instanceof InvalidInput) return []
    throw error
  }
}

/** The row without its mark, and what is open in it at the first of its tries. */
function withAllTries({ outline }: Parts, row: SagaRow, at: Moment): SagaRow {
  const { parked: _, ...rest } = row
  const open = Object.fromEntries(
    Object.entries(row.open).map(([slot, command]): [Slot, OpenCommand] => {
      const { step, item, direction } = command
      if (direction === "wait") return [slot, command]
      return [slot, firstTry(stepNamed(outline, parseInstance(step).name), { step, item, direction }, at.nowMs)]
    }),
  )
  return { ...rest, open }
}

/** Like a parked saga, it takes no reply and no timer; who waits for its end goes on waiting. */
function pause(row: SagaRow, at: Moment): Step {
  if (row.parked !== undefined) return refuse(row, "parked", `it stands still already: ${row.parked.code}`)
  return quiet({ ...row, parked: pausedMark(row, at) })
}

/** Clears the mark and sends whatever is open again, with all its tries; a saga that never got going starts. */
function resume(parts: Parts, row: SagaRow, at: Moment): Step {
  const next = withAllTries(parts, row, at)
  if (row.value === "new") return begin(parts, next, at)
  return takeWhatCame(parts, { ...quiet(next), send: sendOpen(parts.outline, next, Object.keys(next.open), at.self) }, at)
}

function retryNow(parts: Parts, row: SagaRow, at: Moment): Step {
  if (row.parked !== undefined) return refuse(row, "parked", "it is parked: resume it")
  const pausing = Object.entries(row.open).filter(([, { fault }]) => fault !== undefined)
  if (pausing.length === 0) return refuse(row, "not-pausing", "none of its commands waits for its next try")
  const open = { ...row.open }
  for (const [slot, command] of pausing) {
    const verdict = tryAgain(command, stepNamed(parts.outline, parseInstance(command.step).name), at.nowMs)
    if (verdict.type === "send") open[slot] = verdict.open
  }
  const next = { ...row, open }
  return {
    ...quiet(next),
    send: sendOpen(
      parts.outline,
      next,
      pausing.map(([slot]) => slot),
      at.self,
    ),
  }
}

/** Of several commands of the step that are open the first one; the others stay open. */
function skipStep(parts: Parts, row: SagaRow, { step: name, value }: Order & { type: "skip" }, at: Moment): Step {
  const isMeant = ({ direction, step }: OpenCommand) => direction === "do" && parseInstance(step).name === name
  const found = Object.entries(row.open).find(([, open]) => isMeant(open))
  if (found === undefined) return refuse(row, "not-open", `its step "${name}" is not under way and has not failed`)
  const [slot, { step, item }] = found
  return goOn(parts, row, at, (free) => advance(parts, free, slot, { kind: "done", step, item, value, by: "operator" }, at))
}

function abandonUndo(parts: Parts, row: SagaRow, at: Moment): Step {
  const found = Object.entries(row.open).find(([, { direction }]) => direction === "undo")
  if (found === undefined) return refuse(row, "not-open", "no undo is under way or has failed")
  const [slot, { step, item }] = found
  return goOn(parts, row, at, (free) => advance(parts, free, slot, { kind: "undone", step, item, by: "operator" }, at))
}

function update(parts: Parts, row: SagaRow, { name, payload }: Order & { type: "update" }, at: Moment): Step {
  const handler = Object.hasOwn(parts.definition.updates, name) ? parts.definition.updates[name] : undefined
  if (handler === undefined) return refuse(row, "unknown-update", `saga ${parts.definition.name} has no update "${name}"`)
  if (row.failure !== undefined) return refuse(row, "compensating", "it is being undone")
  let checked: unknown
  try {
    checked = parse(handler.schema, payload, `update ${name}`)
  } catch (error) {
    if (!(error instanceof SchemaMismatch)) throw error
    return refuse(row, "invalid-update", error.message)
  }
  const context = contextOf(parts.outline, progressOf(row, at.self))
  const code = call(`update ${name}`, () => handler.check(checked, context))
  if (code !== undefined) return refuse(row, code, null)
  const updates = row.updates ?? []
  if (updates.length >= limits.updatesPerSagaMax) return refuse(row, "too-many-updates", `it has taken ${updates.length}`)
  // Commands that were sent before are asked for again as they were: they see earlier updates only.
  const seq = row.seq + 1
  // cast: a schema's output; that it survives JSON is checked when the decision is
  return quiet({ ...row, seq, updates: [...updates, { name, payload: checked as Json, seq }] })
}
