// A service's own timers: durable, never early, set and cancelled as part of a decision.
import { InvalidInput } from "../kernel/fault.ts"
import type { Json } from "../message/json.ts"
import { checkKey, checkName } from "../message/key.ts"
import { parse, type Schema } from "../message/schema.ts"

export type TimerChange =
  | { readonly type: "set"; readonly name: string; readonly dueMs: number; readonly payload: Json }
  | { readonly type: "cancel"; readonly name: string }

export interface TimerContract<Payload> {
  readonly timerName: string
  readonly schema: Schema<Payload>
  /**
   * Sets the timer, or sets it anew, for `dueMs` (ms since 1970; `context.nowMs + 60_000` is in a minute). An actor has one
   * of each name, or one for each `id`.
   */
  at(dueMs: number, payload: Payload, id?: string): TimerChange
  /** Cancels it. A cancelled timer never fires, also if it was due already. */
  cancel(id?: string): TimerChange
}

/** Declares a timer: `const Remind = timer("remind", Schema.Struct({ text: Schema.String }))`. Throws InvalidInput. */
export function timer<Payload>(name: string, schema: Schema<Payload>): TimerContract<Payload> {
  checkName("timer", name)
  return {
    timerName: name,
    schema,
    at(dueMs, payload, id) {
      if (!Number.isSafeInteger(dueMs)) throw new InvalidInput(`timer ${name}: ${dueMs} is not a time in whole milliseconds`)
      // cast: that it survives JSON is checked when the decision is
      const checked = parse(schema, payload, `timer ${name}`) as Json
      return { type: "set", name: fullName(name, id), dueMs, payload: checked }
    },
    cancel: (id) => ({ type: "cancel", name: fullName(name, id) }),
  }
}

/** The name that was declared, of a timer as it is stored. */
export function timerKind(fullTimerName: string): string {
  const colon = fullTimerName.indexOf(":")
  return colon === -1 ? fullTimerName : fullTimerName.slice(0, colon)
}

function fullName(name: string, id: string | undefined): string {
  if (id === undefined) return name
  checkKey(id)
  return `${name}:${id}`
}
