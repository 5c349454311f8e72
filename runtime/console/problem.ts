// What a request is refused with: a problem document (RFC 9457) with a stable code and words that say what to do.
import { Overloaded } from "../host/client-faults.ts"
import { OperationRefused } from "../host/operator.ts"
import { Fault, InvalidInput } from "../kernel/fault.ts"
import { NotJson, type Json } from "../message/json.ts"
import { SchemaMismatch } from "../message/schema.ts"

/** A request is not answered as it asks. */
export class Refused extends Fault {
  readonly _tag = "Refused"
  readonly retry = "never"
  readonly status: number
  readonly code: string
  readonly outcome: Json | undefined

  constructor(status: number, code: string, message: string, outcome?: Json) {
    super(message)
    this.status = status
    this.code = code
    this.outcome = outcome
  }
}

export function notFound(what: string): Refused {
  return new Refused(404, "NOT_FOUND", `there is no ${what}`)
}

export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly retryAfterMs?: number
  readonly outcome?: Json
}

const titles: Readonly<Record<number, string>> = {
  400: "The request is not as it should be",
  401: "Sign in",
  403: "Not allowed",
  404: "There is no such thing",
  405: "Not by this method",
  409: "Refused",
  413: "Too large",
  415: "Not JSON",
  429: "Too much at once",
  500: "A defect of the console",
  503: "Not now",
}

/** Of whatever was thrown. What is none of Troupe's faults says nothing of itself: `isDefect`. */
export function problemOf(error: unknown): { readonly problem: Problem; readonly isDefect: boolean } {
  if (error instanceof Refused) {
    const more = error.outcome === undefined ? {} : { outcome: error.outcome }
    return { problem: { ...problem(error.status, error.code, error.message), ...more }, isDefect: false }
  }
  if (error instanceof Overloaded) {
    const { code, message, retryAfterMs } = error
    return { problem: { ...problem(429, code, message), retryAfterMs }, isDefect: false }
  }
  if (error instanceof InvalidInput || error instanceof SchemaMismatch || error instanceof NotJson)
    return { problem: problem(400, error.code, error.message), isDefect: false }
  if (error instanceof OperationRefused) return { problem: problem(409, error.code, error.message), isDefect: false }
  if (error instanceof Fault && error.retry !== "never")
    return { problem: problem(503, error.code, error.message), isDefect: false }
  return { problem: problem(500, "INTERNAL", "the console failed at this request; its log says why"), isDefect: true }
}

function problem(status: number, code: string, detail: string): Problem {
  return { type: `urn:troupe:problem:${code.toLowerCase()}`, title: titles[status] ?? "Refused", status, code, detail }
}
