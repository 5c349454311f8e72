// Finds sagas: by name, key, phase, state, reason, times, what they wait for and their attributes, a page at a time.
import type { SQLInputValue } from "node:sqlite"
import type { Attributes, Phase, Stop } from "../actor/inspection.ts"
import { InvalidInput } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import { keyset, type Cursor, readCursor, cursorText } from "./cursor.ts"
import type { Store } from "./store.ts"

export interface SagaQuery {
  readonly saga?: string
  readonly phases?: readonly (Phase | "live" | "ended")[]
  readonly state?: string
  /** Exactly, or with a * behind its beginning. */
  readonly key?: string
  readonly version?: number
  readonly reason?: string
  /** A code, or * for any. */
  readonly parked?: string
  /** Such as `customer=c-17`, `cents>=100`, `city^=Be`; all must hold. */
  readonly where?: readonly string[]
  readonly startedAfterMs?: number
  readonly startedBeforeMs?: number
  readonly endedAfterMs?: number
  readonly endedBeforeMs?: number
  /** Not ended, and not changed since then. */
  readonly stuckSinceMs?: number
  /** A service that has a command of it, an actor as `service/key`, or a step or wait. */
  readonly waitsFor?: string
  readonly order?: "started" | "changed" | "ended" | "due" | "key"
  readonly limit?: number
  readonly cursor?: string
  readonly count?: boolean
}

export interface SagaItem {
  readonly saga: string
  readonly key: string
  readonly partition: number
  readonly version?: number
  readonly phase: Phase
  readonly state: string
  readonly startedMs: number
  readonly changedMs: number
  readonly endedMs?: number
  readonly dueMs?: number
  readonly reason?: string
  readonly parked?: Stop
  readonly attributes: Attributes
}

export interface SagaPage {
  readonly sagas: readonly SagaItem[]
  readonly next?: string
  readonly total?: number
}

/** A row of the table, as searches read it. */
export interface SagaColumns {
  readonly id: number
  readonly saga: string
  readonly key: string
  readonly partition: number
  readonly version: number | null
  readonly phase: Phase
  readonly text: string
  readonly started_ms: number
  readonly changed_ms: number
  readonly ended_ms: number | null
  readonly due_ms: number | null
  readonly reason: string | null
  readonly stop: string | null
  readonly attributes: string | null
}

export const sagaColumns =
  `saga.id, saga.saga, saga.key, saga.partition, saga.version, state.phase, state.text, saga.started_ms, saga.changed_ms,
   saga.ended_ms, saga.due_ms, saga.reason, saga.stop, saga.attributes`

const orders = {
  started: { column: "started_ms", direction: "DESC" },
  changed: { column: "changed_ms", direction: "DESC" },
  ended: { column: "ended_ms", direction: "DESC" },
  due: { column: "due_ms", direction: "ASC" },
  key: { column: "key", direction: "ASC" },
} as const

interface Condition {
  readonly sql: string
  readonly values: readonly SQLInputValue[]
}

/** Throws InvalidInput on a cursor or a condition that cannot be read. */
export function findSagas(store: Store, query: SagaQuery): SagaPage {
  const limit = Math.min(query.limit ?? 50, limits.searchPageMax)
  const { column, direction } = orders[query.order ?? "started"]
  const conditions = conditionsOf(query)
  if (column === "ended_ms" || column === "due_ms") conditions.push({ sql: `saga.${column} IS NOT NULL`, values: [] })
  const after: Cursor | undefined = readCursor(query.cursor)
  const page = after === undefined ? conditions : [...conditions, keyset(`saga.${column}`, "saga.id", direction, after)]
  const inOrder = `ORDER BY saga.${column} ${direction}, saga.id ${direction}`
  // Where what fits has to be sorted, only the order and the id are: an index may hold both. CROSS keeps the page in front.
  const rows = store.all<SagaColumns>(
    `SELECT ${sagaColumns} FROM (SELECT id FROM saga ${whereOf(page)} ${inOrder} LIMIT ?) AS page
     CROSS JOIN saga ON saga.id = page.id CROSS JOIN state ON state.id = saga.state ${inOrder}`,
    ...valuesOf(page), limit + 1,
  )
  const last = rows.length > limit ? rows[limit - 1] : undefined
  const total = query.count === true ? countOf(store, conditions) : undefined
  return {
    sagas: rows.slice(0, limit).map(itemOf),
    ...(last === undefined ? {} : { next: cursorText(last[column] ?? 0, last.id) }),
    ...(total === undefined ? {} : { total }),
  }
}

export function itemOf(row: SagaColumns): SagaItem {
  const { saga, key, partition, version, phase, text, reason, stop, attributes } = row
  return {
    saga, key, partition,
    ...(version === null ? {} : { version }),
    phase,
    state: text,
    startedMs: row.started_ms,
    changedMs: row.changed_ms,
    ...(row.ended_ms === null ? {} : { endedMs: row.ended_ms }),
    ...(row.due_ms === null ? {} : { dueMs: row.due_ms }),
    ...(reason === null ? {} : { reason }),
    ...(stop === null ? {} : { parked: JSON.parse(stop) as Stop }), // cast: written by the projection
    attributes: attributes === null ? {} : (JSON.parse(attributes) as Attributes), // cast: likewise
  }
}

