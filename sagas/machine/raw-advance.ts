// One transition of a raw machine, and what it asks for: commands, delays, facts, the end, or an operator. Leaving a state
// withdraws what it invoked: its reply is not waited for any more, and what it did may have happened all the same.
import { InvalidInput } from "../../runtime/kernel/fault.ts"
import { limits } from "../../runtime/kernel/limits.ts"
import type { OutgoingCommand } from "../../runtime/actor/logic.ts"
import type { Event } from "../../runtime/message/contract.ts"
import type { Json } from "../../runtime/message/json.ts"
import type { EffectKey } from "../../runtime/message/message.ts"
import { effectKey } from "./commands.ts"
import { call } from "./functions.ts"
import { sendInvoked } from "./raw-commands.ts"
import type { RawDefinition } from "./raw-definition.ts"
import type { Moved, Request } from "./raw-machine.ts"
import { callOf, type Delayed, type RawRow, withoutOpen } from "./raw-row.ts"
import type { OpenCommand } from "./row.ts"
import { type Moment, parentsOf, park, participants, quiet, standsText, type Step } from "./stop.ts"

/** Something that the machine is told. */
export type Told = { readonly type: string; readonly [field: string]: unknown }

export function begin(definition: RawDefinition, row: RawRow, at: Moment): Step {
  const { input } = row
  const moved = definition.machine.begin({ sagaId: at.self.key, input })
  return takeEarly(definition, follow(definition, row, moved, at), at)
}

/** `settled` is the open effect that the event settles. An event that the machine does not take changes nothing else. */
export function tell(definition: RawDefinition, row: RawRow, settled: EffectKey | undefined, told: Told, at: Moment): Step {
  const rest = settled === undefined ? row : withoutOpen(row, (effect) => effect === settled)
  const moved = definition.machine.take(rest, told)
  return moved.isAccepted ? takeEarly(definition, follow(definition, rest, moved, at), at) : quiet(rest)
}

/** What came before its state: told now, if the state that was reached takes it. */
export function takeEarly(definition: RawDefinition, from: Step, at: Moment): Step {
  let step = from
  for (;;) {
    const row = step.row as RawRow // cast: only the decisions of this file made it; the next line looks at its end
    if ("ended" in step.row || row.parked !== undefined || row.early === undefined) return step
    const next = takeOneEarly(definition, row, at)
    if (next === undefined) return step
    step = { ...next, send: [...step.send, ...next.send], emit: [...step.emit, ...next.emit] }
  }
}

function takeOneEarly(definition: RawDefinition, row: RawRow, at: Moment): Step | undefined {
  for (const [name, [payload, ...rest]] of Object.entries(row.early ?? {})) {
    const moved = definition.machine.take(row, eventOf(name, payload ?? null))
    if (!moved.isAccepted) continue
    const { [name]: _, ...others } = row.early ?? {}
    const early = rest.length === 0 ? others : { ...others, [name]: rest }
    return follow(definition, { ...row, early }, moved, at)
  }
  return undefined
}

/** A signal or a fact, as the machine is told of it. */
export function eventOf(type: string, payload: Json): Told {
  return { type, payload }
}

function follow(definition: RawDefinition, row: RawRow, moved: Moved, at: Moment): Step {
  const { value, context, history } = moved
  const moving = { ...unmarked(row), value, context, seq: row.seq + 1 }
  const next = history === undefined ? moving : { ...moving, history }
  const { send, emit, row: after } = carryOut(definition, next, moved, at)
  if (moved.isDone) return { ...end(after, moved, at), emit }
  if (!moved.tags.has(parkedTag)) return { ...quiet(after), send, emit }
  const message = `${standsText(after, at)}: its machine waits for an operator, who may signal it or resume it`
  return { ...park(after, { code: "MACHINE_PARKED", message }), send, emit }
}

/** Without what the transition says anew. Taking fields out of an object is slow, and there is seldom one. */
function unmarked(row: RawRow): RawRow {
  if (row.parked === undefined && row.history === undefined) return row
  const { history: _, parked: __, ...rest } = row
  return rest
}

export const parkedTag = "parked"

interface CarriedOut {
  readonly row: RawRow
  readonly send: readonly OutgoingCommand[]
  readonly emit: readonly Event[]
}

