// What operators do with parked records of a partition: list and show them, try them again, give them up (R23); and with a
// service that calls the outside: pause it. A redrive is a new record to the same actor, with the original effect key, so
// marks that are past the old one do not stop it, and what did happen is answered from memory. Who did it and why is kept in
// the row of the partition.
import { describeError, Fault } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { Entry, ParkedEntry, Unpark } from "../message/block.ts"
import { queryCommand } from "../message/contract.ts"
import { checkJson, type Json } from "../message/json.ts"
import type { CommandMessage, EventMessage, Message } from "../message/message.ts"
import type { StartAt } from "../message/subscription.ts"
import { type OperationNote, type ParkedFilter, partitionService } from "../message/operation.ts"
import type { Outcome } from "../message/outcome.ts"
import { type Decided, decidedRecord, seal } from "./decided.ts"
import { decodeAgain } from "./decode.ts"
import type { Delivery } from "./delivery.ts"
import { deliverAgain } from "./event-delivery.ts"
import { recallOutcome, rememberedEffects } from "./effect-memory.ts"
import { handlingsOf } from "./handlings.ts"
import { load } from "./load.ts"
import { Outgoing } from "./outgoing.ts"
import { serviceOfParked } from "./partition.ts"
import { isSubscriptionOrder, listSubscriptions, orderSubscription } from "./subscription-orders.ts"
import { changePause, rowOf } from "./pausing.ts"
import type { Row } from "./row.ts"
import { listRows } from "./row-list.ts"
import type { Task } from "./task.ts"

export function isOperation(message: CommandMessage): boolean {
  return message.to.service === partitionService
}

/** Decides one operation. What is asked wrongly is refused and changes nothing. */
export function operate(delivery: Delivery, task: Task, message: CommandMessage, nowMs: number): Decided {
  const row = load(delivery.partition, undefined, task.row)
  const out = new Outgoing(delivery, undefined)
  const given: Decided["answers"][number][] = []
  const answer = (outcome: Outcome, entry: Omit<Entry, "from"> = {}) => {
    const answers = out.reply(message, outcome)
    return seal({ from: task.from, ...entry, ...out.entry() }, undefined, { outcome }, [...given, ...answers])
  }
  const known = recallOutcome(row, message)
  if (known !== undefined) return answer(known)
  try {
    if (Number(message.to.key) !== delivery.partition.index)
      throw new BadOperation(`this is partition ${delivery.partition.index}`)
    const { name, payload } = message
    if (name === queryCommand) return answer({ type: "done", value: row.state ?? null })
    if (name === "list" || name === "show") return answer({ type: "done", value: look(delivery, name, payload) })
    if (name === "subscriptions") return answer({ type: "done", value: listSubscriptions(delivery) })
    if (isSubscriptionOrder(name)) {
      const { outcome, ...entry } = subscribe(delivery, row.state, message, nowMs)
      return answer(outcome, entry)
    }
    if (name === "handlings") {
      const { service, skip } = readObject(payload)
      return answer({ type: "done", value: handlingsOf(delivery, textOf(service), typeof skip === "number" ? skip : 0) })
    }
    if (name === "pause" || name === "resume") return answer(...pauseOrResume(delivery, row, message, nowMs))
    if (name === "rows") return answer({ type: "done", value: listRows(delivery, readObject(payload)) })
    if (name !== "redrive" && name !== "discard") throw new BadOperation(`there is no operation "${name}"`)
    const order = readOrder(payload)
    const meant = name === "redrive" ? redrivable(delivery, order) : matching(delivery, order)
    const unpark = name === "redrive" ? redrive(delivery, meant, order, out) : discard(meant, order, out, given)
    const outcome: Outcome = { type: "done", value: { count: unpark.length, left: meant.length - unpark.length } }
    const remembered = remember(row, message, outcome)
    if (unpark.length === 0) return answer(outcome, remembered)
    const note: OperationNote = {
      action: name,
      ids: unpark.slice(0, 10).map(({ id }) => id),
      count: unpark.length,
      atMs: nowMs,
      ...authorOf(order),
    }
    return answer(outcome, { ...remembered, state: withNote(row.state, note), unpark })
  } catch (error) {
    const code = error instanceof SagaEnded ? "saga-ended" : "bad-operation"
    return answer({ type: "refused", code, detail: describeError(error) })
  }
}

/** An order that found nothing to do is remembered as well: it may be stored twice, and be done much later the second time. */
function remember(row: Row, message: CommandMessage, outcome: Outcome): Omit<Entry, "from"> {
  const effects = rememberedEffects(row, message, outcome)
  return { to: message.to, by: decidedRecord(message, true), effects }
}

