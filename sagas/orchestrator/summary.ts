// What a list of sagas shows of each.
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

export function summaryOf(row: Row): SagaSummary {
  if ("ended" in row) return { state: row.ended.outcome }
  const { definition, value, parked } = row
  return { version: definition.version, state: stateText(value), ...(parked && { parked: parked.code }) }
}
