// What a schema refuses that another one takes. Sound for what schema libraries write about payloads; a word that is not
// known here and differs is told as not comparable, never passed over.
import type { Json } from "../message/json.ts"
import type { JsonSchema } from "../message/json-schema.ts"
import { alternatives, isList, isObject, listOf, type Place, sameJson, toSchema } from "./schema-form.ts"

export interface Difference {
  /** "narrower": some values are refused. "unknown": nobody can tell. */
  readonly kind: "narrower" | "unknown"
  /** Where in the payload: `lines[].sku`; "" for the payload itself. */
  readonly path: string
  /** What `to` does there, such as "needs it, and it may be missing". */
  readonly message: string
}

interface Comparing {
  readonly path: string
  /** Pairs of schemas that are being compared: a schema may hold itself. */
  readonly open: ReadonlySet<string>
}

/** What `to` refuses of what `from` takes. New optional fields do not count, although `from` left them open. */
export function refusals(from: JsonSchema, to: JsonSchema): readonly Difference[] {
  return compare({ root: from, schema: from }, { root: to, schema: to }, { path: "", open: new Set() })
}

function compare(from: Place, to: Place, at: Comparing): readonly Difference[] {
  const pair = JSON.stringify([from.schema, to.schema])
  if (at.open.has(pair)) return []
  const inside = { ...at, open: new Set([...at.open, pair]) }
  const ways = alternatives(to)
  return alternatives(from).flatMap((one) => {
    const tried = ways.map((way) => compareOne(one, way, inside))
    // The way that comes nearest says best what is wrong.
    return tried.reduce((best, next) => (score(next) < score(best) ? next : best))
  })
}

function score(differences: readonly Difference[]): number {
  return differences.reduce((sum, { message }) => sum + (message.startsWith(typeChanged) ? 100 : 1), 0)
}

const typeChanged = "wants"

function compareOne(from: Place, to: Place, at: Comparing): readonly Difference[] {
  const a = from.schema
  const b = to.schema
  if ("not" in a && sameJson(a["not"], {})) return []
  const values = valuesOf(a)
  const type = values !== undefined && a["type"] === undefined ? [] : compareTypes(a["type"], b["type"], at)
  if (type.length > 0) return type
  const allowed = valuesOf(b)
  if (allowed !== undefined) {
    if (values === undefined) return [narrower(at, `takes only ${show(allowed)}`)]
    const refused = values.filter((value) => !allowed.some((other) => sameJson(value, other)))
    return refused.length === 0 ? [] : [narrower(at, `refuses ${show(refused)}`)]
  }
  // Its values are few and known: bounds that they meet do not matter.
  if (values !== undefined) return values.flatMap((value) => (mayFit(value, b) ? [] : [narrower(at, `refuses ${show([value])}`)]))
  return [...compareBounds(a, b, at), ...compareObjects(from, to, at), ...compareItems(from, to, at), ...compareRest(a, b, at)]
}

function compareTypes(from: Json | undefined, to: Json | undefined, at: Comparing): readonly Difference[] {
  if (to === undefined || from === to || (from === "integer" && to === "number")) return []
  return [narrower(at, `${typeChanged} ${show([to])}, and may get ${from === undefined ? "any type" : show([from])}`)]
}

function valuesOf({ const: only, enum: several }: JsonSchema): readonly Json[] | undefined {
  if (only !== undefined) return [only]
  return isList(several) ? several : undefined
}

function mayFit(value: Json, { type, minLength, maxLength, minimum, maximum, pattern }: JsonSchema): boolean {
  if (type !== undefined && type !== typeOf(value) && !(type === "number" && typeOf(value) === "integer")) return false
  if (typeof value === "string") {
    const length = Array.from(value).length
    return length >= bound(minLength, -Infinity) && length <= bound(maxLength, Infinity) && fitsPattern(value, pattern)
  }
  return typeof value !== "number" || (value >= bound(minimum, -Infinity) && value <= bound(maximum, Infinity))
}

function typeOf(value: Json): string {
  if (value === null) return "null"
  if (Array.isArray(value)) return "array"
  return typeof value === "number" && Number.isInteger(value) ? "integer" : typeof value
}

function fitsPattern(value: string, pattern: Json | undefined): boolean {
  return typeof pattern !== "string" || new RegExp(pattern, "u").test(value)
}

function bound(value: Json | undefined, none: number): number {
  return typeof value === "number" ? value : none
}

const lowerBounds = ["minLength", "minItems", "minProperties"]
const upperBounds = ["maxLength", "maxItems", "maxProperties"]

