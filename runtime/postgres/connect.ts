// A database by its URL, for programs that have no pool of their own. `pg` is loaded when it is needed: who does not use
// PostgreSQL need not install it.
import { describeError, InvalidInput } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { Database } from "./database.ts"
import { type PgClient, pgDatabase } from "./pg-database.ts"

/** Rejects with InvalidInput when `pg` is not installed. Connects later, when it is used. */
export async function connectPostgres(url: string): Promise<Database<PgClient>> {
  const { default: pg } = await import("pg").catch((error: unknown) => {
    throw new InvalidInput(`the package "pg" cannot be loaded (${describeError(error)}): npm install pg`)
  })
  const max = limits.sharedTransactionsDefault + limits.ownTransactionsMax + 1
  return pgDatabase(new pg.Pool({ connectionString: url, max, allowExitOnIdle: true }))
}
