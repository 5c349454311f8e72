// The timeline of one actor: each decision with what came, what it led to, and how a saga stood before and after.
import { decisionsOn, type PastDecision } from "../delivery/past-decision.ts"
import type { HistoryPlace } from "../delivery/history.ts"
import { InvalidInput } from "../kernel/fault.ts"
import type { Json } from "../message/json.ts"
import { partitionOf } from "../message/key.ts"
import { type Address, addressText, type Message } from "../message/message.ts"
import type { Phase } from "../actor/inspection.ts"
import { type DecisionSpot, readDecisions, readSaga, type Spot, stoodBefore } from "../read-model/reader.ts"
import { present } from "./present.ts"
import { type IsSecret, redact } from "./redaction.ts"
import type { ShownApp } from "./shown-app.ts"

export interface TimelineOptions {
  readonly limit: number
  readonly before?: string
  /** Payloads are shown, without those that are secret. */
  readonly payloads?: IsSecret
}

interface Standing {
  readonly phase?: Phase
  readonly state: string
}

export interface Timeline {
  readonly entries: readonly object[]
  readonly before?: string
  readonly endsHere?: true
  readonly sinceMs?: number
}

/** Of a saga: found by the read model's index, so only the blocks that hold it are read. */
export async function sagaTimeline(shown: ShownApp, actor: Address, options: TimelineOptions): Promise<Timeline | undefined> {
  const { service, key } = actor
  const saga = readSaga(shown.store, service, key)
  if (saga === undefined) return undefined
  const before = options.before === undefined ? undefined : readSpot(options.before)
  const spots = readDecisions(shown.store, saga.id, before, options.limit + 1)
  const page = spots.slice(0, options.limit)
  const found: { readonly spot: DecisionSpot; readonly decision: PastDecision }[] = []
  for (const spot of page) {
    const block = await shown.block(spot.sequence)
    const decision = block && [...decisionsOn(actor, block, spot.sequence)].find(({ place }) => place === spot.place)
    if (decision !== undefined) found.push({ spot, decision })
  }
  const last = page.at(-1)
  const oldest = last === undefined ? undefined : stoodBefore(shown.store, saga.id, last)
  const told = { partition: saga.item.partition, payloads: options.payloads, commands: commandsSent(found) }
  const entries = found.map(({ spot, decision }, index) => {
    const earlier = found.slice(index + 1).find((other) => other.spot.phase !== null)?.spot ?? oldest
    return entryOf(decision, told, standingOf(earlier), standingOf(spot.phase === null ? earlier : spot))
  })
  const end = spots.length > options.limit ? found.at(-1) : undefined
  if (end !== undefined && found.length === page.length) return { entries, before: spotText(end.spot) }
  const begins = found.at(-1)?.decision.record
  const isWhole = found.length === page.length && (begins?.name === "start" || begins?.name === "revert")
  if (isWhole) return { entries }
  const sinceMs = found.at(-1)?.decision.atMs
  return { entries, endsHere: true, ...(sinceMs === undefined ? {} : { sinceMs }) }
}

/** Of any actor: searched in its journal. */
export async function actorTimeline(shown: ShownApp, actor: Address, options: TimelineOptions): Promise<Timeline> {
  const { limit, before, payloads } = options
  const from = before === undefined ? {} : { before: readSpot(before) }
  const page = await shown.source.operator.history(actor, { limit, ...from })
  const partition = partitionOf(actor.key, shown.app.shape.partitions)
  return {
    entries: page.decisions.map((decision) => entryOf(decision, { partition, payloads, commands: new Map() })),
    ...(page.before === undefined ? {} : { before: spotText(page.before) }),
    ...(page.endsHere === true ? { endsHere: true } : {}),
    ...(page.sinceMs === undefined ? {} : { sinceMs: page.sinceMs }),
  }
}

interface Told {
  readonly partition: number
  readonly payloads: IsSecret | undefined
  /** By effect key, in words. */
  readonly commands: ReadonlyMap<string, string>
}

/** So that a reply can be told by what it answers. */
function commandsSent(found: readonly { readonly decision: PastDecision }[]): ReadonlyMap<string, string> {
  const messages = found.flatMap(({ decision }) => decision.sent.map(({ message }) => message))
  return new Map(messages.flatMap((message) =>
    message.type === "command" ? [[message.effect, `${message.name} from ${addressText(message.to)}`] as const] : []))
}

