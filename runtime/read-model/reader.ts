// What a read model answers: counts, one saga, where its decisions are, what is parked, who ordered what, and rates.
import type { SQLInputValue } from "node:sqlite"
import type { Phase } from "../actor/inspection.ts"
import { limits } from "../kernel/limits.ts"
import { cursorText, keyset, readCursor } from "./cursor.ts"
import type { ParkedKind } from "./parked-writer.ts"
import { itemOf, type SagaColumns, sagaColumns, type SagaItem } from "./saga-search.ts"
import type { SagaNotes } from "./saga-writer.ts"
import type { Store } from "./store.ts"

export interface SagaCount {
  readonly saga: string
  readonly phase: Phase
  readonly state: string
  readonly count: number
}

export function countStates(store: Store): readonly SagaCount[] {
  return store.all<SagaCount>(
    `SELECT counted.saga, state.phase, state.text AS state, counted.count
     FROM (SELECT state, saga, count(*) AS count FROM saga GROUP BY state, saga) AS counted
     JOIN state ON state.id = counted.state ORDER BY counted.saga, state.phase, state.text`,
  )
}

export interface CodeCount {
  readonly saga: string
  readonly code: string
  readonly count: number
}

/** By saga: codes of what turned sagas back, or with which they stand still. */
export function countCodes(store: Store, of: "reason" | "parked"): readonly CodeCount[] {
  return store.all(`SELECT saga, ${of} AS code, count(*) AS count FROM saga WHERE ${of} IS NOT NULL GROUP BY ${of}, saga`)
}

/** The names of all attributes, by skipping from one to the next. */
export function attributeNames(store: Store): readonly string[] {
  return store.all<{ name: string }>(
    `WITH RECURSIVE names (name) AS (
       SELECT min(name) FROM attribute
       UNION ALL SELECT (SELECT min(name) FROM attribute WHERE name > names.name) FROM names WHERE names.name IS NOT NULL
     ) SELECT name FROM names WHERE name IS NOT NULL`,
  ).map(({ name }) => name)
}

/** Where something stands in the journals. */
export interface Spot {
  readonly sequence: number
  readonly place: number
}

export interface SagaEntry {
  readonly id: number
  readonly item: SagaItem
  readonly notes: SagaNotes | undefined
  readonly state: Spot
  /** Of one that has ended: its last state before. */
  readonly live: Spot | undefined
}

interface SagaDetailColumns extends SagaColumns {
  readonly detail: string | null
  readonly sequence: number
  readonly place: number
  readonly live_sequence: number | null
  readonly live_place: number | null
}

export function readSaga(store: Store, saga: string, key: string): SagaEntry | undefined {
  const row = store.get<SagaDetailColumns>(
    `SELECT ${sagaColumns}, saga.detail, saga.sequence, saga.place, saga.live_sequence, saga.live_place
     FROM saga JOIN state ON state.id = saga.state WHERE saga.saga = ? AND saga.key = ?`, saga, key,
  )
  if (row === undefined) return undefined
  const { id, detail, sequence, place, live_sequence: liveSequence, live_place: livePlace } = row
  return {
    id,
    item: itemOf(row),
    notes: detail === null ? undefined : (JSON.parse(detail) as SagaNotes), // cast: written by the projection
    state: { sequence, place },
    live: liveSequence === null || livePlace === null ? undefined : { sequence: liveSequence, place: livePlace },
  }
}

export interface DecisionSpot extends Spot {
  /** How the saga stood then; absent: as before. */
  readonly phase: Phase | null
  readonly text: string | null
}

/** Newest first; those before a spot. */
export function readDecisions(store: Store, id: number, before: Spot | undefined, count: number): readonly DecisionSpot[] {
  const { sequence = Number.MAX_SAFE_INTEGER, place = 0 } = before ?? {}
  return store.all<DecisionSpot>(
    `SELECT decision.sequence, decision.place, state.phase, state.text
     FROM decision LEFT JOIN state ON state.id = decision.state
     WHERE decision.saga = ? AND (decision.sequence, decision.place) < (?, ?)
     ORDER BY decision.sequence DESC, decision.place DESC LIMIT ?`, id, sequence, place, count,
  )
}

/** How a saga stood before a spot, as far as that is known. */
export function stoodBefore(store: Store, id: number, { sequence, place }: Spot): DecisionSpot | undefined {
  return store.get<DecisionSpot>(
    `SELECT decision.sequence, decision.place, state.phase, state.text
     FROM decision JOIN state ON state.id = decision.state
     WHERE decision.saga = ? AND (decision.sequence, decision.place) < (?, ?)
     ORDER BY decision.sequence DESC, decision.place DESC LIMIT 1`, id, sequence, place,
  )
}

