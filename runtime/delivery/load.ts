// load: the actor's row, from the partition's memory, with its state as this release says it.
import type { ActorLogic } from "../actor/logic.ts"
import { upcast } from "../message/versions.ts"
import type { Partition } from "./partition.ts"
import { emptyRow, type Row } from "./row.ts"

/**
 * The row to decide on; an empty one for an actor never seen, which is stored only once it holds something. `rowKey` is the
 * actor as `addressText`.
 */
export function load(partition: Partition, logic: ActorLogic | undefined, rowKey: string): Row {
  const row = partition.rows.get(rowKey) ?? emptyRow()
  const states = logic?.states
  if (states === undefined || row.state === undefined || (row.stateVersion ?? 1) === states.version) return row
  // The row itself stays as it is stored, until a decision changes the state.
  const state = upcast(states, row.state, row.stateVersion, `the state of ${rowKey}`)
  return { ...row, state, stateVersion: states.version }
}
