// The promises of runtime/postgres/database.ts, one test each, for every driver.
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { isConflict, violationOf } from "../../runtime/postgres/faults.ts"
import { checkSchema, type Database, migrate, type PlainSql, type Transaction } from "../../runtime/postgres/index.ts"
import { migrations } from "../../runtime/postgres/schema.ts"

export function databaseContract(name: string, make: () => Promise<Database<PlainSql>>): void {
  describe(`the database through ${name}`, () => {
    const promise = (text: string, run: (database: Database<PlainSql>) => Promise<void>) =>
      void test(text, async () => {
        const database = await make()
        try {
          await run(database)
        } finally {
          await database.close()
        }
      })

    promise("the schema is made once, however many try, and checked", async (database) => {
      await within(database, (transaction) => transaction.query("drop schema if exists troupe cascade"))
      await assert.rejects(checkSchema(database), /is not there: run `troupe postgres migrate`/)
      // Each session remembers that there is none.
      const look = () => within(database, ({ query }) => query("select to_regnamespace('troupe')", []))
      await Promise.all([look(), look(), look()])
      const applied = await Promise.all([migrate(database), migrate(database), migrate(database)])
      assert.deepEqual(applied.flat(), migrations.map((_, index) => index + 1))
      await checkSchema(database)
      await within(database, (transaction) => transaction.query("insert into troupe.migration (version) values (99)"))
      await assert.rejects(checkSchema(database), /has version 99, .* a newer release runs here/)
      await assert.rejects(migrate(database), /a newer release/)
      await within(database, (transaction) => transaction.query("delete from troupe.migration where version = 99"))
    })

    promise("what is committed is there, and what is rolled back or destroyed is not", async (database) => {
      await within(database, ({ query }) => query("drop table if exists things; create table things (id int primary key)"))
      for (const [id, end] of [[1, "commit"], [2, "rollback"], [3, "destroy"]] as const) {
        const transaction = await database.begin("read committed")
        await transaction.sql.query("insert into things values ($1)", [id])
        await transaction[end]()
      }
      assert.deepEqual(await within(database, ({ query }) => query("select id from things", [])), [{ id: 1 }])
    })

    promise("a transaction in which an error was passed over is not committed, and says so", async (database) => {
      const transaction = await database.begin("read committed")
      await assert.rejects(transaction.sql.query("select no_such_column"))
      await assert.rejects(transaction.commit())
      await within(database, ({ query }) => query("select 1", []))
    })

    promise("a savepoint takes back its own part", async (database) => {
      await within(database, ({ query }) => query("drop table if exists things; create table things (id int primary key)"))
      await within(database, async ({ query, sql }) => {
        await query("savepoint troupe")
        await sql.query("insert into things values (1)")
        await query("release savepoint troupe; savepoint troupe")
        const twice = await sql.query("insert into things values (1)").catch((error: unknown) => error)
        assert.deepEqual(violationOf(twice), { kind: "unique", constraint: "things_pkey", table: "things", column: undefined })
        await query("rollback to savepoint troupe")
        return sql.query("insert into things values (2)")
      })
      assert.equal((await within(database, ({ query }) => query("select id from things", []))).length, 2)
    })

    promise("the isolation is the one that was asked for", async (database) => {
      const transaction = await database.begin("serializable")
      const [row] = await transaction.query("select current_setting('transaction_isolation') as level", [])
      assert.equal(row?.["level"], "serializable")
      await transaction.rollback()
      assert.equal(isConflict({ code: "40001" }), true)
    })

    promise("who listens is woken by what is committed", async (database) => {
      const woken = Promise.withResolvers<undefined>()
      const stop = await database.listen("troupe_test", () => woken.resolve(undefined), () => undefined)
      await within(database, ({ query }) => query("notify troupe_test"))
      await woken.promise
      await stop()
    })
  })
}

async function within<Value>(
  database: Database<PlainSql>,
  run: (transaction: Pick<Transaction<PlainSql>, "query" | "sql">) => Promise<Value>,
): Promise<Value> {
  const transaction = await database.begin("read committed")
  try {
    const value = await run({ sql: transaction.sql, query: (text, values) => transaction.query(text, values) })
    await transaction.commit()
    return value
  } catch (error) {
    await transaction.rollback()
    throw error
  }
}
