// Plays a recording to a definition, as the engine would have: does it decide the same today?
import { describeError } from "../../runtime/kernel/fault.ts"
import type { ActorLogic } from "../../runtime/actor/logic.ts"
import type { Json } from "../../runtime/message/json.ts"
import { BadRecording, followed, readRecording } from "./recording.ts"

export type Replayed =
  | { readonly same: true; readonly decisions: number }
  | {
      readonly same: false
      /** Which of the recording's entries is decided otherwise, from 0. */
      readonly entry: number
      /** What differs, such as `send[0].payload.cents`. */
      readonly path: string
      /** Undefined: it is not there. */
      readonly recorded: Json | undefined
      readonly now: Json | undefined
    }

/**
 * The first difference, if there is one: in commands and their effect keys, events, timers, answers or the end. The state is
 * not compared, so steps may have other names. Throws BadRecording on what is no recording of this saga, or was changed.
 */
export function replay({ logic }: { readonly logic: ActorLogic }, recording: unknown): Replayed {
  const { saga, key, entries } = readRecording(recording)
  if (logic.service !== saga) throw new BadRecording(`the recording is of saga ${saga}, and not of ${logic.service}`)
  const self = { service: saga, key }
  let state: Json | undefined
  for (const [entry, { atMs, message, did }] of entries.entries()) {
    let now: Json
    try {
      const decision = logic.decide(state, message, { self, nowMs: atMs })
      if (decision.state !== state) state = throughJson(decision.state)
      now = followed(decision)
    } catch (error) {
      now = { threw: describeError(error) }
    }
    const found = firstDifference(did, now, "")
    if (found !== undefined) return { same: false, entry, ...found }
  }
  return { same: true, decisions: entries.length }
}

/** As the journal would hand it back. */
function throughJson(state: Json | undefined): Json | undefined {
  return state === undefined ? undefined : (JSON.parse(JSON.stringify(state)) as Json) // cast: it was JSON before
}

interface Difference {
  readonly path: string
  readonly recorded: Json | undefined
  readonly now: Json | undefined
}

function firstDifference(recorded: Json | undefined, now: Json | undefined, path: string): Difference | undefined {
  if (recorded === now) return undefined
  const [a, b] = [fieldsOf(recorded), fieldsOf(now)]
  if (a === undefined || b === undefined || Array.isArray(recorded) !== Array.isArray(now)) return { path, recorded, now }
  for (const name of new Set([...a.keys(), ...b.keys()])) {
    const inner = Array.isArray(recorded) ? `${path}[${name}]` : path === "" ? name : `${path}.${name}`
    const found = firstDifference(a.get(name), b.get(name), inner)
    if (found !== undefined) return found
  }
  return undefined
}

function fieldsOf(value: Json | undefined): ReadonlyMap<string, Json | undefined> | undefined {
  return typeof value === "object" && value !== null ? new Map(Object.entries(value)) : undefined
}
