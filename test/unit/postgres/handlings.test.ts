// Transactions that handlings share, and the inbox that they write: on PGlite.
import assert from "node:assert/strict"
import { after, beforeEach, test } from "node:test"
import { PGlite } from "@electric-sql/pglite"
import { Handlings } from "../../../runtime/postgres/handlings.ts"
import { type Database, migrate, pgliteDatabase, type PlainSql } from "../../../runtime/postgres/index.ts"
import { Waiting } from "../../../runtime/postgres/work.ts"
import { answer, jobOf, journaled, note } from "../../support/postgres/jobs.ts"

const session = new PGlite()
const database: Database<PlainSql> = pgliteDatabase(session)
await migrate(database)
await session.exec("create table written (actor text, id text)")
after(() => database.close())
beforeEach(() => session.exec("truncate written; truncate troupe.inbox"))

function handlings(changes: Partial<Database<PlainSql>> = {}): Handlings<PlainSql> {
  return new Handlings({ ...database, ...changes }, { isolation: "read committed", rows: "any" })
}

async function written(): Promise<readonly string[]> {
  const { rows } = await session.query<{ actor: string; id: string }>("select actor, id from written order by actor, id")
  return rows.map(({ actor, id }) => `${actor} ${id}`)
}

test("what was committed and is not journaled is told again, and not done again", async () => {
  const owner = handlings()
  const journal = journaled()
  const first = await owner.handle(jobOf("a", "one", journal))
  assert.deepEqual(await handlings().handle(jobOf("a", "one", journal)), first)
  assert.deepEqual(await written(), ["a one"])
})

test("another message may come first: it builds on what was committed, and each is told what came of it", async () => {
  const journal = journaled()
  await handlings().handle(jobOf("a", "one", journal))
  const next = handlings()
  const two = await next.handle(jobOf("a", "two", journal))
  assert.equal(answer(two), "two is 2")
  note(journal, two)
  const three = await next.handle(jobOf("a", "three", journal))
  note(journal, three)
  const one = await next.handle(jobOf("a", "one", journal))
  assert.deepEqual([answer(one), one.state], ["one is 1", 3])
  note(journal, one)
  assert.equal(journal.inbox, 3, "nothing is owed any more")
  const four = await next.handle(jobOf("a", "four", journal))
  assert.equal(answer(four), "four is 4")
  assert.deepEqual(await written(), ["a four", "a one", "a three", "a two"])
  const { rows } = await session.query<{ results: string }>("select results from troupe.inbox")
  assert.equal(JSON.parse(rows[0]?.results ?? "[]").length, 1, "only the newest is kept")
})

test("an owner that was replaced while it stood still is refused, or told what its successor did", async () => {
  const [old, own] = [journaled(), journaled()]
  const owner = handlings()
  for (const id of ["one", "two"]) note(own, await owner.handle(jobOf("a", id, own)))
  await assert.rejects(handlings().handle(jobOf("a", "one", old)), /INBOX_MISMATCH|replaced while it stood still/)
  const stale = { ...own }
  const three = await owner.handle(jobOf("a", "three", own))
  assert.deepEqual(await handlings().handle(jobOf("a", "three", stale)), three)
  assert.deepEqual(await written(), ["a one", "a three", "a two"])
})

test("a database that is older than the journal is not believed", async () => {
  const journal = journaled()
  note(journal, await handlings().handle(jobOf("a", "one", journal)))
  await session.exec("truncate troupe.inbox")
  await assert.rejects(handlings().handle(jobOf("a", "two", journal)), /one of the two was restored/)
  assert.deepEqual(await written(), ["a one"])
})

test("an answer to commit that is lost is found out by reading the row, whether it was committed or not", async () => {
  for (const isCommitted of [true, false]) {
    let losses = 2
    const begin: typeof database.begin = async (isolation) => {
      const transaction = await database.begin(isolation)
      return {
        sql: transaction.sql,
        isPipelined: false,
        query: (text, values) => transaction.query(text, values),
        rollback: () => transaction.rollback(),
        destroy: () => transaction.destroy(),
        commit: async () => {
          if (losses === 0) return transaction.commit()
          losses -= 1
          await (isCommitted ? transaction.commit() : transaction.rollback())
          throw new Error("Connection terminated unexpectedly")
        },
      }
    }
    const lossy = handlings({ begin })
    const actors = ["a", "b", "c"].map((name) => `${name}-${isCommitted}`)
    const told = await Promise.all(actors.map((actor) => lossy.handle(jobOf(actor, "one", journaled()))))
    assert.deepEqual(told.map(answer), ["one is 1", "one is 1", "one is 1"])
  }
  assert.deepEqual(await written(), ["a", "b", "c"].flatMap((name) => [`${name}-false one`, `${name}-true one`]))
})

test("a handler that hangs is moved to a transaction of its own, and those beside it go on without it", async () => {
  const all = handlings()
  let calls = 0
  const gate = Promise.withResolvers<undefined>()
  const before = () => {
    calls += 1
    return calls === 1 ? new Promise(() => undefined) : gate.promise
  }
  const slow = all.handle(jobOf("slow", "one", journaled(), { kind: "slow", before }))
  const quick = ["a", "b", "c"].map((actor) => all.handle(jobOf(actor, "one", journaled())))
  gate.resolve(undefined)
  assert.deepEqual((await Promise.all(quick)).map(answer), ["one is 1", "one is 1", "one is 1"])
  assert.equal(answer(await slow), "one is 1")
  assert.equal(calls, 2)
  assert.deepEqual(await written(), ["a one", "b one", "c one", "slow one"])
})

test("nobody waits any more: what the handler wrote is rolled back", async () => {
  const waiting = new Waiting()
  const hang = () => {
    waiting.end()
    return new Promise(() => undefined)
  }
  const hanging = { waiting, after: hang }
  await assert.rejects(handlings().handle(jobOf("a", "one", journaled(), hanging)), /took too long/)
  assert.deepEqual(await written(), [])
})

test("a conflict is done again by each alone, and an error of one is not an error of the others", async () => {
  let conflicts = 3
  const conflict = async () => {
    if (conflicts === 0) return
    conflicts -= 1
    throw Object.assign(new Error("could not serialize access"), { code: "40001" })
  }
  const all = handlings()
  const broken = { before: () => Promise.reject(new Error("broken")) }
  const told = await Promise.allSettled([
    all.handle(jobOf("a", "one", journaled())),
    all.handle(jobOf("b", "one", journaled(), broken)),
    all.handle(jobOf("c", "one", journaled(), { after: conflict })),
    all.handle(jobOf("d", "one", journaled())),
  ])
  assert.deepEqual(told.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled", "fulfilled"])
  assert.deepEqual(await written(), ["a one", "c one", "d one"])
})
