// Services that an operator has paused: their effectful handlers are not called, and their records wait. Kept in the row of
// each partition, so that it holds through take-overs and restarts, until an operator says otherwise.
import { InvalidInput } from "../kernel/fault.ts"
import type { Json } from "../message/json.ts"
import { addressText } from "../message/message.ts"
import { type OperationNote, partitionAddress } from "../message/operation.ts"
import type { Delivery } from "./delivery.ts"
import { load } from "./load.ts"

export function isPaused({ partition }: Pick<Delivery, "partition">, service: string): boolean {
  const { state } = load(partition, undefined, addressText(partitionAddress(partition.index)))
  return rowOf(state).paused?.includes(service) === true
}

/** What is kept in the row of a partition. */
export interface PartitionRow {
  readonly operations?: readonly OperationNote[]
  /** In the order in which they were paused. */
  readonly paused?: readonly string[]
}

/** The row with a service paused, or going on again; undefined if it is so already. Throws InvalidInput. */
export function changePause(delivery: Delivery, state: Json | undefined, service: string, pause: boolean): Json | undefined {
  const { io } = delivery.app.logics.get(service) ?? {}
  if (io === undefined) throw new InvalidInput(`no service "${service}" here has handlers that do I/O`)
  // Whoever lets it go on has looked: its breaker need not try first.
  if (!pause) delivery.sharing.slots.closeBreaker(service)
  const { paused = [], ...rest } = rowOf(state)
  if (paused.includes(service) === pause) return undefined
  const others = paused.filter((other) => other !== service)
  // cast: what is in a row was read from JSON or is written as it
  return { ...rest, paused: pause ? [...others, service] : others } as unknown as Json
}

export function rowOf(state: Json | undefined): PartitionRow {
  return (state ?? {}) as PartitionRow // cast: only operate.ts writes the row of a partition
}
