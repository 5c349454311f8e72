// An app whose handler writes every call into a file outside the runtime: the truth about what was called, and how often.
import { appendFileSync } from "node:fs"
import { setTimeout as work } from "node:timers/promises"
import * as Schema from "effect/Schema"
import { app, done, effectful, service } from "../../runtime/index.ts"

const Amount = Schema.toStandardSchemaV1(Schema.Struct({ amount: Schema.Int }))

/** Each call appends a line `<process> <actor> <idempotency key>` to `file`, then takes 20 ms. */
export function ledgerApp(file: string) {
  const purse = service("purse", { state: () => ({ sum: 0, puts: 0 }) }).command(
    "put",
    Amount,
    effectful(async (state, { amount }, { key, idempotencyKey }) => {
      appendFileSync(file, `${process.pid} ${key} ${idempotencyKey}\n`)
      await work(20)
      return done({ sum: state.sum + amount, puts: state.puts + 1 }, state.sum + amount)
    }),
  )
  return { purse, shape: app("ledger", { namespace: "ledger", partitions: 4, services: [purse] }) }
}
