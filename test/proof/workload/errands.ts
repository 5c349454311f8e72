// Sagas in a hurry: they give up on a step after a moment, and on all of it after a second, so that undos overtake what they
// undo, late answers come to sagas that have turned back, and points of no return stay unknown.
import * as Schema from "effect/Schema"
import { saga } from "../../../sagas/index.ts"
import type { BookedOutside } from "./outside-services.ts"

export const ErrandInput = Schema.Struct({ agency: Schema.String, clerk: Schema.String, till: Schema.String })

export interface ErrandParticipants {
  readonly agency: BookedOutside
  readonly clerk: BookedOutside
  readonly till: BookedOutside
}

/** What an errand may park with; nothing else may. */
export const errandsMayPark = ["errand PIVOT_UNKNOWN", "errand UNDO_FAILED"]

const hasty = { timeout: "300 millis", retry: { times: 1, from: "50 millis", factor: 2, max: "100 millis" } } as const
const patient = { timeout: "2 seconds", retry: { times: 100, from: "100 millis", factor: 2, max: "2 seconds" } } as const

export function errandOf({ agency, clerk, till }: ErrandParticipants) {
  return saga("errand", { input: Schema.toStandardSchemaV1(ErrandInput), version: 1, maxDuration: "1500 millis" })
    .step("ask", {
      ...hasty,
      undoPolicy: hasty,
      run: ({ input, sagaId }) => agency.book(input.agency, { saga: `errand/${sagaId}`, amount: 1 }),
      undo: ({ input }) => agency.free(input.agency),
    })
    .step("sign", {
      ...hasty,
      undoPolicy: patient,
      run: ({ input, sagaId }) => clerk.book(input.clerk, { saga: `errand/${sagaId}`, amount: 1 }),
      undo: ({ input }) => clerk.free(input.clerk),
    })
    .step("pay", {
      ...hasty,
      run: ({ input, sagaId }) => till.book(input.till, { saga: `errand/${sagaId}`, amount: 1 }),
      pivot: true,
    })
}
