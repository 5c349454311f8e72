// What services say to each other, as typed values: commands and events are data, and making one does nothing by itself.
import { checkKey, checkName } from "./key.ts"
import type { Json } from "./json.ts"
import type { Timing } from "./message.ts"
import type { JsonSchema } from "./json-schema.ts"
import { parse, type Schema } from "./schema.ts"
import { firstVersion, type VersionOptions, type Versions, versionMark, versionsOf } from "./versions.ts"

/** A command to one actor. `Value` is the type of what its reply carries; it exists for the compiler only. */
export interface Command<Value = unknown> {
  readonly service: string
  readonly key: string
  readonly name: string
  readonly payload: Json
  /** The version of its contract; absent: 1. */
  readonly version?: number
  /** The command whose effect this one takes back, if it is an undo. */
  readonly undoes?: string
  readonly "~value"?: Value
}

/** A fact that has happened; `deliver` says when, and how urgently, it is handed to who reacts to it. */
export interface Event<Payload = unknown> extends Timing {
  readonly name: string
  readonly payload: Payload
  /** What it is about, by which it is ordered and partitioned. Absent: the key of the actor that emits it. */
  readonly key?: string
  /** The version of its contract; absent: 1. */
  readonly version?: number
}

/** What names an event type. */
export interface EventName {
  readonly eventName: string
}

export interface EventContract<Payload> extends EventName {
  (payload: Payload): Event<Payload>
  readonly schema: Schema<Payload>
  readonly versions: Versions
  /** As it was given with the options. */
  readonly jsonSchema?: JsonSchema
}

/** What a contract may say besides its schema. */
export interface ContractOptions extends VersionOptions {
  /** The payload as JSON Schema, for the contract document, if the schema library cannot tell it. */
  readonly jsonSchema?: JsonSchema
}

export interface EventOptions<Payload> extends ContractOptions {
  /** What an event is about: its CloudEvents subject. Events of one key and one emitter are read in order. */
  readonly key?: (payload: Payload) => string
}

/**
 * Declares a fact: `const OrderConfirmed = event("OrderConfirmed", Schema.Struct({ orderId: Schema.String }))`.
 * Calling the contract makes the event; a payload of the wrong shape throws SchemaMismatch.
 */
export function event<Payload>(
  name: string,
  schema: Schema<Payload>,
  options: EventOptions<Payload> = {},
): EventContract<Payload> {
  checkName("event", name)
  const versions = versionsOf(options, `event ${name}`)
  const version = versionMark(versions.version)
  const make = (given: Payload): Event<Payload> => {
    const payload = parse(schema, given, `event ${name}`)
    const key = options.key?.(payload)
    if (key === undefined) return { name, payload, ...version }
    checkKey(key)
    return { name, payload, key, ...version }
  }
  const { jsonSchema } = options
  return Object.assign(make, { eventName: name, schema, versions, ...(jsonSchema === undefined ? {} : { jsonSchema }) })
}

/** Makes a command after checking its key and payload against the contract. */
export function makeCommand<Payload, Value>(
  target: { service: string; name: string; undoes?: string; schema: Schema<Payload> | undefined; versions?: Versions },
  key: string,
  payload: Payload,
): Command<Value> {
  checkKey(key)
  const checked = target.schema === undefined ? null : parse(target.schema, payload, `command ${target.service}.${target.name}`)
  const { service, name, versions = firstVersion } = target
  // cast: a schema's output is what the user's handler reads; that it survives JSON is checked when it is encoded
  const command = { service, key, name, payload: checked as Json, ...versionMark(versions.version) }
  return target.undoes === undefined ? command : { ...command, undoes: target.undoes }
}

/** What the engine answers by itself: the actor's state. A handler's name starts with a letter, so none can have it. */
export const queryCommand = "$state"

/** Takes back a command that is delayed, as long as its time has not come. */
export const cancelCommand = "$cancel"

/** The command that cancels the delayed command `effect` of an actor; it answers whether there was one. */
export function cancelDelayed(service: string, key: string, effect: string): Command<boolean> {
  checkName("service", service)
  checkKey(key)
  return { service, key, name: cancelCommand, payload: { effect } }
}

/** Ends the handling of a command, or keeps it from beginning. */
export const cancelHandlingCommand = "$cancel-handling"

/**
 * The command that cancels the command `effect` of an actor whose handler does I/O: one that waits is not handled any more,
 * and of one that is under way the signal is aborted. It answers whether there was such a command. An undo cannot be
 * cancelled.
 */
export function cancelHandling(service: string, key: string, effect: string): Command<boolean> {
  checkName("service", service)
  checkKey(key)
  return { service, key, name: cancelHandlingCommand, payload: { effect } }
}

/** Asks for an actor's state as it is once everything before the question is decided; null for an actor never seen. */
export function query(service: string, key: string): Command<Json> {
  checkName("service", service)
  checkKey(key)
  return { service, key, name: queryCommand, payload: null }
}