/** Effect keys count through all that one transition asks for. */
function carryOut(definition: RawDefinition, from: RawRow, moved: Moved, at: Moment): CarriedOut {
  let row = from
  let count = 0
  const emit: Event[] = []
  const invoked = new Map<string, Request & { readonly type: "invoke" }>()
  for (const request of moved.requests) {
    switch (request.type) {
      case "invoke":
        // A state that is entered anew invokes anew.
        row = withoutInvoke(row, request.id)
        invoked.delete(request.id)
        invoked.set(request.id, request)
        break
      case "delay":
        row = delay(row, request, effectKey(at.self, row.seq, count), at)
        count += 1
        break
      case "cancel":
        row = withoutDelay(row, request.id)
        break
      case "emit":
        emit.push(factOf(definition, request.event))
    }
  }
  row = withoutLeft(row, moved)
  if (moved.isDone) return { row, send: [], emit }
  const send: OutgoingCommand[] = []
  for (const request of invoked.values()) {
    if (!moved.invoked.has(request.id)) continue
    const sent = sendInvoked(definition, row, request, count, at)
    count += 1
    row = sent.row
    send.push(...sent.send)
  }
  if (Object.keys(row.open).length > limits.machineOpenMax)
    throw new InvalidInput(`more than ${limits.machineOpenMax} commands and delays are open at once`)
  return { row, send, emit }
}

function withoutInvoke(row: RawRow, id: string): RawRow {
  return withoutOpen(row, (effect) => callOf(row, effect)?.invoke === id)
}

/** Without what states invoked that it has left. */
function withoutLeft(row: RawRow, { invoked }: Moved): RawRow {
  return withoutOpen(row, (effect) => {
    const called = callOf(row, effect)
    return called !== undefined && !invoked.has(called.invoke)
  })
}

function withoutDelay(row: RawRow, id: string): RawRow {
  return withoutOpen(row, (_, { direction, step }) => direction === "wait" && step === id)
}

/** One delay of each id, as of each actor's timer. */
function delay(row: RawRow, { id, event, delayMs }: Request & { type: "delay" }, effect: EffectKey, { nowMs }: Moment): RawRow {
  const rest = id === undefined ? row : withoutDelay(row, id)
  const open: OpenCommand = { step: id ?? event.type, item: 0, direction: "wait", attempt: 1, dueMs: nowMs + delayMs }
  const delayed: Delayed = { event: { ...event } }
  return { ...rest, open: { ...rest.open, [effect]: open }, calls: { ...rest.calls, [effect]: delayed } }
}

/** `emit({ type: "OrderConfirmed", ...payload })` is the fact of that name. */
export function factOf({ emits }: Pick<RawDefinition, "emits">, { type, ...payload }: { readonly type: string }): Event {
  const contract = emits.find(({ eventName }) => eventName === type)
  if (contract === undefined) throw new InvalidInput(`it emits "${type}" and does not declare it in \`emits\``)
  return call(`emit ${type}`, () => contract(payload))
}

function end(row: RawRow, moved: Moved, at: Moment): Step {
  const outcome = outcomeOf(moved)
  const reason = outcome === "compensated" ? reasonOf(row, moved) : undefined
  const ended = {
    outcome,
    ...(reason === undefined ? {} : { reason }),
    // cast: that it survives JSON is checked when the decision is
    ...(outcome === "compensated" || moved.output === undefined ? {} : { result: moved.output as Json }),
    startedMs: row.startedMs,
    endedMs: at.nowMs,
  }
  const parents = parentsOf(row)
  const kept = { ...(row.orders && { orders: row.orders }), ...(parents.length === 0 ? {} : { parents }) }
  return { row: { ended, ...kept }, send: [], emit: [], release: participants(row) }
}

function outcomeOf({ finals, tags }: Moved): "completed" | "compensated" {
  for (const outcome of ["compensated", "completed"] as const) if (tags.has(outcome)) return outcome
  for (const outcome of ["compensated", "completed"] as const) if (finals.includes(outcome)) return outcome
  throw new InvalidInput(`its final state ${finals.join(", ")} is neither "completed" nor "compensated", by name or by tag`)
}

function reasonOf({ reason }: RawRow, { output }: Moved): string | undefined {
  const told: unknown = typeof output === "object" && output !== null && "reason" in output ? output.reason : undefined
  return typeof told === "string" ? told : reason
}
