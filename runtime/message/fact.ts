// Facts on the event stream: one NATS message each, CloudEvents 1.0 attributes in headers (binary mode), JSON body.
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/nats-protocol-binding.md
// Any client in any language reads and writes them, also in structured mode. The `troupe-mark` header carries the source's
// dense number; what has none was published by somebody else.
import { Fault } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { Json } from "./json.ts"
import { checkKey } from "./key.ts"
import type { Caused, EventMessage, Timing } from "./message.ts"
import { isVersion, versionMark } from "./versions.ts"

export interface Fact {
  /** `to` is the emitter until the event is addressed to who reacts to it. */
  readonly event: EventMessage
  /** Absent on events of foreign publishers. */
  readonly mark: FactMark | undefined
}

/** What an event says, whoever publishes it. */
export type FactContent = Omit<EventMessage, "type" | "to">

export interface FactMark {
  readonly incarnation: string
  readonly source: number
  readonly eventPartition: number
  readonly number: number
}

/** A message on the event stream is not a CloudEvent with a JSON body. It is parked as it came. */
export class MalformedEvent extends Fault {
  readonly _tag = "MalformedEvent"
  readonly code = "MALFORMED_EVENT"
  readonly retry = "never"
}

/** An event does not fit one block on its way to those who react to it. It is parked, and stays in its stream. */
export class EventTooLarge extends Fault {
  readonly _tag = "EventTooLarge"
  readonly code = "EVENT_TOO_LARGE"
  readonly retry = "never"
}

/** A foreign publisher may store what is larger than any engine emits. Throws EventTooLarge. */
export function checkFits(bytes: number, actors: number): void {
  if (bytes * actors <= limits.inputBytesMax) return
  throw new EventTooLarge(
    `an event of ${bytes} bytes for ${actors} actors is more than the ${limits.inputBytesMax} bytes that fit; it is parked`,
  )
}

/** Times as RFC 3339 text come from the adapter: the core reads and formats no clock. */
export type TimeText = (ms: number) => string

/** The headers of one event; without a mark, of one that no engine publishes. */
export function factHeaders(
  event: FactContent,
  mark: FactMark | undefined,
  timeText: TimeText,
): Readonly<Record<string, string>> {
  const { dueMs, expiresMs, priority, correlation, causation, trace } = event
  return {
    "ce-specversion": "1.0",
    "ce-id": encodeAttribute(event.id),
    "ce-source": encodeAttribute(event.source),
    "ce-type": encodeAttribute(event.name),
    "ce-subject": encodeAttribute(event.subject),
    "ce-time": timeText(event.timeMs),
    ...(event.version === undefined ? {} : { "ce-dataversion": String(event.version) }),
    "content-type": "application/json",
    ...(dueMs === undefined ? {} : { "ce-duetime": timeText(dueMs) }),
    ...(expiresMs === undefined ? {} : { "ce-expirytime": timeText(expiresMs) }),
    ...(priority === undefined ? {} : { "ce-priority": priority }),
    ...(correlation === undefined ? {} : { "ce-correlationid": encodeAttribute(correlation) }),
    ...(causation === undefined ? {} : { "ce-causationid": encodeAttribute(causation) }),
    ...(mark === undefined ? {} : { "troupe-mark": markText(mark) }),
    ...(trace === undefined ? {} : { traceparent: trace }),
  }
}

function markText({ incarnation, source, eventPartition, number }: FactMark): string {
  return `${incarnation} ${source} ${eventPartition} ${number}`
}

/** Reads what `factHeaders` wrote, or what a foreign publisher did. Throws MalformedEvent. */
export function readFact(headers: Readonly<Record<string, string>>, body: Uint8Array): Fact {
  if (/^application\/cloudevents\b/i.test(headers["content-type"] ?? "")) return readStructured(headers, body)
  const attribute = (name: string): string => {
    const value = headers[`ce-${name}`]
    if (value === undefined || value === "")
      throw new MalformedEvent(`an event has no "ce-${name}" header; its bytes are parked`)
    return decodeAttribute(value)
  }
  const subject = attribute("subject")
  checkKey(subject)
  const mark = parseMark(headers["troupe-mark"])
  const event: EventMessage = {
    type: "event",
    to: { service: attribute("source"), key: subject },
    name: attribute("type"),
    payload: parseBody(body),
    ...readVersion(headers["ce-dataversion"]),
    id: attribute("id"),
    source: attribute("source"),
    subject,
    timeMs: readTime(headers, "time") ?? 0,
    ...(mark === undefined ? { foreign: true } : {}),
    ...readExtensions(headers),
  }
  return { event, mark }
}

