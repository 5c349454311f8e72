// What callers and operators may want of a saga with a raw machine. What the machine can say for itself it is asked:
// `cancel`, `compensate`, and `resume` in a state with the tag "parked", are events of its own.
import type { Json } from "../../runtime/message/json.ts"
import { parseInstance } from "../definition/outline.ts"
import { firstTry, tryAgain } from "./delivery.ts"
import type { Order } from "./orders.ts"
import { begin, parkedTag, takeEarly, tell, type Told } from "./raw-advance.ts"
import { commandNamed, sendAgain } from "./raw-commands.ts"
import type { RawDefinition } from "./raw-definition.ts"
import { settle } from "./raw-replies.ts"
import { callOf, type RawRow } from "./raw-row.ts"
import type { OpenCommand } from "./row.ts"
import { kill, type Moment, pausedMark, quiet, refuse, type Step } from "./stop.ts"

export function decideRawOrder(definition: RawDefinition, row: RawRow, order: Order, at: Moment): Step {
  switch (order.type) {
    case "cancel":
      return askMachine(definition, row, { type: "cancel", code: order.code ?? "cancelled", detail: order.detail ?? null }, at)
    case "compensate":
      return askMachine(definition, row, { type: "compensate" }, at)
    case "kill":
      return kill(row, at)
    case "pause":
      if (row.parked !== undefined) return refuse(row, "parked", `it stands still already: ${row.parked.code}`)
      return quiet({ ...row, parked: pausedMark(row, at) })
    case "resume":
      return resume(definition, row, at)
    case "retryNow":
      return retryNow(definition, row, at)
    case "skip":
      return settleByHand(definition, row, { direction: "do", name: order.step, value: order.value }, at)
    case "abandonUndo":
      return settleByHand(definition, row, { direction: "undo", name: undefined, value: null }, at)
    case "update":
      return refuse(row, "unknown-update", `saga ${definition.name} is a machine and takes no updates; signal it`)
  }
}

/** Told to the machine if its state takes it. A parked saga goes on with that, and sends what is open again. */
export function askMachine(definition: RawDefinition, row: RawRow, told: Told, at: Moment): Step {
  const isNew = row.value === "new" && row.seq === 0
  if (isNew || !definition.machine.take(row, told).isAccepted) {
    const state = typeof row.value === "string" ? row.value : JSON.stringify(row.value)
    return refuse(row, "not-now", `its state ${state} takes no "${told.type}"`)
  }
  const reason = told.type === "cancel" && typeof told["code"] === "string" ? { reason: row.reason ?? told["code"] } : {}
  const step = tell(definition, { ...row, ...reason }, undefined, told, at)
  return row.parked === undefined ? step : sendWhatIsOpen(definition, row, step, at)
}

function resume(definition: RawDefinition, row: RawRow, at: Moment): Step {
  if (row.parked === undefined) return refuse(row, "not-parked", "it is under way")
  const { parked: _, ...rest } = row
  if (row.seq === 0) return begin(definition, rest, at)
  if (definition.machine.hasTag(row, parkedTag)) return askMachine(definition, row, { type: "resume" }, at)
  return takeEarly(definition, sendWhatIsOpen(definition, row, quiet(rest), at), at)
}

/** Replies that came while it was parked were not taken: what was open before and still is is sent again. */
function sendWhatIsOpen(definition: RawDefinition, before: RawRow, step: Step, at: Moment): Step {
  const row = step.row as RawRow // cast: a row of this core; the next line looks at its end
  if ("ended" in step.row || row.parked !== undefined) return step
  const effects = Object.keys(before.open).filter((effect) => callOf(row, effect) !== undefined)
  const open: Record<string, OpenCommand> = { ...row.open }
  for (const effect of effects) {
    const { step: instance, item, direction } = row.open[effect] ?? {}
    const src = callOf(row, effect)?.src
    if (instance === undefined || item === undefined || src === undefined || direction === undefined) continue
    if (direction !== "wait") {
      open[effect] = firstTry(commandNamed(definition, src), { step: instance, item, direction }, at.nowMs)
    }
  }
  const next = { ...row, open }
  return { ...step, row: next, send: [...sendAgain(definition, next, effects, at), ...step.send] }
}

function retryNow(definition: RawDefinition, row: RawRow, at: Moment): Step {
  if (row.parked !== undefined) return refuse(row, "parked", "it is parked: resume it")
  const open = { ...row.open }
  const pausing: string[] = []
  for (const [effect, command] of Object.entries(row.open)) {
    const src = callOf(row, effect)?.src
    if (command.fault === undefined || src === undefined) continue
    const verdict = tryAgain(command, commandNamed(definition, src), at.nowMs)
    if (verdict.type !== "send") continue
    open[effect] = verdict.open
    pausing.push(effect)
  }
  if (pausing.length === 0) return refuse(row, "not-pausing", "none of its commands waits for its next try")
  const next = { ...row, open }
  return { ...quiet(next), send: sendAgain(definition, next, pausing, at) }
}

interface ByHand {
  readonly direction: "do" | "undo"
  readonly name: string | undefined
  readonly value: Json
}

/** An operator says how an open command went. */
function settleByHand(definition: RawDefinition, row: RawRow, { direction, name, value }: ByHand, at: Moment): Step {
  const found = Object.entries(row.open).find(
    ([, open]) => open.direction === direction && (name === undefined || parseInstance(open.step).name === name),
  )
  if (found === undefined) return refuse(row, "not-open", name === undefined ? "no undo is open" : `"${name}" is not open`)
  const { parked: _, ...rest } = row
  const [effect] = found
  const step = settle(definition, rest, effect, { kind: "done", value }, at)
  return row.parked === undefined ? step : sendWhatIsOpen(definition, row, step, at)
}