export interface ParkedItem {
  readonly partition: number
  readonly id: string
  readonly kind: ParkedKind
  readonly code: string
  readonly cause: string
  readonly message: string
  readonly atMs: number
  readonly attempts?: number
  readonly service?: string
  readonly key?: string
  readonly type?: string
  readonly name?: string
  readonly waits: boolean
}

export interface ParkedQuery {
  readonly code?: string
  readonly cause?: string
  readonly service?: string
  readonly name?: string
  readonly kind?: string
  readonly key?: string
  readonly limit?: number
  readonly cursor?: string
}

type ParkedRow = Record<"partition" | "at_ms" | "waits" | "sequence" | "place", number> &
  Record<"id" | "kind" | "code" | "cause" | "message", string> &
  Record<"service" | "key" | "type" | "name", string | null> & { readonly attempts: number | null }

export function findParked(store: Store, query: ParkedQuery): { parked: readonly ParkedItem[]; next?: string; total: number } {
  const limit = Math.min(query.limit ?? 50, limits.parkedOrderItemsMax)
  const { where, values } = parkedWhere(query)
  const after = readCursor(query.cursor)
  // Ids are unique in a partition only.
  const tie = "id || ' ' || partition"
  const behind = after === undefined ? undefined : keyset("at_ms", tie, "DESC", after)
  const rows = store.all<ParkedRow>(
    `SELECT * FROM parked WHERE ${where}${behind === undefined ? "" : ` AND ${behind.sql}`}
     ORDER BY at_ms DESC, ${tie} DESC LIMIT ?`, ...values, ...(behind?.values ?? []), limit + 1,
  )
  const last = rows.length > limit ? rows[limit - 1] : undefined
  const total = store.get<{ total: number }>(`SELECT count(*) AS total FROM parked WHERE ${where}`, ...values)?.total ?? 0
  return {
    parked: rows.slice(0, limit).map(parkedItem),
    ...(last === undefined ? {} : { next: cursorText(last.at_ms, `${last.id} ${last.partition}`) }),
    total,
  }
}

export interface ParkedSpot {
  readonly item: ParkedItem
  readonly at: Spot
}

export function readParked(store: Store, partition: number, id: string): ParkedSpot | undefined {
  const row = store.get<ParkedRow>("SELECT * FROM parked WHERE partition = ? AND id = ?", partition, id)
  return row && { item: parkedItem(row), at: { sequence: row.sequence, place: row.place } }
}

export interface ParkedGroup extends Pick<ParkedItem, "code" | "cause" | "kind" | "service" | "type" | "name"> {
  readonly count: number
  readonly oldestMs: number
  readonly newestMs: number
  readonly example: { readonly partition: number; readonly id: string }
}

export function groupParked(store: Store, query: ParkedQuery = {}): readonly ParkedGroup[] {
  const { where, values } = parkedWhere(query)
  // The example is of the newest: the columns beside max() are those of its row.
  return store.all<ParkedRow & { count: number; oldest: number; newest: number }>(
    `SELECT *, count(*) AS count, min(at_ms) AS oldest, max(at_ms) AS newest FROM parked WHERE ${where}
     GROUP BY code, cause, kind, service, type, name ORDER BY count DESC, newest DESC LIMIT ?`, ...values, limits.parkedGroupsMax,
  ).map((row) => {
    const { code, cause, kind, service, type, name, partition, id } = parkedItem(row)
    const named = { ...(service && { service }), ...(type && { type }), ...(name && { name }) }
    const { count, oldest: oldestMs, newest: newestMs } = row
    return { code, cause, kind, ...named, count, oldestMs, newestMs, example: { partition, id } }
  })
}

export interface ParkedCount {
  readonly partition: number
  readonly kind: string
  readonly service: string | null
  readonly count: number
}

export function countParked(store: Store): readonly ParkedCount[] {
  return store.all("SELECT partition, kind, service, count(*) AS count FROM parked GROUP BY partition, kind, service")
}

function parkedWhere(query: ParkedQuery): { readonly where: string; readonly values: readonly SQLInputValue[] } {
  const asked = (["code", "cause", "service", "name", "kind", "key"] as const).flatMap((column) => {
    const value = query[column]
    return value === undefined ? [] : [[`${column} = ?`, value] as const]
  })
  return { where: ["1", ...asked.map(([sql]) => sql)].join(" AND "), values: asked.map(([, value]) => value) }
}

function parkedItem(row: ParkedRow): ParkedItem {
  const { partition, id, kind, code, cause, message, attempts, service, key, type, name, waits } = row
  const named = { ...(service && { service }), ...(key !== null && { key }), ...(type && { type }), ...(name && { name }) }
  return {
    partition, id, kind: kind as ParkedKind, // cast: written by the projection
    code, cause, message, atMs: row.at_ms,
    ...(attempts === null ? {} : { attempts }),
    ...named,
    waits: waits === 1,
  }
}
