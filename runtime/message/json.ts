// What a payload, a row and a reply may hold: exactly what JSON carries there and back, so that a replayed row equals
// the live one (G11).
import { Fault } from "../kernel/fault.ts"

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json | undefined }

/** A state, payload or answer holds something that JSON would drop or change. */
export class NotJson extends Fault {
  readonly _tag = "NotJson"
  readonly code = "NOT_JSON"
  readonly retry = "never"
}

const depthMax = 64

/** Throws NotJson, naming `what` and the path, unless the value survives JSON unchanged. */
export function checkJson(value: unknown, what: string): void {
  // Nearly all values are JSON, and each one is looked at: the path is put together only for one that is not.
  if (!isJson(value, 0)) explain(value, what, "", 0)
}

function isJson(value: unknown, depth: number): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true
  if (typeof value === "number") return Number.isFinite(value)
  if (typeof value !== "object" || depth > depthMax) return false
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) if (!isJson(value[index], depth + 1)) return false
    return true
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return false
  const fields = value as Readonly<Record<string, unknown>> // cast: an object that is no array
  for (const name in fields) {
    const item = fields[name]
    if (item !== undefined && !isJson(item, depth + 1)) return false
  }
  return true
}

/** Throws for the first thing that is no JSON. */
function explain(value: unknown, what: string, path: string, depth: number): void {
  if (value === null || typeof value === "string" || typeof value === "boolean") return
  if (typeof value === "number" && Number.isFinite(value)) return
  if (typeof value !== "object") return refuse(value, what, path)
  if (depth > depthMax)
    throw new NotJson(`${what}${at(path)} is nested deeper than ${depthMax} levels; its record is parked`)
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) explain(item, what, `${path}[${index}]`, depth + 1)
    return
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return refuse(value, what, path)
  for (const [name, item] of Object.entries(value)) {
    if (item !== undefined) explain(item, what, `${path}.${name}`, depth + 1)
  }
}

function refuse(value: unknown, what: string, path: string): never {
  const kind = typeof value === "object" ? (value?.constructor.name ?? "object") : typeof value
  const shown = typeof value === "number" ? String(value) : `a ${kind}`
  throw new NotJson(
    `${what}${at(path)} is ${shown}, which JSON cannot carry; its record is parked`,
  )
}

function at(path: string): string {
  return path === "" ? "" : ` at "${path.replace(/^\./, "")}"`
}
