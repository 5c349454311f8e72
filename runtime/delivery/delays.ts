// What time says about a command or an event before its handler is asked: one that is not due waits as a timer of its
// actor, durable and cancellable; when it is due it is sent on its way again, as a record of its own. One that is late is
// parked.
import type { Entry } from "../message/block.ts"
import type { Json } from "../message/json.ts"
import { type CommandMessage, eventId, type EventMessage, type Message, type TimerMessage } from "../message/message.ts"
import type { Outcome } from "../message/outcome.ts"
import { type Decided, decidedRecord, seal } from "./decided.ts"
import type { Delivery } from "./delivery.ts"
import { rememberedEvent } from "./effect-memory.ts"
import { Outgoing } from "./outgoing.ts"
import { parkRecord } from "./park.ts"
import type { Row } from "./row.ts"
import type { Task } from "./task.ts"

const prefix = "$later:"

/** A decision without a handler, for a record that is too early or too late; `undefined` for any other. */
export function decideUntimely(delivery: Delivery, task: Task, row: Row, nowMs: number): Decided | undefined {
  const { message } = task
  if (message.type !== "command" && message.type !== "event") return undefined
  if (message.expiresMs !== undefined && nowMs >= message.expiresMs) {
    const late = nowMs - message.expiresMs
    const text = `"${message.name}" for ${task.row} expired ${late} ms before it could be carried out; it is parked`
    return parkRecord(delivery, task, { code: "EXPIRED", message: text, attempts: 0, nowMs })
  }
  if (message.dueMs === undefined || nowMs >= message.dueMs) return undefined
  const { dueMs, ...due } = message
  const name = prefix + (message.type === "event" ? eventId(message) : message.effect)
  // Asked twice: the first stands, and its requester is told.
  if (row.timers.has(name)) return seal({ ...marksOf(task), to: message.to })
  return seal({ ...marksOf(task), to: message.to, timers: [keptAsTimer(name, dueMs, due)] })
}

/** A record that is kept whole, as a timer of its actor. */
export function keptAsTimer(
  name: string,
  dueMs: number,
  record: CommandMessage | EventMessage,
): NonNullable<Entry["timers"]>[number] {
  const trace = record.trace === undefined ? {} : { trace: record.trace }
  // cast: a message is JSON; it was read from it
  return { type: "set", name, dueMs, payload: record as unknown as Json, ...trace }
}

/** A delayed record whose time has come: an ordinary one again. */
export function isDelayed(message: Message): message is TimerMessage {
  return message.type === "timer" && message.name.startsWith(prefix)
}

export function sendDelayed(delivery: Delivery, task: Task, timer: TimerMessage): Decided {
  const out = new Outgoing(delivery, undefined)
  out.redrive(timer.payload as unknown as Message) // cast: keptAsTimer stored a record
  return seal({ ...marksOf(task), to: timer.to, timers: [{ type: "clear", name: timer.name }], ...out.entry() })
}

/** Cancels the delayed record that is named; who waits for it is told, and so is who cancels. */
export function cancelDelayed(delivery: Delivery, task: Task, row: Row, message: CommandMessage): Decided {
  const out = new Outgoing(delivery, undefined)
  const name = prefix + effectNamed(message.payload)
  const delayed = row.timers.get(name)
  const outcome: Outcome = { type: "done", value: delayed !== undefined }
  const answers = [...out.reply(message, outcome)]
  const entry = { ...marksOf(task), to: message.to }
  if (delayed === undefined) return seal({ ...entry, ...out.entry() }, undefined, { outcome }, answers)
  const cancelled: Outcome = { type: "refused", code: "cancelled", detail: null }
  const record = delayed.payload as unknown as Message // cast: keptAsTimer stored a record
  answers.push(...out.reply(record, cancelled))
  // A publisher's repetition of it must not set it anew.
  const effects = rememberedEvent(record)
  const changes = { timers: [{ type: "clear" as const, name }], ...(effects.length === 0 ? {} : { effects }) }
  return seal({ ...entry, ...changes, ...out.entry() }, undefined, { outcome }, answers)
}

/** What the decision on a record moves on, wherever the record waited, and what it was. */
export function marksOf({ message, from, held }: Task): Pick<Entry, "from" | "took" | "by"> {
  const by = decidedRecord(message)
  return held === undefined ? { from, by } : { from, by, took: held }
}

/** The effect that a cancelling command names. */
export function effectNamed(payload: Json): string {
  if (typeof payload !== "object" || payload === null || !("effect" in payload)) return ""
  return typeof payload.effect === "string" ? payload.effect : ""
}
