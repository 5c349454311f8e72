// An event that a client publishes, from what its caller says.
import { randomUUID } from "node:crypto"
import { describeError, InvalidInput } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { Event } from "../message/contract.ts"
import { checkTiming } from "../message/deliver.ts"
import type { FactContent } from "../message/fact.ts"
import { checkJson, type Json } from "../message/json.ts"
import { checkKey, checkName } from "../message/key.ts"

export interface PublishOptions {
  /**
   * CloudEvents id. The same id from the same source is one event in effect, for as long as the actors that react to it
   * remember it: each keeps the last `limits.askedPerActorMax` ids and keys that came from outside. Default: a random one.
   */
  readonly id?: string
  /** What it is about, by which it is ordered and partitioned. Default: the key that its contract gives it. */
  readonly key?: string
  /** CloudEvents source. Default: `<app>/client`. */
  readonly source?: string
  /** The first cause of all, if this event is not. */
  readonly correlation?: string
  /** W3C traceparent of the caller's span. Default: the active one, in a process that traces. */
  readonly trace?: string
}

/** Throws InvalidInput on an event that is about nothing, or that is no JSON, or too large. */
export function factOf(event: Event, options: PublishOptions, defaultSource: string, timeMs: number): FactContent {
  const { name, payload, key: ownKey, ...timing } = event
  const { id = randomUUID(), key: subject = ownKey, source = defaultSource, correlation, trace } = options
  checkName("event", name)
  checkTiming(timing, `event ${name}`)
  if (subject === undefined) throw new InvalidInput(`event ${name} is about nothing: give it a key, or its contract one`)
  for (const text of [subject, id, source]) checkKey(text)
  const json = jsonOf(payload, `event ${name}`)
  const bytes = Buffer.byteLength(JSON.stringify(json), "utf8")
  if (bytes > limits.decisionBytesMax)
    throw new InvalidInput(`event ${name} has ${bytes} bytes; at most ${limits.decisionBytesMax} are allowed`)
  return {
    name,
    payload: json,
    id,
    source,
    subject,
    timeMs,
    ...timing,
    ...(correlation === undefined ? {} : { correlation }),
    ...(trace === undefined ? {} : { trace }),
  }
}

function jsonOf(payload: unknown, what: string): Json {
  try {
    checkJson(payload, what)
  } catch (error) {
    throw new InvalidInput(`${what} is not JSON (${describeError(error)})`, { cause: error })
  }
  return payload as Json // cast: it was checked
}
