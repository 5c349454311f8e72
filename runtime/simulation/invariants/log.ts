// What the journals say, read once for all checks: what was decided of each effect, and what each saga did, in order.
import type { History } from "../history.ts"
import type { Entry, ParkedEntry } from "../../message/block.ts"
import type { Json } from "../../message/json.ts"
import { addressText } from "../../message/message.ts"
import type { Outcome } from "../../message/outcome.ts"
import { type JournalOf, journalsOf, type Place } from "./journals.ts"

/** How an effect was decided at an actor. */
export interface DecidedEffect extends Place {
  readonly effect: string
  readonly outcome: Outcome
  /** It came from outside the app. */
  readonly external: boolean
}

export interface Log {
  readonly journals: ReadonlyMap<string, JournalOf>
  /** Every time that an effect was decided, by its key: there should be one. */
  readonly decided: ReadonlyMap<string, readonly DecidedEffect[]>
  readonly parked: ReadonlyMap<string, ParkedEntry>
  /** Ids of events that were decided, without their source, and the names of those events. */
  readonly events: ReadonlySet<string>
  readonly eventNames: ReadonlySet<string>
  /** The entries of each saga, by `service/key`. */
  readonly sagas: ReadonlyMap<string, readonly Place[]>
  /** External commands in the order in which each actor decided them. */
  readonly order: ReadonlyMap<string, readonly string[]>
}

class LogReader implements Log {
  readonly journals: ReadonlyMap<string, JournalOf>
  readonly decided = new Map<string, DecidedEffect[]>()
  readonly parked = new Map<string, ParkedEntry>()
  readonly events = new Set<string>()
  readonly eventNames = new Set<string>()
  readonly sagas = new Map<string, Place[]>()
  readonly order = new Map<string, string[]>()
  readonly #sagaNames: ReadonlyMap<string, ReadonlySet<string>>
  /** Records from outside that wait in mailboxes: what they are of is told where they went in. */
  readonly #heldExternal = new Set<string>()

  constructor(history: History) {
    this.journals = journalsOf(history)
    this.#sagaNames = new Map(history.run.apps.map(({ app, sagas }) => [app, new Set(sagas)]))
    for (const journal of this.journals.values()) {
      const sagaNames = this.#sagaNames.get(journal.app) ?? new Set()
      for (const place of journal.places) this.#read(place, sagaNames)
    }
  }

  #read(place: Place, sagaNames: ReadonlySet<string>): void {
    const { entry, row } = place
    const { by, to, parked } = entry
    if (parked !== undefined) this.parked.set(parked.id, parked)
    if (by?.type === "event" && by.id !== undefined && by.name !== undefined) {
      this.events.add(by.id.slice(by.id.lastIndexOf("/") + 1))
      this.eventNames.add(by.name)
    }
    if (to === undefined) {
      const record = isExternal(entry) ? parked?.record : undefined
      if (record?.type === "command") this.#ordered(addressText(record.to), record.effect)
      return
    }
    if (sagaNames.has(to.service)) put(this.sagas, row, place)
    if (by?.type === "command") this.#command(place)
  }

  #command(place: Place): void {
    const { entry, row } = place
    const effect = commandEffect(entry)
    if (effect === undefined) return
    const heldId = `${row} ${effect}`
    if (entry.hold !== undefined) {
      if (isExternal(entry)) this.#heldExternal.add(heldId)
      return
    }
    const external = isExternal(entry) || this.#heldExternal.has(heldId)
    if (external) this.#ordered(row, effect)
    const memory = entry.effects?.find(([key]) => key === effect)?.[1]
    if (memory?.outcome === undefined || memory.undone === true) return
    put(this.decided, effect, { entry, block: place.block, row, effect, outcome: memory.outcome, external })
  }

  #ordered(row: string, effect: string): void {
    put(this.order, row, effect)
  }
}

const logs = new WeakMap<History, Log>()

/** Read once for each history, however many checks want it. */
export function readLog(history: History): Log {
  let log = logs.get(history)
  if (log === undefined) logs.set(history, (log = new LogReader(history)))
  return log
}

/** The effect key of the command that an entry decides. */
export function commandEffect({ by, effects }: Entry): string | undefined {
  return by?.id ?? effects?.[0]?.[0]
}

export function isExternal({ from }: Entry): boolean {
  return from[0]?.[0].startsWith("stream:external:") === true
}

/** How a saga's state says that it has ended; undefined while it is under way. */
export function endOf(state: Json | undefined): { readonly outcome: string; readonly text: string } | undefined {
  const ended = memberOf(state, "ended")
  const outcome = memberOf(ended, "outcome")
  return typeof outcome === "string" ? { outcome, text: JSON.stringify(ended) } : undefined
}

/** A member of a saga's state, such as `failure` or `parked`. */
export function memberOf(state: Json | undefined, name: string): Json | undefined {
  if (typeof state !== "object" || state === null || Array.isArray(state)) return undefined
  return (state as { readonly [name: string]: Json | undefined })[name] // cast: it is no list
}

export function put<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const known = map.get(key)
  if (known === undefined) map.set(key, [value])
  else known.push(value)
}
