// Events as a publisher outside writes them, and services that count them.
import * as Schema from "effect/Schema"
import { done, event, type EventsFrom, service } from "../../runtime/index.ts"
import { partitionOf } from "../../runtime/message/key.ts"
import type { World } from "../../runtime/testing/index.ts"

export const Sold = event("Sold", Schema.toStandardSchemaV1(Schema.Struct({ shop: Schema.String, n: Schema.Int })))

export interface Seen {
  readonly seen: readonly number[]
}

/** Keeps the numbers of the events of each shop, in the order in which they came. */
export function keeper(name: string, from?: EventsFrom) {
  return service(name, { state: (): Seen => ({ seen: [] }), ...(from === undefined ? {} : { from }) }).on(
    Sold,
    ({ shop }) => shop,
    ({ seen }, { n }) => done({ seen: [...seen, n] }, null),
  )
}

/** Stores event `n` of a shop, as of `n` ms since 1970. */
export function publish(world: World, partitions: number, shop: string, n: number, body: unknown = { shop, n }): void {
  const headers = {
    "ce-specversion": "1.0", "ce-id": `${shop}-${n}`, "ce-source": "till", "ce-type": "Sold", "ce-subject": shop,
    "ce-time": new Date(n).toISOString(),
  }
  world.streams.store("events", partitionOf(shop, partitions), Buffer.from(JSON.stringify(body)), headers)
}

export function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, n) => from + n)
}
