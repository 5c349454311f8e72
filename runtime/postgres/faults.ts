// What the database says when something goes wrong, and what the runtime makes of it.
import { Fault } from "../kernel/fault.ts"

/** The database is missing the runtime's tables, or has those of a newer release. */
export class SchemaUnusable extends Fault {
  readonly _tag = "SchemaUnusable"
  readonly code = "POSTGRES_SCHEMA"
  readonly retry = "later"
}

/** The inbox and the journal do not belong together, or this process was replaced while it stood still. */
export class InboxMismatch extends Fault {
  readonly _tag = "InboxMismatch"
  readonly code = "INBOX_MISMATCH"
  readonly retry = "later"
}

/** The database could not be used, or lost a conflict too often. The handler is called again by its policy. */
export class DatabaseUnavailable extends Fault {
  readonly _tag = "DatabaseUnavailable"
  readonly code = "POSTGRES_UNAVAILABLE"
  readonly retry = "later"
}

/** A constraint does not hold, and what was handled cannot be refused. */
export class ConstraintViolated extends Fault {
  readonly _tag = "ConstraintViolated"
  readonly code = "CONSTRAINT_VIOLATED"
  readonly retry = "never"
}

/** A handler held up others for too long, or its attempt was over. */
export class HandlerTooSlow extends Fault {
  readonly _tag = "HandlerTooSlow"
  readonly code = "HANDLER_TOO_SLOW"
  readonly retry = "later"
}

const kinds = {
  "23502": "not null", "23503": "foreign key", "23505": "unique", "23514": "check", "23P01": "exclusion",
} as const

/** Which constraint of which table does not hold. */
export interface ConstraintViolation {
  readonly kind: (typeof kinds)[keyof typeof kinds] | "other"
  readonly constraint: string | undefined
  readonly table: string | undefined
  readonly column: string | undefined
}

/** The error that a driver threw, also when a query builder put it into one of its own. */
function databaseError(error: unknown): Readonly<Record<string, unknown>> | undefined {
  let found: unknown = error
  for (let depth = 0; depth < 8 && typeof found === "object" && found !== null; depth += 1) {
    const fields = found as Readonly<Record<string, unknown>> // cast: any object may be looked at
    const code = fields["code"]
    if (typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) && !(found instanceof Fault)) return fields
    found = fields["cause"]
  }
  return undefined
}

/** The SQLSTATE, if the server sent the error. */
export function sqlState(error: unknown): string | undefined {
  const code = databaseError(error)?.["code"]
  // EPIPE is a connection's, and would read like one.
  return typeof code === "string" && code !== "EPIPE" ? code : undefined
}

/** The whole transaction lost a conflict; the same work, done again, may win it. */
export function isConflict(error: unknown): boolean {
  return ["40001", "40P01", "55P03"].includes(sqlState(error) ?? "")
}

export function violationOf(error: unknown): ConstraintViolation | undefined {
  const fields = databaseError(error)
  const state = sqlState(error)
  if (fields === undefined || state === undefined || !state.startsWith("23")) return undefined
  const text = (name: string) => (typeof fields[name] === "string" ? fields[name] : undefined)
  const kind = Object.hasOwn(kinds, state) ? kinds[state as keyof typeof kinds] : "other" // cast: it is one of them
  return { kind, constraint: text("constraint"), table: text("table"), column: text("column") }
}