function entryOf(past: PastDecision, { partition, payloads, commands }: Told, before?: Standing, after?: Standing): object {
  const { atMs, block, sequence, place, epoch, record, outcome, gone, sent, timers, parked, unparked, waits } = past
  const code = outcome !== undefined && outcome.type !== "done" ? outcome.code : undefined
  return present({
    atMs, partition, sequence, place, block, epoch,
    text: textOf(past, commands, after),
    record: record && present({ ...record }),
    before, after,
    outcome: outcome && present({ type: outcome.type, code }),
    sent: sent.map(({ message }) => sentRecord(message)),
    timers: timers.map((timer) => ({ type: timer.type, name: timer.name, ...(timer.type === "set" && { dueMs: timer.dueMs }) })),
    parked: parked && present({ id: parked.id, code: parked.code, message: parked.message, attempts: parked.attempts }),
    released: unparked.map(({ id, action }) => ({ id, action })),
    held: waits && { attempts: waits.attempts, dueMs: waits.dueMs, isParked: waits.parked === true },
    isGone: gone,
    payloads: payloads && payloadsOf(past, payloads),
  })
}

function payloadsOf({ state, outcome, sent, parked }: PastDecision, isSecret: IsSecret): object {
  const shown = (value: unknown): Json | undefined =>
    value === undefined ? undefined : redact(value as Json, isSecret).value // cast: read from JSON
  return present({
    state: shown(state),
    outcome: shown(outcome),
    sent: sent.map(({ message }) => shown(saidIn(message)) ?? null),
    parked: shown(parked?.record),
  })
}

function saidIn(message: Message): unknown {
  return "payload" in message ? message.payload : "outcome" in message ? message.outcome : null
}

function sentRecord(message: Message): object {
  const { type, to } = message
  const base = { type, to: to.service === "" ? undefined : { service: to.service, key: to.key } }
  switch (message.type) {
    case "command": {
      const { name, effect, direction, undoes, attempt, dueMs } = message
      return present({ ...base, name, effect, direction, undoes, attempt, dueMs })
    }
    case "reply":
      return present({ ...base, effect: message.effect, outcome: message.outcome.type })
    case "event":
      return present({ ...base, name: message.name, dueMs: message.dueMs })
    case "timer":
      return present({ ...base, name: message.name, dueMs: message.dueMs })
    case "settled":
      return present(base)
  }
}

/** What happened, in a line. */
function textOf(past: PastDecision, known: Told["commands"], after: Standing | undefined): string {
  const { record, sent, parked, unparked, waits, gone } = past
  const came = record === undefined ? "it changed" : recordText(record, known)
  const commands = sent.flatMap(({ message }) => (message.type === "command" ? [message] : []))
  const events = sent.flatMap(({ message }) => (message.type === "event" ? [message.name] : []))
  const names = commands.slice(0, 3).map(({ direction, name, to }) =>
    `${direction === "undo" ? "undo " : ""}${name} to ${addressText(to)}`)
  const parts = [
    ...(after === undefined ? [] : [`now ${after.state}`]),
    ...(names.length === 0 ? [] : [`sent ${names.join(", ")}${commands.length > 3 ? ` and ${commands.length - 3} more` : ""}`]),
    ...(events.length === 0 ? [] : [`emitted ${events.join(", ")}`]),
    ...(waits === undefined ? [] : [waits.parked === true ? "it waits for an operator" : "it waits in the mailbox"]),
    ...(parked === undefined ? [] : [`parked: ${parked.code}`]),
    ...unparked.map(({ action }) => (action === "redrive" ? "released by an operator" : "given up by an operator")),
    ...(gone === true ? ["forgotten"] : []),
  ]
  return parts.length === 0 ? came : `${came}: ${parts.join("; ")}`
}

function recordText(record: NonNullable<PastDecision["record"]>, known: Told["commands"]): string {
  const { type, name, id = "", undoes, outcome } = record
  switch (type) {
    case "command":
      return undoes === undefined ? `command ${name ?? ""}` : `undo by ${name ?? ""}`
    case "reply":
      return `${outcome ?? "reply"}: ${known.get(id) ?? id}`
    case "event":
      return `event ${name ?? ""}`
    case "timer":
      return known.has(name ?? "") ? `time of ${known.get(name ?? "")}` : `timer ${name ?? ""}`
    case "settled":
      return `saga ${id} has ended`
  }
}

function standingOf(spot: DecisionSpot | undefined): Standing | undefined {
  return spot === undefined || spot.phase === null || spot.text === null ? undefined : { phase: spot.phase, state: spot.text }
}

function spotText({ sequence, place }: Spot | HistoryPlace): string {
  return `${sequence}.${place}`
}

/** Throws InvalidInput on a text that `spotText` did not make. */
function readSpot(text: string): Spot {
  const [, sequence = "", place = ""] = /^(\d{1,15})\.(\d{1,9})$/.exec(text) ?? []
  if (sequence === "") throw new InvalidInput("`before` is not of a timeline: leave it out to begin with the newest")
  return { sequence: Number(sequence), place: Number(place) }
}
