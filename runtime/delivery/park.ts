// Parking: what cannot be decided is set aside with its cause, its attempts and all that is needed to try it again. The
// row stays as it was. Its actor goes on with the next record, or waits for an operator, as its service declares.
import { describeError, Fault } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { Entry, ParkedEntry } from "../message/block.ts"
import type { EventMessage, Message } from "../message/message.ts"
import type { Outcome } from "../message/outcome.ts"
import type { Closing, ProcessSpan } from "../ports/telemetry.ts"
import { type Decided, decidedRecord, seal } from "./decided.ts"
import type { Delivery } from "./delivery.ts"
import { rememberedAttempt } from "./effect-memory.ts"
import { Outgoing } from "./outgoing.ts"
import { emptyRow, type Row } from "./row.ts"
import type { Task } from "./task.ts"

export interface Cause {
  readonly code: string
  readonly message: string
  readonly stack?: string
  readonly attempts: number
  readonly nowMs: number
}

/** Words for whatever a handler threw. */
export function causeOf(error: unknown, attempts: number, nowMs: number): Cause {
  const stack = error instanceof Error ? error.stack?.slice(0, limits.stackTextMax) : undefined
  const code = error instanceof Fault ? error.code : "HANDLER_THREW"
  return { code, message: describeError(error), ...(stack === undefined ? {} : { stack }), attempts, nowMs }
}

/** What telemetry may know of a fault: its code, and where it was thrown. The text may hold a user's data. */
export function failureOf({ code, stack }: Cause): Pick<Closing, "failure"> {
  const frames = stack?.split("\n").filter((line) => /^\s+at /.test(line)) ?? []
  return { failure: { code, frames: frames.join("\n") } }
}

/** Parks a record by its service's policy. */
export function parkTask(delivery: Delivery, task: Task, cause: Cause, span?: ProcessSpan): Decided {
  const waits = delivery.app.logics.get(task.message.to.service)?.onPark === "wait"
  return waits ? parkInMailbox(delivery, task, cause, span) : parkRecord(delivery, task, cause, span)
}

/** The record leaves its actor, which goes on; the sender is told. */
export function parkRecord(delivery: Delivery, task: Task, cause: Cause, span?: ProcessSpan): Decided {
  const { code, message: text } = cause
  const faulted: Outcome = { type: "faulted", code, message: text }
  const out = new Outgoing(delivery, span)
  const answers = out.reply(task.message, faulted)
  const timers: Entry["timers"] = task.message.type === "timer" ? [{ type: "clear", name: task.message.name }] : []
  const record = withSteps(delivery, task)
  const effects = mayHaveHappened(delivery, task, code) ? rememberedAttempt(rowOf(delivery, task), task.message) : []
  const entry: Entry = {
    from: task.from,
    ...(timers.length > 0 || effects.length > 0 || task.held !== undefined ? { to: task.message.to } : {}),
    by: decidedRecord(task.message),
    ...(effects.length > 0 ? { effects } : {}),
    ...(timers.length > 0 ? { timers } : {}),
    ...(task.held === undefined ? {} : { took: task.held }),
    ...out.entry(),
    parked: parkedEntry(delivery, { ...task, message: record }, cause),
  }
  return seal(entry, span, { outcome: faulted, parked: { code, message: text }, ...failureOf(cause) }, answers)
}

/** Its handler does I/O and was called, here or by an owner before: what it did outside is not known. */
function mayHaveHappened({ app, partition }: Delivery, { message, called, held, row }: Task, code: string): boolean {
  if (app.logics.get(message.to.service)?.io?.policy(message) === undefined) return false
  const attempts = held === undefined ? 0 : (partition.held.of(row).get(held)?.attempts ?? 0)
  return called === true || attempts > 0 || code === killedProcess
}

function rowOf({ partition }: Delivery, { row }: Task): Row {
  return partition.rows.get(row) ?? emptyRow()
}

/** The record stays at the front of its actor's mailbox, and nobody is told an outcome: there is none yet. */
function parkInMailbox(delivery: Delivery, task: Task, cause: Cause, span?: ProcessSpan): Decided {
  const { code, message } = cause
  const id = recordName(delivery, task)
  const entry = hold(delivery, task, { attempts: cause.attempts, dueMs: 0, parked: true })
  const parked = { ...parkedEntry(delivery, task, cause), id, ...(task.held === undefined ? {} : { waits: task.held }) }
  return seal({ ...entry, parked }, span, { parked: { code, message }, ...failureOf(cause) })
}

/** The code of a record under which processes ended (R13). */
export const killedProcess = "KILLED_PROCESS"

/** A record that is parked because it kills, and is sent again without an operator's word, is parked again unseen. */
export function parkKnownKiller(delivery: Delivery, task: Task, nowMs: number): Decided | undefined {
  const { parked } = delivery.partition
  if (parked.size === 0 || task.held !== undefined || task.message.type !== "command") return undefined
  const known = parked.get(task.message.effect)
  if (known?.code !== killedProcess) return undefined
  return parkRecord(delivery, task, { code: known.code, message: known.message, attempts: known.attempts ?? 0, nowMs })
}

interface Note {
  readonly attempts: number
  readonly dueMs: number
  readonly parked?: true
}

/** Puts a record into its actor's durable mailbox, or changes what is noted of it there (R6). */
export function hold(delivery: Delivery, task: Task, note: Note): Entry {
  const { row, message, from } = task
  const { held } = delivery.partition
  const number = task.held ?? held.nextNumber(row)
  const steps = held.of(row).get(number)?.steps ?? ("steps" in message ? message.steps : undefined)
  const timers: Entry["timers"] =
    message.type === "timer" && task.held === undefined ? [{ type: "clear", name: message.name }] : []
  leaveMemory(delivery, task)
  task.held = number
  task.from = []
  return {
    from,
    to: message.to,
    by: decidedRecord(message),
    ...(timers.length > 0 ? { timers } : {}),
    hold: [number, { message, ...note, ...(steps === undefined ? {} : { steps }) }],
  }
}

/** A record in the durable mailbox counts against its bound, any other against that of the records in memory. */
export function leaveMemory(delivery: Delivery, task: Task): void {
  if (task.held === undefined) delivery.undecidedCount -= 1
}

function parkedEntry(delivery: Delivery, task: Task, { nowMs: atMs, ...cause }: Cause): ParkedEntry {
  return { id: recordName(delivery, task), ...cause, atMs, record: task.message }
}

/** Names a record: the effect key of a command; of anything else, where it came from. */
export function recordName({ partition }: Delivery, { message, row, from, held }: Task): string {
  if (message.type === "command") return message.effect
  if (message.type === "event") return `${message.source}/${message.id} ${row}${generationText(message)}`
  if (message.type === "timer") return `${row} ${message.name} ${message.dueMs}`
  const place = from.length > 0 ? from.map((mark) => mark.join("#")).join(" ") : `#${held ?? partition.blockNumber}`
  return `${row} ${place}`
}

/** What a reset delivers again is another record (R23). */
function generationText({ generation = 1 }: EventMessage): string {
  return generation === 1 ? "" : ` .${generation}`
}

/** What its handler has done already goes along, and is not done again when the record is redriven. */
function withSteps({ partition }: Delivery, { message, row, held }: Task): Message {
  const steps = held === undefined ? undefined : partition.held.of(row).get(held)?.steps
  return steps === undefined || !(message.type === "command" || message.type === "event") ? message : { ...message, steps }
}
