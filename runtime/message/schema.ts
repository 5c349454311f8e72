// Any Standard Schema (Effect Schema, zod, valibot, arktype) describes a payload. https://standardschema.dev
import type { StandardSchemaV1 } from "@standard-schema/spec"
import { Fault } from "../kernel/fault.ts"

export type Schema<T> = StandardSchemaV1<unknown, T> | StandardSchemaV1<T, T>

/** A payload does not have the shape that its contract states. */
export class SchemaMismatch extends Fault {
  readonly _tag = "SchemaMismatch"
  readonly code = "SCHEMA_MISMATCH"
  readonly retry = "never"
}

/** The value as the schema reads it. Throws SchemaMismatch, naming `what` and the path, or InvalidInput-like defects never. */
export function parse<T>(schema: Schema<T>, value: unknown, what: string): T {
  const result = schema["~standard"].validate(value)
  if (result instanceof Promise) {
    throw new SchemaMismatch(`${what}: its schema validates asynchronously; the runtime needs a synchronous one`)
  }
  if (result.issues === undefined) return result.value
  const [issue] = result.issues
  const path = (issue?.path ?? []).map((part) => String(typeof part === "object" ? part.key : part)).join(".")
  throw new SchemaMismatch(`${what}${path === "" ? "" : ` at "${path}"`}: ${issue?.message ?? "is not valid"}`)
}
