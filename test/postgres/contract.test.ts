// `pg` and a real server keep the promises of the database, and the handlings on it those that they keep on PGlite.
import assert from "node:assert/strict"
import { after, test } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import pg from "pg"
import { Handlings } from "../../runtime/postgres/handlings.ts"
import { migrate, migrationScript, outbox, pgDatabase, type Publisher, startRelay } from "../../runtime/postgres/index.ts"
import { databaseContract } from "../contract/database-suite.ts"
import { troupe } from "../support/command-line.ts"
import { answer, jobOf, journaled } from "../support/postgres/jobs.ts"
import { startTestPostgres } from "../support/postgres/server.ts"

const server = await startTestPostgres()
after(() => server.stop())

const lanes = { isolation: "read committed", rows: "any" } as const
const open = () => pgDatabase(new pg.Pool({ connectionString: server.url }))

databaseContract("pg", async () => open())

test("the script of the migrations may be run again, and is what `migrate` does", async () => {
  const database = open()
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  await client.query("drop schema if exists troupe cascade")
  for (const _ of [1, 2]) await client.query(migrationScript())
  await client.end()
  assert.deepEqual(await migrate(database), [])
  await database.close()
})

test("two processes that handle the same message at once do it once", async () => {
  const databases = [open(), open(), open()]
  for (const database of databases.slice(0, 1)) await migrate(database)
  const transaction = await databases[0]?.begin("read committed")
  await transaction?.query("create table written (actor text, id text); truncate troupe.inbox")
  await transaction?.commit()
  const all = databases.map((database) => new Handlings(database, lanes))
  const actors = Array.from({ length: 40 }, (_, index) => `actor-${index}`)
  const told = await Promise.all(all.flatMap((one) => actors.map((actor) => one.handle(jobOf(actor, "one", journaled())))))
  assert.deepEqual(new Set(told.map(answer)), new Set(["one is 1"]))
  const check = await databases[0]?.begin("read committed")
  assert.deepEqual(await check?.query("select count(*)::int as n from written", []), [{ n: actors.length }])
  await check?.rollback()
  for (const database of databases) await database.close()
})

test("a server that is killed and started again: what was not answered is found, or done", async () => {
  const database = open()
  const setup = await database.begin("read committed")
  await setup.query("truncate written; truncate troupe.inbox")
  await setup.commit()
  const handlings = new Handlings(database, lanes)
  const actors = Array.from({ length: 400 }, (_, index) => `actor-${index}`)
  const asked = actors.map((actor) => handlings.handle(jobOf(actor, "one", journaled())).catch(() => undefined))
  await asked[60]
  await server.kill()
  await server.restart()
  const told = await Promise.all(asked)
  // The engine calls again what failed.
  const again = actors.map(async (actor, index) => told[index] ?? handlings.handle(jobOf(actor, "one", journaled())))
  assert.deepEqual(new Set((await Promise.all(again)).map(answer)), new Set(["one is 1"]))
  const check = await database.begin("read committed")
  assert.deepEqual(await check.query("select count(*)::int as n from written", []), [{ n: actors.length }])
  await check.rollback()
  await database.close()
})

test("on a pipelined pool handlers of a transaction run together; a part that is taken back takes only itself back", async () => {
  const database = pgDatabase(new pg.Pool({ connectionString: server.url, pipeline: true }), { transactions: 1 })
  const setup = await database.begin("read committed")
  await setup.query("truncate written; truncate troupe.inbox")
  await setup.commit()
  const handlings = new Handlings(database, { ...lanes, rows: "own" })
  let now = 0
  let most = 0
  const before = async () => {
    now += 1
    most = Math.max(most, now)
  }
  const after = async () => {
    now -= 1
  }
  const actors = Array.from({ length: 30 }, (_, index) => `actor-${index}`)
  const whole = actors.map((actor) => handlings.handle(jobOf(actor, "one", journaled(), { before, after })))
  assert.deepEqual(new Set((await Promise.all(whole)).map(answer)), new Set(["one is 1"]))
  assert.ok(most > 20, `${most} at the same time`)
  const broken = { after: () => Promise.reject(new Error("broken")) }
  const parts = actors.map((actor, index) => handlings.handle(jobOf(actor, "two", journaled(), index === 7 ? broken : {})))
  const told = await Promise.allSettled(parts)
  assert.equal(told.filter(({ status }) => status === "rejected").length, 1)
  const check = await database.begin("read committed")
  const text = "select id, count(*)::int as n from written group by id order by id"
  assert.deepEqual(await check.query(text, []), [{ id: "one", n: 30 }, { id: "two", n: 29 }])
  await check.rollback()
  await database.close()
})

test("relays go on when the server is killed and started again: what was committed is published, in order", async () => {
  const database = open()
  const box = outbox({ name: "hotel", parts: 4 })
  const published = new Map<string, number[]>()
  const client: Publisher = {
    send: async ({ key, payload }) => {
      const numbers = published.get(key) ?? []
      // Again, after an end between publishing and deleting: actors know the id.
      if (!numbers.includes(Number(payload))) published.set(key, [...numbers, Number(payload)])
    },
    publish: () => Promise.resolve(),
  }
  const relays = [1, 2].map(() => startRelay({ database: open(), client, name: "hotel" }))
  const write = async (from: number, to: number) => {
    for (let n = from; n <= to; n += 1) {
      const transaction = await database.begin("read committed")
      for (const key of ["a", "b", "c"]) await box.send(transaction.sql, { service: "guest", key, name: "note", payload: n })
      await transaction.commit()
    }
  }
  await write(1, 20)
  await server.kill()
  await server.restart()
  await write(21, 40)
  const expected = JSON.stringify(Array.from({ length: 40 }, (_, index) => index + 1))
  while (["a", "b", "c"].some((key) => JSON.stringify(published.get(key)) !== expected)) await pause(20)
  await Promise.all(relays.map((relay) => relay.stop()))
  const check = await database.begin("read committed")
  assert.deepEqual(await check.query("select id from troupe.outbox", []), [])
  await check.rollback()
  await database.close()
})

test("troupe postgres migrate makes the tables, says so, and refuses those of a newer release", async () => {
  const database = open()
  const run = async (text: string) => {
    const transaction = await database.begin("read committed")
    await transaction.query(text)
    await transaction.commit()
  }
  await run("drop schema troupe cascade")
  const migrateHere = () => troupe(["postgres", "migrate"], { environment: { DATABASE_URL: server.url } })
  assert.deepEqual(await migrateHere(), { code: 0, out: 'schema "troupe": now at version 2\n', error: "" })
  assert.deepEqual(await migrateHere(), { code: 0, out: 'schema "troupe": nothing to do: it is up to date\n', error: "" })
  await run("insert into troupe.migration (version) values (99)")
  const refused = await migrateHere()
  assert.equal(refused.code, 3)
  assert.match(refused.error, /POSTGRES_SCHEMA: .* a newer release runs here/)
  await run("delete from troupe.migration where version = 99")
  await database.close()
})
