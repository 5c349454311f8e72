// The participants that act on the world outside: they are called at least once, and the world keeps what they really did.
import * as Schema from "effect/Schema"
import { done, effectful, refused, service } from "../../../runtime/index.ts"
import type { Outside } from "../../../runtime/simulation/workload.ts"

/** `saga`: `service/key` of the saga for which it is done. */
const Booking = Schema.toStandardSchemaV1(Schema.Struct({ saga: Schema.String, amount: Schema.Int }))

/** A handler that hears nothing is soon called again. */
export const callPolicy = { timeout: "2 seconds", retry: { times: 8, from: "100 millis", factor: 2, max: "2 seconds" } } as const

/** One of those who are booked with outside: `name` in the ledger, one item for each key. */
export function bookedOutside(name: string, outside: Outside) {
  return service(name, { state: () => ({ decided: 0 }), concurrency: 32 })
    .command(
      "book",
      Booking,
      effectful(async (state, { saga, amount }, { key: item, idempotencyKey: key, attempt, signal }) => {
        const call = { participant: name, key, saga, step: "book", direction: "do" as const, item, amount, attempt }
        const answer = await outside.call(call, signal)
        return answer.type === "refused" ? refused(answer.code) : done({ decided: state.decided + 1 }, { seq: answer.seq })
      }, callPolicy),
    )
    .undo(
      "free",
      "book",
      effectful(async (state, { saga, amount }, { key: item, idempotencyKey: key, attempt, signal }) => {
        const call = { participant: name, key, saga, step: "book", direction: "undo" as const, item, amount, attempt }
        await outside.call(call, signal)
        return done({ decided: state.decided + 1 }, null)
      }, { ...callPolicy, retry: { ...callPolicy.retry, times: Infinity } }),
    )
}

export type BookedOutside = ReturnType<typeof bookedOutside>