/** An order about a subscription; noted are those that make a service begin anew. */
function subscribe(delivery: Delivery, state: Json | undefined, { to, name, payload }: CommandMessage, nowMs: number) {
  const order = readOrder(payload)
  const { service = "" } = order
  const { generation, from } = readObject(payload)
  if (typeof generation !== "number") throw new BadOperation("a reset says which generation it leads to")
  const { value, change } = orderSubscription(delivery, { name, service, generation, from: readStart(from) })
  const outcome: Outcome = { type: "done", value }
  if (change === undefined) return { outcome }
  if (name !== "reset" && name !== "wipe") return { outcome, events: change }
  const action = name === "reset" ? ("reprocess" as const) : ("rebuild" as const)
  const note: OperationNote = { action, ids: [`${service}.${generation}`], count: 1, atMs: nowMs, ...authorOf(order) }
  return { outcome, to, state: withNote(state, note), events: change }
}

function readStart(from: Json | undefined): StartAt {
  if (from === undefined || from === "beginning") return "beginning"
  if (from === "now") return "now"
  const { sinceMs } = readObject(from)
  if (typeof sinceMs !== "number") throw new BadOperation('a reset is from "beginning", "now" or { sinceMs }')
  return { sinceMs }
}

/** The outcome says whether it changed anything. */
function pauseOrResume(delivery: Delivery, row: Row, message: CommandMessage, nowMs: number): [Outcome, Omit<Entry, "from">] {
  const { name: action, payload } = message
  const { by, why, service = "" } = readOrder(payload)
  const isPause = action === "pause"
  const state = changePause(delivery, row.state, service, isPause)
  const outcome: Outcome = { type: "done", value: state !== undefined }
  const remembered = remember(row, message, outcome)
  if (state === undefined) return [outcome, remembered]
  const note: OperationNote = { action: isPause ? "pause" : "resume", ids: [service], count: 1, atMs: nowMs, by, why }
  return [outcome, { ...remembered, state: withNote(state, note) }]
}

interface Order extends ParkedFilter {
  readonly by: string
  readonly why: string
  /** With one id, for "redrive": the payload to try instead. */
  readonly payload?: Json
}

function readOrder(payload: Json): Order {
  const order = readObject(payload)
  const { by, why, id } = order
  if (typeof by !== "string" || by === "" || typeof why !== "string" || why === "")
    throw new BadOperation("an operation says who asks for it (by) and the reason (why)")
  if ("payload" in order && typeof id !== "string")
    throw new BadOperation("an edited payload is for one record, named by its id")
  return { ...readFilter(order), by, why, ...("payload" in order ? { payload: order["payload"] ?? null } : {}) }
}

function readFilter(object: Readonly<Record<string, Json | undefined>>): ParkedFilter {
  const text = (name: "id" | "service" | "code") => {
    const value = object[name]
    if (value === undefined || value === null) return {}
    if (typeof value !== "string") throw new BadOperation(`"${name}" is a text`)
    return { [name]: value }
  }
  return { ...text("id"), ...text("service"), ...text("code") }
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined
}

function readObject(payload: Json): Readonly<Record<string, Json | undefined>> {
  if (typeof payload === "object" && payload !== null && !Array.isArray(payload))
    return payload as Record<string, Json | undefined> // cast: the line before looked
  throw new BadOperation("an operation's payload is an object")
}

function matching({ partition }: Delivery, { id, service, code }: ParkedFilter): readonly ParkedEntry[] {
  const one = id === undefined ? undefined : partition.parked.get(id)
  const some = id === undefined ? [...partition.parked.values()] : one === undefined ? [] : [one]
  return some.filter(
    (parked) =>
      (code === undefined || parked.code === code) && (service === undefined || serviceOfParked(parked) === service),
  )
}

/** "show": everything about one record. "list": a page of summaries, behind the first `skip`. */
function look(delivery: Delivery, name: "list" | "show", payload: Json): Json {
  const object = readObject(payload)
  const found = matching(delivery, readFilter(object))
  // cast: parked entries were read from JSON or are written as it
  if (name === "show") return (found[0] ?? null) as Json
  const skip = typeof object["skip"] === "number" ? object["skip"] : 0
  const page = found.slice(skip, skip + limits.parkedPageMax)
  return { total: found.length, more: skip + page.length < found.length, parked: page.map(summary) }
}

