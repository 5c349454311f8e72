// How a team watches a choreography: `monitor(name, { machine, events })`. The machine says what should happen to each
// order and within which time; the monitor follows it and raises what is late or out of contract. It commands nothing.
import { type Duration, durationMs } from "../../runtime/kernel/duration.ts"
import { InvalidInput } from "../../runtime/kernel/fault.ts"
import { limits } from "../../runtime/kernel/limits.ts"
import type { ActorLogic } from "../../runtime/actor/logic.ts"
import { type Command, query } from "../../runtime/message/contract.ts"
import { checkName } from "../../runtime/message/key.ts"
import type { Json } from "../../runtime/message/json.ts"
import type { Schema } from "../../runtime/message/schema.ts"
import { type MonitorMachine, observingMachine } from "../machine/monitor-machine.ts"
import { monitorActor, type WatchedEvent } from "./monitor-actor.ts"

type PayloadOf<Watched> = Watched extends { readonly schema: Schema<infer Payload> } ? Payload : never

export interface MonitorOptions<Watched extends WatchedEvent> {
  /**
   * What should happen: a chart as plain data, or an XState machine, whose guards and `assign` get `{ type, payload }`.
   * Its `after` are deadlines. It begins with the first event of a key.
   */
  readonly machine: MonitorMachine
  /** What it sees: every event that the machine names, and those it names nowhere are always out of contract. */
  readonly events: readonly Watched[]
  /** What an event is about. Default: its subject, which a contract sets with `event(name, schema, { key })`. */
  readonly key?: (payload: PayloadOf<Watched>, subject: string) => string
  /** For how long a key is kept after its machine has come to its end. Default: `limits.endedMonitorKeptDays`. */
  readonly keep?: Duration
}

export interface Monitor {
  readonly name: string
  /** The monitor as an actor, for an app's `services`. */
  readonly logic: ActorLogic
  /** Asks where a key stands: a `MonitorRow`, or null if nothing of it was seen. */
  where(key: string): Command<Json>
}

/** Throws InvalidInput on a machine that acts, or that waits for an event which it would not see. */
export function monitor<Watched extends WatchedEvent>(name: string, options: MonitorOptions<Watched>): Monitor {
  checkName("monitor", name)
  const { events, key, keep = `${limits.endedMonitorKeptDays} days` } = options
  const machine = observingMachine(name, options.machine)
  const seen = new Set(events.map(({ eventName }) => eventName))
  const blind = machine.events.filter((event) => !seen.has(event))
  if (blind.length > 0)
    throw new InvalidInput(`monitor ${name}: its machine waits for ${blind.join(", ")}, and it is not given them`)
  // cast: a payload is parsed with its own event's schema before it is handed over
  const keyOf = key as ((payload: unknown, subject: string) => string) | undefined
  const logic = monitorActor({ name, machine, events, keyOf, keptMs: durationMs(keep) })
  return { name, logic, where: (watched) => query(name, watched) }
}
