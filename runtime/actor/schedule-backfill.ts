// The payload of a schedule's backfill: from when to when.
import type { Schema } from "../message/schema.ts"

export interface Backfill {
  /** In ms since 1970; both are included. */
  readonly fromMs: number
  readonly toMs: number
}

export const backfillSchema: Schema<Backfill> = {
  "~standard": {
    version: 1,
    vendor: "troupe",
    validate(value) {
      // cast: what is not there is undefined
      const { fromMs, toMs } = typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {}
      if (isTime(fromMs) && isTime(toMs) && fromMs <= toMs) return { value: { fromMs, toMs } }
      return { issues: [{ message: "is not { fromMs, toMs } with fromMs <= toMs" }] }
    },
  },
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0
}
