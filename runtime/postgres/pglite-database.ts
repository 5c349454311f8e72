// PostgreSQL within the process: PGlite of `@electric-sql/pglite`, which the user makes. It has one session, so transactions
// take turns, and only this process can use it.
import type { Database, DatabaseRow, Transaction } from "./database.ts"

/** What is used of PGlite's transactions. */
export interface PgliteSql {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: readonly object[] }>
  exec(text: string): Promise<readonly { readonly rows: readonly object[] }[]>
}

/** What is used of PGlite. */
export interface PgliteSession<Sql extends PgliteSql> {
  transaction<Value>(run: (sql: Sql) => Promise<Value>): Promise<Value>
  listen(channel: string, wake: () => void): Promise<() => Promise<void>>
  close(): Promise<void>
}

/** `session` is a `PGlite`. `close` closes it. */
export function pgliteDatabase<Sql extends PgliteSql>(session: PgliteSession<Sql>): Database<Sql> {
  return {
    transactionsMax: 1,
    close: () => session.close(),
    begin: (isolation) =>
      new Promise((resolve, reject) => {
        const { promise: ending, resolve: end } = Promise.withResolvers<"commit" | "rollback">()
        const ended = session.transaction(async (sql) => {
          if (isolation !== "read committed") await sql.exec(`set transaction isolation level ${isolation}`)
          resolve(new PgliteTransaction(sql, end, ended))
          if ((await ending) === "rollback") throw rolledBack
        })
        ended.catch(reject)
      }),
    listen: (channel, wake) => session.listen(channel, wake),
  }
}

const rolledBack = new Error("rolled back")

class PgliteTransaction<Sql extends PgliteSql> implements Transaction<Sql> {
  readonly sql: Sql
  readonly isPipelined = false
  readonly #end: (how: "commit" | "rollback") => void
  readonly #ended: Promise<void>

  constructor(sql: Sql, end: (how: "commit" | "rollback") => void, ended: Promise<void>) {
    this.sql = sql
    this.#end = end
    this.#ended = ended
  }

  async query(text: string, values?: readonly unknown[]): Promise<readonly DatabaseRow[]> {
    const rows = values === undefined ? (await this.sql.exec(text)).at(-1)?.rows : (await this.sql.query(text, [...values])).rows
    return (rows ?? []) as readonly DatabaseRow[] // cast: rows of PGlite are records by column
  }

  commit(): Promise<void> {
    this.#end("commit")
    return this.#ended
  }

  async rollback(): Promise<void> {
    this.#end("rollback")
    await this.#ended.catch(() => undefined)
  }

  destroy(): Promise<void> {
    return this.rollback()
  }
}
