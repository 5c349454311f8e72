// A monitor as an actor: events and deadlines in, where it stands and alarms out. A decision of it holds nothing else.
import { limits } from "../../runtime/kernel/limits.ts"
import type { ActorLogic, Decision, OutgoingEvent } from "../../runtime/actor/logic.ts"
import { HandlerDefect, UnknownCommand } from "../../runtime/actor/service-logic.ts"
import type { TimerChange } from "../../runtime/actor/timer.ts"
import type { EventName } from "../../runtime/message/contract.ts"
import type { Json } from "../../runtime/message/json.ts"
import type { EventMessage, Message, TimerMessage } from "../../runtime/message/message.ts"
import { parse, type Schema } from "../../runtime/message/schema.ts"
import type { Moved, ObservingMachine } from "../machine/monitor-machine.ts"
import type { AlarmNote, MonitorRow } from "../machine/monitor-row.ts"
import { MonitorAlarm } from "./monitor-alarm.ts"

export type WatchedEvent = EventName & { readonly schema: Schema<unknown> }

export interface MonitorDefinition {
  readonly name: string
  readonly machine: ObservingMachine
  readonly events: readonly WatchedEvent[]
  readonly keyOf: ((payload: unknown, subject: string) => string) | undefined
  readonly keptMs: number
}

/** What a monitor may decide: it has no word for a command, an answer or an event other than its alarm. */
export type Observation = Pick<Decision, "state" | "timers" | "emit" | "alarm"> & {
  readonly send?: never
  readonly answer?: never
  readonly release?: never
}

export function monitorActor(definition: MonitorDefinition): ActorLogic {
  const { name, events, keptMs } = definition
  return {
    service: name,
    kind: "service",
    reactions: reactionsOf(definition),
    flow: {
      observes: true,
      handlers: events.map((event) => ({ trigger: { type: "event", name: event.eventName }, emits: [MonitorAlarm.eventName] })),
    },
    keptUntilMs(state) {
      const { endedMs } = state as MonitorRow // cast: only the decisions of this file write it
      return endedMs === undefined ? undefined : endedMs + keptMs
    },
    decide(state, message, { nowMs }) {
      const row = state as MonitorRow | undefined // cast: likewise
      return observe(definition, row, message, nowMs)
    },
  }
}

function reactionsOf({ events, keyOf }: MonitorDefinition): ActorLogic["reactions"] {
  return new Map(
    events.map(({ eventName, schema }) => [
      eventName,
      (payload: Json, subject: string) =>
        keyOf === undefined ? subject : keyOf(parse(schema, payload, `event ${eventName}`), subject),
    ]),
  )
}

function observe(definition: MonitorDefinition, row: MonitorRow | undefined, message: Message, nowMs: number): Observation {
  switch (message.type) {
    case "event":
      return takeEvent(definition, row, message, nowMs)
    case "timer":
      return row === undefined ? { state: row } : takeDeadline(definition, row, message, nowMs)
    case "command":
      throw new UnknownCommand(`monitor ${definition.name} takes no commands, and "${message.name}" is one; it is parked`)
    case "reply":
    case "settled":
      throw new HandlerDefect(`monitor ${definition.name} cannot take a ${message.type}; it is parked`)
  }
}

function takeEvent(
  definition: MonitorDefinition,
  row: MonitorRow | undefined,
  message: EventMessage,
  nowMs: number,
): Observation {
  const { name, machine } = definition
  const schema = definition.events.find(({ eventName }) => eventName === message.name)?.schema
  const payload = schema === undefined ? message.payload : parse(schema, message.payload, `${name} on ${message.name}`)
  const begun = row === undefined ? machine.begin() : undefined
  const before = row ?? newRow(machine.begin(), nowMs)
  const moved = machine.take(before, { type: message.name, payload })
  const timers = timerChanges([...(begun?.deadlines ?? []), ...moved.deadlines], nowMs)
  if (!moved.isAccepted) {
    const note: AlarmNote = { ...noteOf(before, "out-of-contract", nowMs), event: message.name }
    return alarmed(definition, message, { ...before, outOfContract: before.outOfContract + 1 }, note, timers)
  }
  return { state: { ...movedRow(before, moved, nowMs), lastEvent: message.name }, timers }
}

function takeDeadline(definition: MonitorDefinition, row: MonitorRow, message: TimerMessage, nowMs: number): Observation {
  const moved = definition.machine.take(row, { type: message.name })
  if (!moved.isAccepted) return { state: row }
  const next = { ...movedRow(row, moved, nowMs), late: row.late + 1 }
  const late = { ...next, ...(moved.isDone ? {} : { lateSinceMs: row.lateSinceMs ?? nowMs }) }
  return alarmed(definition, message, late, noteOf(row, "late", nowMs), timerChanges(moved.deadlines, nowMs))
}

function newRow({ value, context }: Moved, nowMs: number): MonitorRow {
  return { value, context, sinceMs: nowMs, late: 0, outOfContract: 0, alarms: [] }
}

/** What was late is so no more once it has gone on. */
function movedRow({ lateSinceMs: _, ...row }: MonitorRow, { value, context, isDone }: Moved, nowMs: number): MonitorRow {
  return { ...row, value, context, sinceMs: nowMs, ...(isDone ? { endedMs: nowMs } : {}) }
}

function noteOf({ value, sinceMs }: MonitorRow, kind: AlarmNote["kind"], atMs: number): AlarmNote {
  return { kind, state: stateText(value), sinceMs, atMs }
}

function alarmed(
  { name }: MonitorDefinition,
  { to: { key } }: Message,
  row: MonitorRow,
  note: AlarmNote,
  timers: readonly TimerChange[],
): Observation {
  const { payload, ...event } = MonitorAlarm({ monitor: name, key, ...note })
  const emit: readonly OutgoingEvent[] = [{ ...event, payload: { ...payload } }]
  return { state: { ...row, alarms: [...row.alarms, note].slice(-limits.monitorAlarmsKeptMax) }, timers, emit, alarm: note.kind }
}

function timerChanges(deadlines: Moved["deadlines"], nowMs: number): readonly TimerChange[] {
  const last = new Map(deadlines.map((change) => [change.name, change]))
  return [...last.values()].map((change) =>
    change.type === "cancel" ? change : { type: "set", name: change.name, dueMs: nowMs + change.delayMs, payload: null },
  )
}

/** `paying`; `paying.card`; of a parallel state `a & b`. */
function stateText(value: Json): string {
  if (value === null || typeof value !== "object") return String(value)
  return Object.entries(value).map(([name, inner]) => {
    const text = stateText(inner ?? "")
    return text === "" ? name : `${name}.${text}`
  }).join(" & ")
}
