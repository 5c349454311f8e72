// What a list of sagas shows of each.
import type { Standing } from "../../runtime/actor/logic.ts"
import { stateText } from "../machine/stop.ts"
import type { Row } from "./answers.ts"

/** Type alias, because an interface is not assignable to Json. */
export type SagaSummary = {
  /** Of the definition; absent if it has ended. */
  readonly version?: number
  /** Where it stands, or how it ended. */
  readonly state: string
  /** Why it stands still. */
  readonly parked?: string
}

export function standingOf(row: Row): Standing {
  if ("ended" in row) return { state: "ended", startedMs: row.ended.startedMs }
  const { startedMs, parked, failure } = row
  return { state: parked !== undefined ? "parked" : failure !== undefined ? "compensating" : "running", startedMs }
}

export function summaryOf(row: Row): SagaSummary {
  if ("ended" in row) return { state: row.ended.outcome }
  const { definition, value, parked } = row
  return { version: definition.version, state: stateText(value), ...(parked && { parked: parked.code }) }
}
