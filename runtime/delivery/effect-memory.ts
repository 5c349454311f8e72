// What a participant remembers of effects (R11): asked again, it answers the same and does nothing; an undo whose do
// never happened leaves a tombstone, and the do is refused should it still come. Kept by the engine, not the handler.
import type { EffectMemory, Entry } from "../message/block.ts"
import type { Json } from "../message/json.ts"
import { type CommandMessage, eventId, type EventMessage, type Message } from "../message/message.ts"
import { cancelledCode, type Outcome } from "../message/outcome.ts"
import { versionMark } from "../message/versions.ts"
import { memoryOf, type Row } from "./row.ts"

export const nothingToUndo: Outcome = { type: "done", value: null }
const alreadyUndone: Outcome = { type: "refused", code: "undone", detail: null }

/** The answer to a command that needs no handler any more, if there is one. */
export function recallOutcome(row: Row, message: CommandMessage): Outcome | undefined {
  const memory = memoryOf(row, message.effect)
  if (memory?.undone === true) return alreadyUndone
  return memory?.outcome
}

/** What the effect that an undo names was asked and answered, if it happened and still stands. */
export function undoneEffect(row: Row, message: CommandMessage): { payload: Json; version?: number; value: Json } | undefined {
  const memory = message.undoes === undefined ? undefined : memoryOf(row, message.undoes)
  const { outcome, payload = null, undone, version } = memory ?? {}
  if (undone === true) return undefined
  // It may have happened: taking it back is for the handler to try.
  const mayHaveHappened = memory !== undefined && (outcome === undefined || outcome.type === "faulted")
  if (mayHaveHappened) return { payload, ...versionMark(version), value: null }
  return outcome?.type === "done" ? { payload, ...versionMark(version), value: outcome.value } : undefined
}

/** An undo with nothing to take back never reaches a handler. */
export function isVoidUndo(row: Row, message: CommandMessage): boolean {
  return message.direction === "undo" && undoneEffect(row, message) === undefined
}

/**
 * An event of a foreign publisher has no number that would tell a repetition: its actor remembers its source and id, among
 * what was asked from outside (R22).
 */
export function isRepeated(row: Row, message: Message): boolean {
  return message.type === "event" && message.foreign === true && memoryOf(row, eventMemory(message)) !== undefined
}

export function rememberedEvent(message: Message): NonNullable<Entry["effects"]> {
  if (message.type !== "event" || message.foreign !== true) return []
  return [[eventMemory(message), { outcome: { type: "done", value: null } }]]
}

function eventMemory(message: EventMessage): string {
  return `$event:${eventId(message)}`
}

/**
 * What an event leads to was said by an earlier generation of its service, which is being rebuilt (R23); unless the actor had
 * not come to it then, because it waited for its time or was parked.
 */
export function isSaid(row: Row, event: EventMessage): boolean {
  return event.silent === true && memoryOf(row, unsaidMemory(event)) === undefined
}

export function rememberedUnsaid(event: EventMessage): NonNullable<Entry["effects"]> {
  return [[unsaidMemory(event), { outcome: { type: "done", value: null } }]]
}

function unsaidMemory({ source, id }: Pick<EventMessage, "source" | "id">): string {
  return `$unsaid:${eventId({ source, id })}`
}

/** In a scope that never ends: it is kept as long as its actor, and only the newest. */
const inboxMemory = "$inbox"

export function rememberedInbox(row: Row): Json | undefined {
  return row.effects.get(inboxMemory)?.payload
}

/** How far the actor has come with an inbox outside the journal. */
export function inboxEffects(inbox: Json | undefined): NonNullable<Entry["effects"]> {
  return inbox === undefined ? [] : [[inboxMemory, { scope: inboxMemory, payload: inbox }]]
}

/** Of a command that is parked although its handler was called: asked again it is decided anew, and its undo is the handler's. */
export function rememberedAttempt(row: Row, message: Message): NonNullable<Entry["effects"]> {
  if (message.type !== "command" || message.direction === "undo" || message.scope === undefined) return []
  if (memoryOf(row, message.effect) !== undefined) return []
  return [[message.effect, { scope: message.scope, payload: message.payload, ...versionMark(message.version) }]]
}

/** What to remember of a command that has just been decided. */
export function rememberedEffects(
  row: Row,
  message: CommandMessage,
  outcome: Outcome | undefined,
): NonNullable<Entry["effects"]> {
  if (outcome === undefined || (outcome.type === "faulted" && outcome.code !== cancelledCode)) return []
  const scope = message.scope === undefined ? {} : { scope: message.scope }
  // Only a saga undoes, and an undo wants to know the payload: what was asked from outside need not keep it.
  const payload = message.scope === undefined ? {} : { payload: message.payload, ...versionMark(message.version) }
  if (message.direction === "do") return [[message.effect, { ...scope, ...payload, outcome }]]
  const undone = message.undoes === undefined ? undefined : memoryOf(row, message.undoes)
  const tombstone: EffectMemory = { ...undone, ...scope, undone: true }
  return [
    [message.effect, { ...scope, outcome }],
    ...(message.undoes === undefined ? [] : ([[message.undoes, tombstone]] as const)),
  ]
}
