// A search for sagas: as the address holds it, and as the API takes it.
import { type Query, searchOf } from "./place.ts"

export interface Search {
  /** A key, one with a * behind, or attributes such as cents>=100. */
  readonly text: string
  readonly saga: string
  readonly phase: string
  readonly state: string
  readonly reason: string
  readonly parked: string
  readonly waitsFor: string
  /** How long it has not changed: `5m`, `1h`, `1d`. */
  readonly stuck: string
  /** As an input of date and time gives them. */
  readonly startedAfter: string
  readonly startedBefore: string
  readonly order: string
  readonly cursor: string
}

const names = [
  "text", "saga", "phase", "state", "reason", "parked", "waitsFor", "stuck", "startedAfter", "startedBefore", "order", "cursor",
] as const satisfies readonly (keyof Search)[]

/** Those that stand behind "More". */
export const moreNames = ["state", "reason", "parked", "waitsFor", "startedAfter", "startedBefore"] as const

const attribute = /^[^\s=<>!^]+(=|!=|>=|<=|>|<|\^=).+$/

export function readSearch(query: URLSearchParams): Search {
  const text = [query.get("text") ?? "", ...query.getAll("where")].join(" ").trim()
  // cast: the names of Search, each with a text
  return { ...(Object.fromEntries(names.map((name) => [name, query.get(name) ?? ""])) as unknown as Search), text }
}

export function searchQuery(search: Search): Query {
  return { ...search }
}

/** The query of the API. */
export function apiSearch(search: Search, nowMs: number = Date.now()): string {
  const { text, stuck, startedAfter, startedBefore, order, saga, phase, state, reason, parked, waitsFor, cursor } = search
  const parts = text.split(/\s+/).filter((part) => part !== "")
  return searchOf({
    saga, phase, state, reason, parked, waitsFor, cursor,
    key: parts.find((part) => !attribute.test(part)),
    where: parts.filter((part) => attribute.test(part)),
    stuckSince: stuck === "" ? undefined : String(nowMs - (stuckSpans[stuck] ?? 0)),
    startedAfter: timeOf(startedAfter),
    startedBefore: timeOf(startedBefore),
    order: order === "" ? "changed" : order,
    count: "true",
    limit: "50",
  })
}

const minuteMs = 60_000
export const stuckSpans: Readonly<Record<string, number>> = {
  "1m": minuteMs, "5m": 5 * minuteMs, "1h": 60 * minuteMs, "1d": 1_440 * minuteMs, "7d": 10_080 * minuteMs,
}

function timeOf(text: string): string | undefined {
  const ms = text === "" ? Number.NaN : new Date(text).getTime()
  return Number.isNaN(ms) ? undefined : String(ms)
}
