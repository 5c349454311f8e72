// Kysely and Drizzle inside handlers: what they write is part of the transaction, and so are their errors.
import assert from "node:assert/strict"
import { test } from "node:test"
import { PGlite, type Transaction } from "@electric-sql/pglite"
import { drizzle } from "drizzle-orm/pglite"
import * as drizzleExample from "../../../examples/postgres/drizzle.ts"
import * as kyselyExample from "../../../examples/postgres/kysely.ts"
import { app } from "../../../runtime/index.ts"
import { migrate, pgliteDatabase, withSql } from "../../../runtime/postgres/index.ts"
import { askInMemory, newWorld, startInMemory } from "../../../runtime/testing/index.ts"

test("a seat is booked with Kysely, once, and what a refused booking wrote is not there", async () => {
  const session = new PGlite()
  const database = pgliteDatabase(session)
  await migrate(database)
  await session.exec(`${kyselyExample.tables}; insert into seat values (1), (2)`)
  const seat = kyselyExample.seatsOn(database)
  const theatre = app("theatre", { namespace: "test", partitions: 1, services: [seat] })
  const world = newWorld()
  const process = await startInMemory(theatre, world)
  const book = (key: string, guest: string) => askInMemory(theatre, world, seat.book(key, { guest }))
  assert.equal((await book("1", "ann")).type, "done")
  assert.deepEqual(await book("1", "bob"), { type: "refused", code: "taken", detail: { by: "ann" } })
  assert.deepEqual(await book("9", "bob"), { type: "refused", code: "no-such-seat", detail: null })
  assert.deepEqual(await askInMemory(theatre, world, seat.count("1", {})), { type: "done", value: 1 })
  const { rows } = await session.query("select seat, guest from booking")
  assert.deepEqual(rows, [{ seat: 1, guest: "ann" }])
  await process.kill()
  await database.close()
})

test("a vault is changed with Drizzle, and a constraint of its table is a refusal", async () => {
  const session = new PGlite()
  const plain = pgliteDatabase<Transaction>(session)
  await migrate(plain)
  await session.exec(drizzleExample.tables)
  // cast: of PGlite Drizzle uses what its transactions have too
  const vault = drizzleExample.vaultsOn(withSql(plain, (sql) => drizzle(sql as unknown as PGlite)))
  const bank = app("vaults", { namespace: "test", partitions: 1, services: [vault] })
  const world = newWorld()
  const process = await startInMemory(bank, world)
  const change = (coins: number) => askInMemory(bank, world, vault.change("ann", { coins }))
  assert.deepEqual(await change(5), { type: "done", value: 5 })
  assert.deepEqual(await change(-6), { type: "refused", code: "not-enough-coins", detail: null })
  assert.deepEqual(await change(-2), { type: "done", value: 3 })
  await process.kill()
  await plain.close()
})

