// What an actor type takes and tells, as data: contract documents are made of it.
import type { EventName } from "../message/contract.ts"
import type { JsonSchema } from "../message/json-schema.ts"
import type { Schema } from "../message/schema.ts"
import { firstVersion, type Versions } from "../message/versions.ts"
import type { ServiceDefinition } from "./definition.ts"

export interface PayloadDescription {
  readonly schema: Schema<unknown>
  readonly versions: Versions
  /** As the user gave it. */
  readonly jsonSchema?: JsonSchema
}

export interface CommandDescription {
  /** Absent: it has no payload of its own. */
  readonly payload?: PayloadDescription
  readonly undoes?: string
}

export interface ActorDescription {
  readonly commands: Readonly<Record<string, CommandDescription>>
  readonly reactions: Readonly<Record<string, PayloadDescription>>
  readonly timers: Readonly<Record<string, PayloadDescription>>
  /** Facts that its handlers declare, by name. */
  readonly emits: Readonly<Record<string, PayloadDescription>>
  /** Of a saga: version -> hash of its definition. */
  readonly definitions?: Readonly<Record<string, string>>
  /** Every handler declares what it emits. */
  readonly emitsAll: boolean
}

export function describeService({ commands, reactions, timers }: ServiceDefinition): ActorDescription {
  const handlers = [commands, reactions, timers].flatMap((table) =>
    Object.values<{ readonly emits: readonly EventName[] | undefined }>(table),
  )
  const emitted = handlers.flatMap(({ emits = [] }) => emits.filter(isContract))
  return {
    commands: mapValues(commands, ({ schema, versions, jsonSchema, undoes }) => ({
      ...(schema === undefined ? {} : { payload: { schema, versions, ...given(jsonSchema) } }),
      ...(undoes === undefined ? {} : { undoes }),
    })),
    reactions: mapValues(reactions, describePayload),
    timers: mapValues(timers, ({ schema }) => ({ schema, versions: firstVersion })),
    emits: Object.fromEntries(emitted.map((contract) => [contract.eventName, describePayload(contract)])),
    emitsAll: handlers.every(({ emits }) => emits !== undefined),
  }
}

export function describePayload({ schema, versions, jsonSchema }: PayloadDescription): PayloadDescription {
  return { schema, versions, ...given(jsonSchema) }
}

/** What is declared by its name alone has no shape to tell. */
function isContract(event: EventName): event is EventName & PayloadDescription {
  return "schema" in event && "versions" in event
}

function given(jsonSchema: JsonSchema | undefined): { readonly jsonSchema?: JsonSchema } {
  return jsonSchema === undefined ? {} : { jsonSchema }
}

function mapValues<In, Out>(table: Readonly<Record<string, In>>, change: (value: In) => Out): Record<string, Out> {
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [name, change(value)]))
}
