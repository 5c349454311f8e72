// Lists the actors of one service, a page at a time in the order of their keys, as their actor type sums them up. It is
// decided like a question about one actor: the answer leaves once everything that it tells of is durable.
import { InvalidInput } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { Json } from "../message/json.ts"
import type { Delivery } from "./delivery.ts"

/** `next` is there if there may be more: they come behind it. A page may be empty and still have one. */
export interface RowPage {
  readonly rows: readonly { readonly key: string; readonly summary: Json }[]
  readonly next?: string
}

/**
 * Of the actors of `service` behind the key `after`. Throws InvalidInput on a service that the app does not have.
 * Every page goes over all keys of the partition once.
 */
export function listRows({ app, partition }: Delivery, asked: Readonly<Record<string, Json | undefined>>): Json {
  const { service, after = "", ask = null } = asked
  const logic = typeof service === "string" ? app.logics.get(service) : undefined
  if (logic === undefined || typeof after !== "string")
    throw new InvalidInput(`app ${app.name} has no service ${JSON.stringify(service)}`)
  const prefix = `${logic.service}/`
  const keys = keysBehind(partition.rows.keys(), prefix, after, limits.rowsLookedAtMax + 1)
  const rows: { key: string; summary: Json }[] = []
  let bytes = 0
  let last = after
  for (const key of keys.slice(0, limits.rowsLookedAtMax)) {
    if (rows.length >= limits.rowsPageMax || bytes > limits.operationBytesMax) break
    last = key
    const state = partition.rows.peek(prefix + key)?.state
    if (state === undefined) continue
    const summary = logic.summarize === undefined ? null : logic.summarize(state, { service: logic.service, key }, ask)
    if (summary === undefined) continue
    rows.push({ key, summary })
    bytes += key.length + JSON.stringify(summary).length
  }
  return last === (keys.at(-1) ?? after) ? { rows } : { rows, next: last }
}

/** The first `count` of them in their order. More than twice as many are never held. */
function keysBehind(all: readonly string[], prefix: string, after: string, count: number): readonly string[] {
  let found: string[] = []
  let bound: string | undefined
  for (const rowKey of all) {
    if (!rowKey.startsWith(prefix)) continue
    const key = rowKey.slice(prefix.length)
    if (key <= after || (bound !== undefined && key >= bound)) continue
    found.push(key)
    if (found.length < 2 * count) continue
    found = found.toSorted().slice(0, count)
    bound = found.at(-1)
  }
  return found.toSorted().slice(0, count)
}
