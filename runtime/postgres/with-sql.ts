// Query builders on the runtime's transactions: Kysely, Drizzle and the like.
import type { Database } from "./database.ts"

/** The same database, whose handlers get what `make` makes of the driver's object, such as a query builder. */
export function withSql<From extends object, Sql>(database: Database<From>, make: (sql: From) => Sql): Database<Sql> {
  const made = new WeakMap<From, Sql>()
  const sqlOf = (from: From): Sql => {
    const known = made.get(from)
    if (known !== undefined) return known
    const sql = make(from)
    made.set(from, sql)
    return sql
  }
  return {
    transactionsMax: database.transactionsMax,
    listen: (channel, wake, lost) => database.listen(channel, wake, lost),
    close: () => database.close(),
    begin: async (isolation) => {
      const transaction = await database.begin(isolation)
      return {
        sql: sqlOf(transaction.sql),
        isPipelined: transaction.isPipelined,
        query: (text, values) => transaction.query(text, values),
        commit: () => transaction.commit(),
        rollback: () => transaction.rollback(),
        destroy: () => transaction.destroy(),
      }
    },
  }
}