type Extensions = Timing & Caused & { readonly trace?: string }

/** The attributes besides those that CloudEvents itself names. What is no time is parked, and not taken for "at once". */
function readExtensions(headers: Readonly<Record<string, string>>): Extensions {
  const found: { -readonly [Name in keyof Extensions]: Extensions[Name] } = {}
  const dueMs = strictTime(headers, "duetime")
  const expiresMs = strictTime(headers, "expirytime")
  const { "ce-correlationid": correlation, "ce-causationid": causation, traceparent: trace } = headers
  if (dueMs !== undefined) found.dueMs = dueMs
  if (expiresMs !== undefined) found.expiresMs = expiresMs
  if (headers["ce-priority"] === "high") found.priority = "high"
  if (correlation !== undefined) found.correlation = decodeAttribute(correlation)
  if (causation !== undefined) found.causation = decodeAttribute(causation)
  if (trace !== undefined) found.trace = trace
  return found
}

function readTime(headers: Readonly<Record<string, string>>, name: string): number | undefined {
  const ms = Date.parse(headers[`ce-${name}`] ?? "")
  return Number.isNaN(ms) ? undefined : ms
}

function strictTime(headers: Readonly<Record<string, string>>, name: string): number | undefined {
  const text = headers[`ce-${name}`]
  if (text === undefined) return undefined
  const ms = readTime(headers, name)
  if (ms === undefined) throw new MalformedEvent(`an event's ${name} "${text.slice(0, 80)}" is no time; its bytes are parked`)
  return ms
}

/** Structured mode: the whole event, attributes and data, is one JSON object in the body. */
function readStructured(headers: Readonly<Record<string, string>>, body: Uint8Array): Fact {
  const whole = parseBody(body)
  if (typeof whole !== "object" || whole === null || Array.isArray(whole))
    throw new MalformedEvent("a structured event is no JSON object; its bytes are parked")
  // cast: the lines before looked
  const { data = null, ...attributes } = whole as Record<string, Json | undefined>
  const binary: Record<string, string> = { ...headers, "content-type": "application/json" }
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "string") binary[`ce-${name}`] = encodeAttribute(value)
  }
  return readFact(binary, Buffer.from(JSON.stringify(data), "utf8"))
}

function parseBody(body: Uint8Array): Json {
  try {
    return JSON.parse(Buffer.from(body).toString("utf8")) as Json // cast: JSON.parse gives JSON
  } catch (cause) {
    throw new MalformedEvent("an event's body is not JSON; its bytes are parked", { cause })
  }
}

/** An extension attribute, since CloudEvents has none of its own: the version of the payload's contract, absent for 1. */
function readVersion(text: string | undefined): { readonly version?: number } {
  if (text === undefined) return {}
  const version = /^\d+$/.test(text) ? Number(text) : 0
  if (!isVersion(version))
    throw new MalformedEvent(`an event has the unreadable version "${text.slice(0, 80)}"; its bytes are parked`)
  return versionMark(version)
}

function parseMark(text: string | undefined): FactMark | undefined {
  if (text === undefined) return undefined
  const [incarnation, source, eventPartition, number] = text.split(" ")
  const mark = {
    incarnation: incarnation ?? "",
    source: Number(source),
    eventPartition: Number(eventPartition),
    number: Number(number),
  }
  const numbers = [mark.source, mark.eventPartition, mark.number]
  if (mark.incarnation === "" || !numbers.every((n) => Number.isSafeInteger(n) && n >= 0)) {
    throw new MalformedEvent(`an event has the unreadable mark "${text.slice(0, 80)}"; its bytes are parked`)
  }
  return mark
}

/** Space, quote, percent and everything outside printable ASCII, as CloudEvents' HTTP binding encodes header values. */
function encodeAttribute(value: string): string {
  return value.replaceAll(/[^!#$&-~]/gu, (char) => encodeURIComponent(char))
}

/** A foreign publisher may not know the encoding: what does not decode stands for itself. */
function decodeAttribute(value: string): string {
  if (!value.includes("%")) return value
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
