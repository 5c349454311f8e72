// Writes what the journals say of sagas: how each stands, what it is found by, and where its decisions are. How one stands
// its actor type says.
import type { ActorLogic } from "../actor/logic.ts"
import type { Inspection, Wait } from "../actor/inspection.ts"
import type { Json } from "../message/json.ts"
import { addressText, parseAddress } from "../message/message.ts"
import type { Store } from "./store.ts"

/** Where a decision stands in the journals, and when it was made. */
export interface Place {
  readonly partition: number
  readonly sequence: number
  readonly place: number
  readonly atMs: number
}

/** A wait, and since when it is open, at the latest. */
export type WaitSince = Wait & { readonly sinceMs: number }

/** What is kept of a live saga beside what is searched. */
export interface SagaNotes {
  readonly waits: readonly WaitSince[]
  readonly definition?: NonNullable<Inspection["definition"]>
  readonly deadlineMs?: number
  readonly parents?: readonly string[]
  readonly children?: Inspection["children"]
}

interface Known {
  readonly id: number
  readonly state: number
  readonly ended_ms: number | null
  readonly detail: string | null
  readonly attributes: string | null
  readonly sequence: number
  readonly place: number
  readonly live_sequence: number | null
  readonly live_place: number | null
}

/** What happened to a saga's phase, for those who count. */
export interface Changed {
  readonly saga: string
  readonly started: boolean
  readonly ended?: string
}

const stateTextMax = 500

export class SagaWriter {
  readonly #store: Store
  readonly #logics: ReadonlyMap<string, ActorLogic>
  readonly #states = new Map<string, number>()

  /** `logics`: the sagas among the app's actor types. */
  constructor(store: Store, logics: ReadonlyMap<string, ActorLogic>) {
    this.#store = store
    this.#logics = logics
  }

  isSaga(service: string): boolean {
    return this.#logics.has(service)
  }

  /** A state that was decided; with `carried`, one that compaction wrote again. Gives the id of its state. */
  write(row: string, state: Json, at: Place, carried: boolean): Changed | undefined {
    const { service, key } = parseAddress(row)
    const known = this.#known(service, key)
    if (carried && known !== undefined) {
      this.#store.run("UPDATE saga SET sequence = ?, place = ? WHERE id = ?", at.sequence, at.place, known.id)
      return undefined
    }
    const seen = this.#inspect(service, key, state)
    if (seen === undefined) return undefined
    const id = this.#put({ service, key }, seen, at, { known, carried })
    this.#putAttributes(id, known, seen)
    const isOver = seen.endedMs !== undefined && (known === undefined || known.ended_ms === null)
    return {
      saga: service,
      started: known === undefined && !carried,
      ...(isOver && !carried ? { ended: seen.phase } : {}),
    }
  }

  /** Notes where a decision on a saga stands; behind `write`, if it changed the state. */
  decided(row: string, { sequence, place }: Place, changed: boolean): void {
    const { service, key } = parseAddress(row)
    const known = this.#known(service, key)
    if (known === undefined) return
    const sql = "INSERT OR REPLACE INTO decision (saga, sequence, place, state) VALUES (?, ?, ?, ?)"
    this.#store.run(sql, known.id, sequence, place, changed ? known.state : 0)
  }

  forget(row: string): void {
    const { service, key } = parseAddress(row)
    const known = this.#known(service, key)
    if (known === undefined) return
    this.#removeAttributes(known)
    this.#store.run("DELETE FROM decision WHERE saga = ?", known.id)
    this.#store.run("DELETE FROM saga WHERE id = ?", known.id)
  }

  /** Forgets what was remembered of the tables. */
  reset(): void {
    this.#states.clear()
  }

