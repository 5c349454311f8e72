// JSON Schema in a form that can be compared: references followed, `allOf` merged into one, several types as alternatives.
import type { Json } from "../message/json.ts"
import type { JsonSchema } from "../message/json-schema.ts"
import { sorted } from "./document.ts"

/** A schema within its document, in which references are looked up. */
export interface Place {
  readonly root: JsonSchema
  readonly schema: JsonSchema
}

/** `true` takes everything, `false` nothing; anything else that is no schema takes everything too. */
export function toSchema(value: Json | undefined): JsonSchema {
  if (value === false) return { not: {} }
  return isObject(value) ? value : {}
}

export function isObject(value: Json | undefined): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))
}

/** Words about a schema that no value cares for. */
const silentWords = new Set([
  "$schema", "$id", "$defs", "$comment", "definitions", "title", "description", "default", "examples",
])

/** The schema itself: no reference, no `allOf`, no words that say nothing about values. */
export function plain({ root, schema }: Place, depth = 0): JsonSchema {
  const { $ref, allOf, ...own } = schema
  const parts: JsonSchema[] = [own]
  if (typeof $ref === "string" && depth < referencesMax) parts.push(plain({ root, schema: lookUp(root, $ref) }, depth + 1))
  for (const part of listOf(allOf)) parts.push(plain({ root, schema: toSchema(part) }, depth + 1))
  const merged = parts.reduce(merge)
  return Object.fromEntries(Object.entries(merged).filter(([word]) => !silentWords.has(word)))
}

/** A reference to itself says nothing, however long it is followed. */
const referencesMax = 64

function lookUp(root: JsonSchema, $ref: string): JsonSchema {
  let found: Json | undefined = root
  for (const token of $ref.replace(/^#\/?/, "").split("/")) {
    if (token !== "") found = isObject(found) ? found[decodePointer(token)] : undefined
  }
  return isObject(found) ? found : { $ref }
}

function decodePointer(token: string): string {
  return decodeURIComponent(token).replaceAll("~1", "/").replaceAll("~0", "~")
}

const greatest = new Set(["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"])
const least = new Set(["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"])

/** What both demand. Words that cannot be merged stay side by side in `allOf`, where they count as not comparable. */
function merge(a: JsonSchema, b: JsonSchema): JsonSchema {
  const merged: Record<string, Json | undefined> = { ...a }
  for (const [word, value] of Object.entries(b)) {
    const known = merged[word]
    if (known === undefined || sameJson(known, value)) merged[word] = value
    else if (greatest.has(word)) merged[word] = Math.max(Number(known), Number(value))
    else if (least.has(word)) merged[word] = Math.min(Number(known), Number(value))
    else if (word === "required") merged[word] = [...new Set([...listOf(known), ...listOf(value)])]
    else if (word === "properties") merged[word] = mergeProperties(toSchema(known), toSchema(value))
    else if (word === "type" && [known, value].includes("integer") && [known, value].includes("number")) merged[word] = "integer"
    else if (word === "allOf") merged[word] = [...listOf(known), ...listOf(value)]
    else merged["allOf"] = [...listOf(merged["allOf"]), { [word]: value }]
  }
  return merged
}

function mergeProperties(a: JsonSchema, b: JsonSchema): JsonSchema {
  const both = Object.keys(b).map((name) => {
    const demands = [a[name], b[name]].filter((schema) => schema !== undefined)
    return [name, { allOf: demands.map(toSchema) }] as const
  })
  return { ...a, ...Object.fromEntries(both) }
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

export function listOf(value: Json | undefined): readonly Json[] {
  return isList(value) ? value : []
}

/** The ways in which a value may fit: each is a schema without alternatives at its top. */
export function alternatives({ root, schema }: Place): readonly Place[] {
  const { anyOf, oneOf, type, ...rest } = plain({ root, schema })
  const word = isList(anyOf) ? { anyOf, oneOf } : { anyOf: oneOf, oneOf: undefined }
  if (isList(word.anyOf)) {
    const others: JsonSchema = { ...rest, type, oneOf: word.oneOf }
    return word.anyOf.flatMap((part) => alternatives({ root, schema: { allOf: [others, toSchema(part)] } }))
  }
  const types = isList(type) ? type : [type]
  return types.map((one) => ({ root, schema: { ...rest, ...(one === undefined ? {} : { type: one }) } }))
}
