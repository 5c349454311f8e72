// Drizzle inside a handler, on the transaction that marks the message as handled.
import { eq, sql as raw } from "drizzle-orm"
import { check, integer, type PgDatabase, type PgQueryResultHKT, pgTable, text } from "drizzle-orm/pg-core"
import * as Schema from "effect/Schema"
import { done, refused, service } from "../../runtime/index.ts"
import { type Database, postgres, transactional } from "../../runtime/postgres/index.ts"

export const vault = pgTable(
  "vault",
  { owner: text().primaryKey(), coins: integer().notNull() },
  ({ coins }) => [check("no_debt", raw`${coins} >= 0`)],
)

export const tables = "create table vault (owner text primary key, coins integer not null constraint no_debt check (coins >= 0))"

const Coins = Schema.toStandardSchemaV1(Schema.Struct({ coins: Schema.Int }))

/**
 * `withSql(pgDatabase<PoolClient>(pool), (client) => drizzle(client))` with `drizzle` of "drizzle-orm/node-postgres", or the
 * same with `pgliteDatabase(session)` and that of "drizzle-orm/pglite".
 */
export function vaultsOn(database: Database<PgDatabase<PgQueryResultHKT>>) {
  const inTransaction = transactional(database)
  const change = service("vault", { state: () => ({ changes: 0 }) })
    .command("change", Coins, inTransaction(async ({ changes }, { coins }, { key, sql }) => {
      const added = { coins: raw`${vault.coins} + ${coins}` }
      await sql.insert(vault).values({ owner: key, coins: 0 }).onConflictDoNothing()
      const [row] = await sql.update(vault).set(added).where(eq(vault.owner, key)).returning({ left: vault.coins })
      return done({ changes: changes + 1 }, row?.left ?? 0)
    }))
  // The table says what must hold; here it becomes a word that callers understand.
  return postgres(change, {
    database,
    onConstraint: ({ constraint }) => (constraint === "no_debt" ? refused("not-enough-coins") : undefined),
  })
}
