// The JSON Schema of a payload, as far as anybody can tell it: the user, the schema library, or Effect.
import * as Schema from "effect/Schema"
import type { PayloadDescription } from "../actor/description.ts"
import type { JsonSchema } from "../message/json-schema.ts"

/** What nobody can describe: its changes cannot be compared. */
export const opaque = "opaque"

export function payloadSchema({ schema, jsonSchema }: PayloadDescription): JsonSchema | typeof opaque {
  if (jsonSchema !== undefined) return jsonSchema
  try {
    const told = standardJsonSchema(schema["~standard"])
    if (told !== undefined) return told
    if (!Schema.isSchema(schema)) return opaque
    const { schema: root, definitions } = Schema.toJsonSchemaDocument(schema)
    const defs = Object.keys(definitions).length === 0 ? {} : { $defs: definitions }
    return { ...root, ...defs } as JsonSchema // cast: a JSON Schema is JSON
  } catch {
    // A library throws on what JSON Schema cannot say.
    return opaque
  }
}

/** By the interface that schema libraries share: https://standardschema.dev/json-schema */
function standardJsonSchema(standard: object): JsonSchema | undefined {
  // cast: what is not there is undefined
  const { jsonSchema } = standard as { jsonSchema?: { input?: (options: { target: string }) => unknown } }
  const told = jsonSchema?.input?.({ target: "draft-2020-12" })
  // cast: the interface promises a JSON Schema
  return typeof told === "object" && told !== null ? (told as JsonSchema) : undefined
}
