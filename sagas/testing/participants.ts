// Participants of a saga as a script: what each answers, try by try, and how its answers go astray.
import { type Duration, durationMs } from "../../runtime/kernel/duration.ts"
import type { Json } from "../../runtime/message/json.ts"
import type { Outcome } from "../../runtime/message/outcome.ts"

/** What becomes of one try. */
export interface Try {
  /** Absent: no answer ever comes. */
  readonly outcome?: Outcome
  /** How long the answer takes; "late": until the try's time is over. Default: no time. */
  readonly takesMs?: number | "late"
  /** It comes twice. */
  readonly twice?: true
  /** The saga's process crashes as the answer comes, and goes on from what it had stored. */
  readonly crash?: true
}

/** What a participant does, one entry for each try of a command; the last one stands for all that follow. */
export type Behaviour = readonly Try[]

/** A command as a participant sees it. */
export interface Asked {
  readonly key: string
  readonly payload: Json
  /** Counts from 1. */
  readonly attempt: number
}

export type Script = Behaviour | ((asked: Asked) => Behaviour)

/**
 * By command, as `inventory.reserve`, or for one actor alone, as `inventory.reserve/P11`; `*` stands for every other
 * command. An undo that nothing is said about is done.
 */
export type Participants = Readonly<Record<string, Script>>

/** Does it, and answers this. */
export function succeed(answer: unknown = null): Behaviour {
  return [{ outcome: { type: "done", value: answer as Json } }] // cast: checked when the saga stores it
}

/** Declines for a business reason. */
export function refuse(code: string, detail: Json = null): Behaviour {
  return [{ outcome: { type: "refused", code, detail } }]
}

/** Fails on every try: its record is parked, and nobody knows whether it happened. */
export function fail(code = "FAILED", message = "it broke"): Behaviour {
  return [{ outcome: { type: "faulted", code, message } }]
}

/** Fails so often, and then does something else. */
export function failTimes(times: number, then: Behaviour = succeed()): Behaviour {
  return [...Array.from({ length: times }, () => fail()).flat(), ...then]
}

/** Never answers. */
export function hang(): Behaviour {
  return [{}]
}

/** One behaviour for each try. */
export function inTurn(...tries: readonly Behaviour[]): Behaviour {
  return tries.flat()
}

/** Answers when the try's time is just over. */
export function late(answer: Behaviour = succeed()): Behaviour {
  return answer.map((one) => ({ ...one, takesMs: "late" }))
}

/** Takes so long to answer. Tries that come meanwhile are answered at that time too: it is the same effect. */
export function slow(takes: Duration, answer: Behaviour = succeed()): Behaviour {
  return answer.map((one) => ({ ...one, takesMs: durationMs(takes) }))
}

/** Its answer comes twice. */
export function twice(answer: Behaviour = succeed()): Behaviour {
  return answer.map((one) => ({ ...one, twice: true }))
}

/**
 * The saga's process crashes as the answer comes: what it had stored is read back, and whatever was under way to it comes
 * again.
 */
export function crashThen(answer: Behaviour = succeed()): Behaviour {
  return answer.map((one) => ({ ...one, crash: true }))
}
