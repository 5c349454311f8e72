// load: the actor's row, from the partition's memory.
import { addressText, type Address } from "../message/message.ts"
import type { Partition } from "./partition.ts"
import { emptyRow, type Row } from "./row.ts"

/** The row to decide on; an empty one for an actor never seen, which is stored only once it holds something. */
export function load(partition: Partition, address: Address): Row {
  return partition.rows.get(addressText(address)) ?? emptyRow()
}