  #known(service: string, key: string): Known | undefined {
    return this.#store.get<Known>(
      `SELECT id, state, ended_ms, detail, attributes, sequence, place, live_sequence, live_place
       FROM saga WHERE saga = ? AND key = ?`, service, key,
    )
  }

  /** A state that its actor type cannot read, because another release wrote it, is left as it was known. */
  #inspect(service: string, key: string, state: Json): Inspection | undefined {
    try {
      return this.#logics.get(service)?.inspect?.(state, { service, key })
    } catch {
      return undefined
    }
  }

  #put(
    { service, key }: { readonly service: string; readonly key: string },
    seen: Inspection,
    at: Place,
    { known, carried }: { readonly known: Known | undefined; readonly carried: boolean },
  ): number {
    const { startedMs, endedMs, reason, parked } = seen
    const state = this.#stateId(seen)
    const notes = endedMs === undefined ? notesOf(seen, known, at.atMs) : undefined
    const dueMs = notes === undefined ? undefined : dueOf(seen)
    const live = endedMs === undefined || known === undefined
      ? [null, null]
      : known.ended_ms === null ? [known.sequence, known.place] : [known.live_sequence, known.live_place]
    const values = [
      state, startedMs, carried ? (endedMs ?? at.atMs) : at.atMs, endedMs ?? null, dueMs ?? null, reason ?? null,
      parked?.code ?? null, parked === undefined ? null : JSON.stringify(parked),
      notes === undefined ? null : JSON.stringify(notes), notes === undefined ? null : wordsOf(seen),
      attributesText(seen), at.sequence, at.place, live[0] ?? null, live[1] ?? null,
    ]
    const version = seen.definition?.version
    if (known === undefined) return this.#store.run(insert, service, key, at.partition, version ?? null, ...values)
    this.#store.run(update, version ?? null, ...values, known.id)
    return known.id
  }

  #putAttributes(id: number, known: Known | undefined, seen: Inspection): void {
    const text = attributesText(seen)
    if (text === (known?.attributes ?? null)) return
    if (known !== undefined) this.#removeAttributes(known)
    for (const [name, value] of Object.entries(seen.attributes))
      this.#store.run("INSERT OR REPLACE INTO attribute (name, value, saga) VALUES (?, ?, ?)", name, stored(value), id)
  }

  #removeAttributes({ id, attributes }: Known): void {
    if (attributes === null) return
    const before = JSON.parse(attributes) as Inspection["attributes"] // cast: written by this class
    for (const [name, value] of Object.entries(before))
      this.#store.run("DELETE FROM attribute WHERE name = ? AND value = ? AND saga = ?", name, stored(value), id)
  }

  #stateId({ phase, state }: Inspection): number {
    const text = state.slice(0, stateTextMax)
    const name = `${phase} ${text}`
    const known = this.#states.get(name)
    if (known !== undefined) return known
    this.#store.run("INSERT OR IGNORE INTO state (phase, text) VALUES (?, ?)", phase, text)
    const { id = 0 } = this.#store.get<{ id: number }>("SELECT id FROM state WHERE phase = ? AND text = ?", phase, text) ?? {}
    this.#states.set(name, id)
    return id
  }
}

const columns = [
  "state", "started_ms", "changed_ms", "ended_ms", "due_ms", "reason", "parked", "stop", "detail", "awaits", "attributes",
  "sequence", "place", "live_sequence", "live_place",
]
const insert =
  `INSERT INTO saga (saga, key, partition, version, ${columns.join(", ")}) VALUES (?, ?, ?, ?${", ?".repeat(columns.length)})`
// What has ended may say no more by which version it was decided.
const update =
  `UPDATE saga SET version = coalesce(?, version), ${columns.map((column) => `${column} = ?`).join(", ")} WHERE id = ?`

function attributesText({ attributes }: Inspection): string | null {
  return Object.keys(attributes).length === 0 ? null : JSON.stringify(attributes)
}

/** As a search compares them: a boolean is a text. */
function stored(value: string | number | boolean): string | number {
  return typeof value === "boolean" ? String(value) : value
}

/** What was open before is open since then. */
function notesOf(seen: Inspection, known: Known | undefined, atMs: number): SagaNotes {
  // cast: written by this function
  const before = known === undefined || known.detail === null ? undefined : (JSON.parse(known.detail) as SagaNotes)
  const since = new Map(before?.waits.map(({ effect, sinceMs }) => [effect, sinceMs]))
  const { definition, deadlineMs, parents, children } = seen
  return {
    waits: seen.waits.map((wait) => ({ ...wait, sinceMs: since.get(wait.effect) ?? atMs })),
    ...(definition === undefined ? {} : { definition }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    ...(parents.length === 0 ? {} : { parents }),
    ...(children.length === 0 ? {} : { children }),
  }
}

function dueOf({ waits, deadlineMs, parked }: Inspection): number | undefined {
  if (parked !== undefined) return undefined
  const due = [...waits.flatMap((wait) => wait.dueMs ?? []), ...(deadlineMs === undefined ? [] : [deadlineMs])]
  return due.length === 0 ? undefined : Math.min(...due)
}

/** Who has its commands, and the names of its waits, each between bars. */
function wordsOf({ waits }: Inspection): string {
  const words = waits.flatMap(({ to, step }) => [step, ...(to === undefined ? [] : [to.service, addressText(to)])])
  return `|${[...new Set(words)].join("|")}|`
}
