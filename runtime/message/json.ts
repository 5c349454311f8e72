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
export function checkJson(value: unknown, what: string, path = "", depth = 0): void {
  if (value === null || typeof value === "string" || typeof value === "boolean") return
  if (typeof value === "number" && Number.isFinite(value)) return
  if (typeof value !== "object") return refuse(value, what, path)
  if (depth > depthMax)
    throw new NotJson(`${what}${at(path)} is nested deeper than ${depthMax} levels; its record is parked`)
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) checkJson(item, what, `${path}[${index}]`, depth + 1)
    return
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return refuse(value, what, path)
  for (const [name, item] of Object.entries(value)) {
    if (item !== undefined) checkJson(item, what, `${path}.${name}`, depth + 1)
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