function countOf(store: Store, conditions: readonly Condition[]): number {
  const sql = `SELECT count(*) AS total FROM saga ${whereOf(conditions)}`
  return store.get<{ total: number }>(sql, ...valuesOf(conditions))?.total ?? 0
}

function whereOf(conditions: readonly Condition[]): string {
  return conditions.length === 0 ? "" : `WHERE ${conditions.map(({ sql }) => `(${sql})`).join(" AND ")}`
}

function valuesOf(conditions: readonly Condition[]): readonly SQLInputValue[] {
  return conditions.flatMap(({ values }) => values)
}

function conditionsOf(query: SagaQuery): Condition[] {
  const { phases = [], where = [], key, parked, stuckSinceMs, waitsFor } = query
  if (where.length > limits.searchConditionsMax)
    throw new InvalidInput(`a search has at most ${limits.searchConditionsMax} conditions on attributes, not ${where.length}`)
  const found: Condition[] = []
  const add = (sql: string, ...values: readonly SQLInputValue[]) => found.push({ sql, values })
  if (query.saga !== undefined) add("saga.saga = ?", query.saga)
  if (phases.length > 0) found.push(phaseCondition(phases))
  if (query.state !== undefined) add("saga.state IN (SELECT id FROM state WHERE text = ?)", query.state)
  if (key?.endsWith("*") === true) found.push(beginsWith("saga.key", key.slice(0, -1)))
  else if (key !== undefined) add("saga.key = ?", key)
  if (query.version !== undefined) add("saga.version = ?", query.version)
  if (query.reason !== undefined) add("saga.reason = ?", query.reason)
  if (parked === "*") add("saga.parked IS NOT NULL")
  else if (parked !== undefined) add("saga.parked = ?", parked)
  if (query.startedAfterMs !== undefined) add("saga.started_ms >= ?", query.startedAfterMs)
  if (query.startedBeforeMs !== undefined) add("saga.started_ms < ?", query.startedBeforeMs)
  if (query.endedAfterMs !== undefined) add("saga.ended_ms >= ?", query.endedAfterMs)
  if (query.endedBeforeMs !== undefined) add("saga.ended_ms < ?", query.endedBeforeMs)
  if (stuckSinceMs !== undefined) add("saga.ended_ms IS NULL AND saga.changed_ms <= ?", stuckSinceMs)
  if (waitsFor !== undefined) add("saga.ended_ms IS NULL AND instr(saga.awaits, ?) > 0", `|${waitsFor}|`)
  for (const condition of where) found.push(attributeCondition(condition))
  return found
}

function phaseCondition(phases: NonNullable<SagaQuery["phases"]>): Condition {
  const named = phases.filter((phase) => phase !== "live" && phase !== "ended")
  const parts = [
    ...(phases.includes("live") ? ["saga.ended_ms IS NULL"] : []),
    ...(phases.includes("ended") ? ["saga.ended_ms IS NOT NULL"] : []),
    ...(named.length > 0 ? [`saga.state IN (SELECT id FROM state WHERE phase IN (${named.map(() => "?").join(", ")}))`] : []),
  ]
  return { sql: parts.join(" OR "), values: named }
}

function beginsWith(column: string, text: string): Condition {
  return { sql: `${column} >= ? AND ${column} < ?`, values: [text, `${text}\u{10FFFF}`] }
}

const condition = /^([A-Za-z][\w-]*)(\^=|!=|>=|<=|=|>|<)(.*)$/s

/** A value that is a number is meant as one, and as a text. */
function attributeCondition(text: string): Condition {
  const [, name = "", operator = "", value = ""] = condition.exec(text) ?? []
  if (name === "")
    throw new InvalidInput(`${JSON.stringify(text)} is no condition: write a name, one of = != > >= < <= ^=, and a value`)
  const number = value.trim() === "" ? Number.NaN : Number(value)
  const isNumber = Number.isFinite(number)
  const of = (sql: string, ...values: readonly SQLInputValue[]): Condition =>
    ({ sql: `saga.id IN (SELECT saga FROM attribute WHERE name = ? AND ${sql})`, values: [name, ...values] })
  switch (operator) {
    case "=":
      return isNumber ? of("value IN (?, ?)", value, number) : of("value = ?", value)
    case "!=":
      return isNumber ? of("value NOT IN (?, ?)", value, number) : of("value <> ?", value)
    case "^=":
      return of("value >= ? AND value < ?", value, `${value}\u{10FFFF}`)
    default:
      // Numbers are less than any text, so each is compared with its own.
      return isNumber
        ? of(`value ${operator} ? AND typeof(value) <> 'text'`, number)
        : of(`value ${operator} ? AND typeof(value) = 'text'`, value)
  }
}
