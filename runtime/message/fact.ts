// Facts on the event stream: one NATS message each, CloudEvents 1.0 attributes in headers (binary mode), JSON body.
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/nats-protocol-binding.md
// Any client in any language reads and writes them. The `troupe-*` headers carry the source's dense number.
import { Fault } from "../kernel/fault.ts"
import type { Json } from "./json.ts"
import { checkKey } from "./key.ts"
import type { EventMessage } from "./message.ts"
import { isVersion, versionMark } from "./versions.ts"

export interface Fact {
  /** `to` is the emitter until the event is addressed to who reacts to it. */
  readonly event: EventMessage
  /** Absent on events of foreign publishers. */
  readonly mark: FactMark | undefined
}

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

/** `isoTime` is the event's time as RFC 3339 text, from the adapter: the core reads and formats no clock. */
export function factHeaders(event: EventMessage, mark: FactMark, isoTime: string): Readonly<Record<string, string>> {
  return {
    "ce-specversion": "1.0",
    "ce-id": encodeAttribute(event.id),
    "ce-source": encodeAttribute(event.source),
    "ce-type": encodeAttribute(event.name),
    "ce-subject": encodeAttribute(event.subject),
    "ce-time": isoTime,
    ...(event.version === undefined ? {} : { "ce-dataversion": String(event.version) }),
    "content-type": "application/json",
    "troupe-mark": `${mark.incarnation} ${mark.source} ${mark.eventPartition} ${mark.number}`,
    ...(event.trace === undefined ? {} : { traceparent: event.trace }),
  }
}

/** Reads what `factHeaders` wrote, or what a foreign publisher did. Throws MalformedEvent. */
export function readFact(headers: Readonly<Record<string, string>>, body: Uint8Array): Fact {
  const attribute = (name: string): string => {
    const value = headers[`ce-${name}`]
    if (value === undefined || value === "")
      throw new MalformedEvent(`an event has no "ce-${name}" header; its bytes are parked`)
    return decodeAttribute(value)
  }
  const timeMs = Date.parse(headers["ce-time"] ?? "")
  const subject = attribute("subject")
  checkKey(subject)
  const trace = headers["traceparent"]
  const event: EventMessage = {
    type: "event",
    to: { service: attribute("source"), key: subject },
    name: attribute("type"),
    payload: parseBody(body),
    ...readVersion(headers["ce-dataversion"]),
    id: attribute("id"),
    source: attribute("source"),
    subject,
    timeMs: Number.isNaN(timeMs) ? 0 : timeMs,
    ...(trace === undefined ? {} : { trace }),
  }
  return { event, mark: parseMark(headers["troupe-mark"]) }
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
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
