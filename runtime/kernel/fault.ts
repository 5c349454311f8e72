// The one family of errors that Troupe throws. A business outcome ("out of stock") is a value and never comes here:
// see message/outcome.ts. A fault says what happened, to which id, and what happens next.

import { limits } from "./limits.ts"

/** Whether trying the same thing again can help: at once, after a pause, or never. */
export type Retry = "now" | "later" | "never"

export abstract class Fault extends Error {
  abstract readonly _tag: string
  /** Stable and upper-case: what logs, metrics and runbooks refer to. */
  abstract readonly code: string
  abstract readonly retry: Retry
  override get name(): string {
    return this._tag
  }
}

/** What the caller handed over breaks the contract of the function it was handed to: a definition, an option, an id. */
export class InvalidInput extends Fault {
  readonly _tag = "InvalidInput"
  readonly code = "INVALID_INPUT"
  readonly retry = "never"
}

/** Words for an unknown thrown value, without its stack; cut off, because they go into journals and replies. */
export function describeError(error: unknown): string {
  const text = error instanceof Error ? (error.message === "" ? error.name : error.message) : String(error)
  return text.length <= limits.errorTextMax ? text : `${text.slice(0, limits.errorTextMax)}...`
}
