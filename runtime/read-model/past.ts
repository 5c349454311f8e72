// What a read model knows of the past: operators' orders, and how much happened when.
import type { SQLInputValue } from "node:sqlite"
import { limits } from "../kernel/limits.ts"
import { cursorText, keyset, readCursor } from "./cursor.ts"
import { rateStepMs } from "./rate-writer.ts"
import type { Store } from "./store.ts"

export interface PastOrder {
  readonly atMs: number
  readonly action: string
  readonly by: string
  readonly why: string
  readonly partition: number
  readonly service?: string
  readonly key?: string
  readonly ids: readonly string[]
  readonly count: number
  readonly isEdited?: true
}

export interface OrderQuery {
  readonly by?: string
  readonly action?: string
  readonly service?: string
  readonly key?: string
  readonly limit?: number
  readonly cursor?: string
}

type OrderRow = Record<"id" | "at_ms" | "partition" | "count" | "edited", number> &
  Record<"action" | "author" | "why" | "service" | "key" | "ids", string>

/** Newest first. */
export function findOrders(store: Store, query: OrderQuery): { readonly orders: readonly PastOrder[]; readonly next?: string } {
  const limit = Math.min(query.limit ?? 50, limits.searchPageMax)
  const after = readCursor(query.cursor)
  const { by, action, service, key } = query
  const conditions: { readonly sql: string; readonly values: readonly SQLInputValue[] }[] = [
    ...(by === undefined ? [] : [{ sql: "author = ?", values: [by] }]),
    ...(action === undefined ? [] : [{ sql: "action = ?", values: [action] }]),
    ...(service === undefined ? [] : [{ sql: "service = ?", values: [service] }]),
    ...(key === undefined ? [] : [{ sql: "key = ?", values: [key] }]),
    ...(after === undefined ? [] : [keyset("at_ms", "id", "DESC", after)]),
  ]
  const where = ["1", ...conditions.map(({ sql }) => sql)].join(" AND ")
  const rows = store.all<OrderRow>(
    `SELECT * FROM audit WHERE ${where} ORDER BY at_ms DESC, id DESC LIMIT ?`,
    ...conditions.flatMap(({ values }) => values), limit + 1,
  )
  const last = rows.length > limit ? rows[limit - 1] : undefined
  return { orders: rows.slice(0, limit).map(orderOf), ...(last === undefined ? {} : { next: cursorText(last.at_ms, last.id) }) }
}

function orderOf({ at_ms: atMs, action, author, why, partition, service, key, ids, count, edited }: OrderRow): PastOrder {
  return {
    atMs, action, by: author, why, partition,
    ...(service === "" ? {} : { service }),
    ...(key === "" ? {} : { key }),
    ids: JSON.parse(ids) as readonly string[], // cast: written by the projection
    count,
    ...(edited === 1 ? { isEdited: true as const } : {}),
  }
}

export interface RateCounts {
  readonly atMs: number
  readonly counts: Readonly<Record<string, number>>
}

/** By intervals of `stepMs`, a multiple of ten seconds, oldest first; what did not happen is not there. */
export function readRates(store: Store, sinceMs: number, stepMs: number): readonly RateCounts[] {
  const step = Math.max(rateStepMs, stepMs - (stepMs % rateStepMs))
  const rows = store.all<{ at: number; name: string; count: number }>(
    `SELECT at_ms - at_ms % ? AS at, name, sum(count) AS count FROM rate WHERE at_ms >= ? GROUP BY at, name ORDER BY at`,
    step, sinceMs - (sinceMs % step),
  )
  const byTime = Map.groupBy(rows, ({ at }) => at)
  return [...byTime].map(([atMs, some]) => ({ atMs, counts: Object.fromEntries(some.map(({ name, count }) => [name, count])) }))
}

/** How much happened in a second, over the last `windowMs`: whole intervals only. */
export function perSecond(store: Store, nowMs: number, windowMs: number): Readonly<Record<string, number>> {
  const until = nowMs - (nowMs % rateStepMs)
  const rows = store.all<{ name: string; count: number }>(
    "SELECT name, sum(count) AS count FROM rate WHERE at_ms >= ? AND at_ms < ? GROUP BY name", until - windowMs, until,
  )
  return Object.fromEntries(rows.map(({ name, count }) => [name, Math.round((count / windowMs) * 100_000) / 100]))
}