function summary({ id, code, message, atMs, attempts, record, waits, service, settled }: ParkedEntry): Json {
  const name = record !== undefined && "name" in record ? record.name : undefined
  const to = record === undefined ? undefined : { service: record.to.service, key: record.to.key }
  return {
    ...(service === undefined ? {} : { service }),
    id,
    code,
    message: message.slice(0, 200),
    atMs,
    attempts,
    to,
    type: record?.type,
    name,
    waits: waits !== undefined,
    ...(settled === undefined ? {} : { settled }),
  }
}

/** Commands of sagas that have ended are passed over; one that is named is refused. */
function redrivable(delivery: Delivery, order: Order): readonly ParkedEntry[] {
  const found = matching(delivery, order)
  const named = order.id === undefined ? undefined : found[0]
  if (named?.settled !== true) return found.filter(({ settled }) => settled !== true)
  throw new SagaEnded(`the saga that asked for ${named.id} has ended: nobody would wait for it or undo it; discard it`)
}

function redrive(delivery: Delivery, meant: readonly ParkedEntry[], order: Order, out: Outgoing): readonly Unpark[] {
  const unpark: Unpark[] = []
  let bytes = 0
  for (const parked of meant) {
    // A rebuild delivers it again by itself, or has yet to: it must not come between.
    if (delivery.partition.subscriptions.get(serviceOfParked(parked))?.rebuild !== undefined) continue
    bytes += JSON.stringify(parked).length
    if (unpark.length > 0 && (bytes > limits.operationBytesMax || unpark.length >= limits.parkedPageMax)) break
    unpark.push(redriveOne(delivery, parked, order, out))
  }
  return unpark
}

function redriveOne(delivery: Delivery, parked: ParkedEntry, order: Order, out: Outgoing): Unpark {
  const { id, record, waits } = parked
  if (record !== undefined) {
    const message = edited(record, order)
    if (waits === undefined) out.redrive(message)
    else
      return {
        id,
        action: "redrive",
        waits: { to: record.to, number: waits },
        ...(message === record ? {} : { edited: message }),
      }
    return { id, action: "redrive", to: record.to }
  }
  if (parked.bytes === undefined)
    throw new BadOperation(`${id} is an actor that waits: let it go on with its "resume" command`)
  const messages = parked.source === "events" ? deliverAgain(delivery, parked) : decodeAgain(parked)
  for (const message of messages) out.redrive(message)
  return { id, action: "redrive" }
}

function edited(parked: Message, order: Order): Message {
  const record = parked.type === "command" || parked.type === "event" ? withoutBounds(parked) : parked
  if (order.payload === undefined) return record
  if (!("payload" in record)) throw new BadOperation(`a ${record.type} has no payload to edit`)
  checkJson(order.payload, "the edited payload")
  return { ...record, payload: order.payload }
}

/** An operator's word is newer than the time that the record was good for, or might be held. */
function withoutBounds(record: CommandMessage | EventMessage): CommandMessage | EventMessage {
  if (record.expiresMs === undefined && !("heldUntilMs" in record)) return record
  if (record.type === "event") {
    const { expiresMs: _, heldUntilMs: __, ...event } = record
    return event
  }
  const { expiresMs: _, ...command } = record
  return command
}

/** Who waits for a record that its actor kept learns that it will not be decided. */
function discard(
  meant: readonly ParkedEntry[],
  order: Order,
  out: Outgoing,
  given: Decided["answers"][number][],
): readonly Unpark[] {
  return meant
    .slice(0, limits.parkedPageMax)
    .map(({ id, record, waits }) => {
      if (record === undefined || waits === undefined) return { id, action: "discard", ...(record && { to: record.to }) }
      const message = `an operator gave the record up: ${order.why}`
      given.push(...out.reply(record, { type: "faulted", code: "DISCARDED", message }))
      return { id, action: "discard", waits: { to: record.to, number: waits } }
    })
}

function authorOf({ by, why, payload }: Order) {
  return { by, why, ...(payload === undefined ? {} : { edited: true as const }) }
}

function withNote(state: Json | undefined, note: OperationNote): Json {
  const { operations = [], ...rest } = rowOf(state)
  const kept = [...operations, note].slice(-limits.operationsKept)
  return { ...rest, operations: kept.map((one) => ({ ...one, ids: [...one.ids] })) }
}

/** An operator asked for what cannot be done. It becomes a refusal. */
class BadOperation extends Fault {
  readonly _tag = "BadOperation"
  readonly code = "BAD_OPERATION"
  readonly retry = "never"
}

/** A saga's command that is tried again behind the saga's end would be done for nobody. It becomes a refusal. */
class SagaEnded extends Fault {
  readonly _tag = "SagaEnded"
  readonly code = "SAGA_ENDED"
  readonly retry = "never"
}
