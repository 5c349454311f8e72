// Who ordered what, when and why, as the rows of partitions and sagas keep it. Rows keep the last few orders only, and are
// read again and again: what is known is written once.
import { parseAddress } from "../message/message.ts"
import type { OperationNote } from "../message/operation.ts"
import type { OrderNote } from "../actor/inspection.ts"
import type { Place } from "./saga-writer.ts"
import type { Store } from "./store.ts"

const insert = `INSERT OR IGNORE INTO audit (at_ms, action, author, why, partition, service, key, ids, count, edited)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

export class AuditWriter {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  /** Orders to a partition. */
  operations(partition: number, notes: readonly OperationNote[]): void {
    for (const { action, ids, count, by, why, atMs, edited } of notes) {
      const service = action === "pause" || action === "resume" ? (ids[0] ?? "") : ""
      this.#store.run(insert, atMs, action, by, why, partition, service, "", JSON.stringify(ids), count, edited === true ? 1 : 0)
    }
  }

  /** Orders to a saga. */
  saga(row: string, orders: readonly OrderNote[], { partition }: Place): void {
    const { service, key } = parseAddress(row)
    for (const { order, by, why, atMs } of orders) {
      if (by === "" && why === "") continue
      this.#store.run(insert, atMs, order, by, why, partition, service, key, JSON.stringify([row]), 1, 0)
    }
  }
}
