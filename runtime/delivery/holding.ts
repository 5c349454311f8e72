// Events that come before their actor can take them, as its `ready` says. They are held aside, durable, while the actor
// goes on with other records; when its state has changed and allows it, they are taken, in the order in which they came.
// What is held for too long is parked. A held event is a timer of its actor that is due when that time is over.
import type { ActorLogic } from "../actor/logic.ts"
import { limits } from "../kernel/limits.ts"
import type { Entry } from "../message/block.ts"
import type { Json } from "../message/json.ts"
import { eventId, type EventMessage, type Message, type TimerMessage } from "../message/message.ts"
import { type Decided, seal } from "./decided.ts"
import { keptAsTimer, marksOf } from "./delays.ts"
import type { Delivery } from "./delivery.ts"
import type { Outgoing } from "./outgoing.ts"
import { causeOf, parkRecord } from "./park.ts"
import type { Row } from "./row.ts"
import type { Task } from "./task.ts"

const prefix = "$held:"

/** A decision without a handler, for an event that its actor cannot take yet; `undefined` if it can. */
export function decideEarly(delivery: Delivery, task: Task, row: Row, nowMs: number): Decided | undefined {
  const { message } = task
  if (message.type !== "event") return undefined
  let holdMs: number | undefined
  try {
    holdMs = delivery.app.logics.get(message.to.service)?.holdMs?.(row.state, message)
  } catch (error) {
    return parkRecord(delivery, task, causeOf(error, 1, nowMs))
  }
  if (holdMs === undefined) return undefined
  const name = prefix + eventId(message)
  if (row.timers.has(name)) return seal({ ...marksOf(task), to: message.to })
  const untilMs = message.heldUntilMs ?? nowMs + holdMs
  if (nowMs >= untilMs) return parkHeld(delivery, task, nowMs)
  if (heldBy(row).length >= limits.heldPerActorMax) {
    const text = `${task.row} holds ${limits.heldPerActorMax} events that it cannot take yet; "${message.name}" is parked`
    return parkRecord(delivery, task, { code: "HELD_TOO_MANY", message: text, attempts: 0, nowMs })
  }
  const kept = keptAsTimer(name, untilMs, { ...message, heldUntilMs: untilMs })
  return seal({ ...marksOf(task), to: message.to, timers: [kept] })
}

export function isHeld(message: Message): message is TimerMessage {
  return message.type === "timer" && message.name.startsWith(prefix)
}

/** The time is over for which a held event waits for its actor: the event itself is parked. */
export function parkOverdue(delivery: Delivery, task: Task, timer: TimerMessage, nowMs: number): Decided {
  const { entry, closing } = parkHeld(delivery, { ...task, message: eventIn(timer.payload) }, nowMs)
  return seal({ ...entry, to: timer.to, timers: [{ type: "clear", name: timer.name }] }, undefined, closing)
}

function parkHeld(delivery: Delivery, task: Task, nowMs: number): Decided {
  const name = "name" in task.message ? task.message.name : task.message.type
  const text = `"${name}" waited for ${task.row} to be ready for it until its time was over; it is parked`
  return parkRecord(delivery, task, { code: "HELD_TOO_LONG", message: text, attempts: 0, nowMs })
}

/**
 * Sends on the held events that the new state allows, oldest first, and gives the timers to clear. What does not fit one
 * decision is released by those that do, when they are decided.
 */
export function releaseHeld(
  { logic, row, message }: { readonly logic: ActorLogic; readonly row: Row; readonly message: Message },
  state: Json | undefined,
  out: Outgoing,
): NonNullable<Entry["timers"]> {
  const wasHeld = message.type === "event" && message.heldUntilMs !== undefined
  if (logic.holdMs === undefined || (state === row.state && !wasHeld)) return []
  const cleared: { type: "clear"; name: string }[] = []
  let bytes = 0
  for (const [name, { payload }] of heldBy(row)) {
    if (!isReady(logic, state, eventIn(payload))) continue
    bytes += JSON.stringify(payload).length
    if (cleared.length > 0 && bytes > limits.heldReleasedBytesMax) break
    out.redrive(eventIn(payload))
    cleared.push({ type: "clear", name })
  }
  return cleared
}

/** A condition that throws is told of where its event is decided, and not where it is merely looked at. */
function isReady(logic: ActorLogic, state: Json | undefined, event: EventMessage): boolean {
  try {
    return logic.holdMs?.(state, event) === undefined
  } catch {
    return true
  }
}

function heldBy(row: Row) {
  return [...row.timers].filter(([name]) => name.startsWith(prefix))
}

function eventIn(payload: Json): EventMessage {
  return payload as unknown as EventMessage // cast: keptAsTimer stored an event
}