function compareBounds(from: JsonSchema, to: JsonSchema, at: Comparing): readonly Difference[] {
  const found: Difference[] = []
  const wanted = (word: string) => narrower(at, `wants ${word} ${show([to[word] ?? null])}`)
  for (const word of lowerBounds) if (bound(to[word], 0) > bound(from[word], 0)) found.push(wanted(word))
  for (const word of upperBounds) if (bound(to[word], Infinity) < bound(from[word], Infinity)) found.push(wanted(word))
  const isInteger = from["type"] === "integer"
  if (lowest(from, isInteger) < lowest(to, isInteger)) found.push(narrower(at, "has a higher lower bound"))
  if (highest(from, isInteger) > highest(to, isInteger)) found.push(narrower(at, "has a lower upper bound"))
  const { multipleOf } = to
  if (typeof multipleOf === "number" && bound(from["multipleOf"], Number.NaN) % multipleOf !== 0)
    found.push(narrower(at, `wants a multiple of ${multipleOf}`))
  return found
}

/** Above 1 exclusively is from 2 on for whole numbers, and a hair above 1 for others. */
function lowest({ minimum, exclusiveMinimum }: JsonSchema, isInteger: boolean): number {
  const above = bound(exclusiveMinimum, -Infinity)
  return Math.max(bound(minimum, -Infinity), isInteger ? Math.floor(above) + 1 : above + hair(above))
}

function highest({ maximum, exclusiveMaximum }: JsonSchema, isInteger: boolean): number {
  const below = bound(exclusiveMaximum, Infinity)
  return Math.min(bound(maximum, Infinity), isInteger ? Math.ceil(below) - 1 : below - hair(below))
}

function hair(value: number): number {
  return Number.isFinite(value) ? Math.max(Math.abs(value) * Number.EPSILON, Number.MIN_VALUE) : 0
}

function compareObjects(from: Place, to: Place, at: Comparing): readonly Difference[] {
  const before = toSchema(from.schema["properties"])
  const after = toSchema(to.schema["properties"])
  const [wasRest, isRest] = [from.schema["additionalProperties"], to.schema["additionalProperties"]]
  const required = new Set(listOf(from.schema["required"]))
  const found: Difference[] = []
  for (const name of listOf(to.schema["required"]))
    if (typeof name === "string" && !required.has(name))
      found.push(narrower(inField(at, name), "needs it, and it may be missing"))
  const step = (a: Json | undefined, b: Json | undefined, where: Comparing) =>
    compare({ root: from.root, schema: toSchema(a) }, { root: to.root, schema: toSchema(b) }, where)
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const where = inField(at, name)
    if (!(name in before)) {
      if (isObject(wasRest)) found.push(...step(wasRest, after[name], where))
    } else if (name in after) found.push(...step(before[name], after[name], where))
    else if (isRest === false) found.push(narrower(where, "refuses it"))
    else if (isObject(isRest)) found.push(...step(before[name], isRest, where))
  }
  if (isRest === false && wasRest !== false) found.push(narrower(at, "refuses further fields"))
  else if (isObject(isRest) && wasRest !== false) found.push(...step(wasRest, isRest, inField(at, "*")))
  return found
}

function compareItems(from: Place, to: Place, at: Comparing): readonly Difference[] {
  const before = listOf(from.schema["prefixItems"])
  const after = listOf(to.schema["prefixItems"])
  const found: Difference[] = []
  for (let n = 0; n < Math.max(before.length, after.length); n += 1) {
    const a = { root: from.root, schema: toSchema(before[n] ?? from.schema["items"]) }
    const b = { root: to.root, schema: toSchema(after[n] ?? to.schema["items"]) }
    found.push(...compare(a, b, { ...at, path: `${at.path}[${n}]` }))
  }
  const rest = { from: toSchema(from.schema["items"]), to: toSchema(to.schema["items"]) }
  const inside = { ...at, path: `${at.path}[]` }
  found.push(...compare({ root: from.root, schema: rest.from }, { root: to.root, schema: rest.to }, inside))
  if (to.schema["uniqueItems"] === true && from.schema["uniqueItems"] !== true) found.push(narrower(at, "refuses repeated items"))
  return found
}

const compared = new Set([
  "type", "const", "enum", "anyOf", "oneOf", "properties", "required", "additionalProperties", "items",
  "prefixItems", "uniqueItems", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
  ...lowerBounds, ...upperBounds,
])

/** A pattern that is new or another one refuses something; of any other word nobody knows. */
function compareRest(from: JsonSchema, to: JsonSchema, at: Comparing): readonly Difference[] {
  return Object.keys(to).flatMap((word) => {
    if (compared.has(word) || sameJson(from[word], to[word])) return []
    if (word === "pattern" || (word === "not" && sameJson(to[word], {}))) return [narrower(at, `has another ${word}`)]
    return [{ ...narrower(at, `has another "${word}", and nobody can tell what that means`), kind: "unknown" as const }]
  })
}

function narrower({ path }: Comparing, message: string): Difference {
  return { kind: "narrower", path, message }
}

function inField(at: Comparing, name: string): Comparing {
  return { ...at, path: at.path === "" ? name : `${at.path}.${name}` }
}

function show(values: readonly Json[]): string {
  return values.map((value) => JSON.stringify(value)).join(", ").slice(0, 200)
}
