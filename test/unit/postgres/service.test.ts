// Services whose data is in PostgreSQL, on PGlite: what a handler writes, what it says and the fact that its message was
// handled are committed together, wherever a process ends.
import assert from "node:assert/strict"
import { after, test } from "node:test"
import { PGlite } from "@electric-sql/pglite"
import * as Schema from "effect/Schema"
import { app, done, event, refused, service } from "../../../runtime/index.ts"
import {
  type ConstraintViolation, type Isolation, migrate, pgliteDatabase, postgres, transactional,
} from "../../../runtime/postgres/index.ts"
import {
  askInMemory, type MemoryProcess, newWorld, publishInMemory, startInMemory, type World,
} from "../../../runtime/testing/index.ts"

const session = new PGlite()
const plain = pgliteDatabase(session)
let begun = 0
const begin = (isolation: Isolation) => {
  begun += 1
  return plain.begin(isolation)
}
const database = { ...plain, begin }
await migrate(database)
await session.exec("create table money (account text primary key, cents integer not null constraint enough check (cents >= 0))")
after(() => database.close())

const Cents = Schema.toStandardSchemaV1(Schema.Struct({ cents: Schema.Int }))
const Moved = event("Moved", Schema.toStandardSchemaV1(Schema.Struct({ account: Schema.String, cents: Schema.Int })))
const inTransaction = transactional(database)

const move = "insert into money values ($1, $2) on conflict (account) do update set cents = money.cents + $2 returning cents"

const account = service("account", { state: () => ({ moves: 0 }) })
  .command("move", Cents, inTransaction(async ({ moves }, { cents }, { key, sql }) => {
    if (cents === 13) throw new Error("unlucky")
    const { rows } = await sql.query<{ cents: number }>(move, [key, cents])
    if (cents === 77) return refused("no-77")
    const answer: number | string | null = cents === 99 ? "x".repeat(300_000) : (rows[0]?.cents ?? null)
    return done({ moves: moves + 1 }, answer, [Moved({ account: key, cents })])
  }, { retry: { times: 2, from: 1, max: 1 } }))

const log = service("log", { state: () => ({ seen: 0 }) })
  .on(Moved, ({ account: key }) => key, ({ seen }) => done({ seen: seen + 1 }, null))

let apps = 0
function shop(onConstraint?: (violation: ConstraintViolation) => ReturnType<typeof refused>) {
  const name = `bank-${(apps += 1)}`
  const kept = postgres(account, { database, ...(onConstraint === undefined ? {} : { onConstraint }) })
  const shape = app(name, { namespace: "test", partitions: 2, services: [kept, log] })
  const ask = (world: World, key: string, cents: number, effect?: string) =>
    askInMemory(shape, world, kept.move(key, { cents }), effect)
  return { shape, ask, name }
}

function seen(process: MemoryProcess, key: string): number {
  const rows = new Map(process.engine.rows("log"))
  return (rows.get(key) as { seen: number } | undefined)?.seen ?? 0 // cast: the state of `log`
}

async function centsOf(key: string): Promise<number | undefined> {
  const { rows } = await session.query<{ cents: number }>("select cents from money where account = $1", [key])
  return rows[0]?.cents
}

test("a handler writes with the driver's own object, and state, answer and events follow once", async () => {
  const { shape, ask } = shop()
  const world = newWorld()
  const process = await startInMemory(shape, world)
  assert.deepEqual(await ask(world, "ann", 5), { type: "done", value: 5 })
  assert.deepEqual(await ask(world, "ann", 6), { type: "done", value: 11 })
  assert.equal(await centsOf("ann"), 11)
  await process.until(() => seen(process, "ann") === 2)
  assert.deepEqual([...process.engine.rows("account")], [["ann", { moves: 2 }]])
  await process.kill()
})

test("a refusal, and an error, roll back what the handler wrote", async () => {
  const { shape, ask } = shop()
  const world = newWorld()
  const process = await startInMemory(shape, world)
  assert.deepEqual(await ask(world, "bob", 77), { type: "refused", code: "no-77", detail: null })
  assert.equal((await ask(world, "bob", 13)).type, "faulted")
  assert.equal(await centsOf("bob"), undefined)
  assert.deepEqual(await ask(world, "bob", 1), { type: "done", value: 1 })
  await process.kill()
})

test("a broken constraint is a refusal that says which, or what the author makes of it", async () => {
  for (const own of [false, true]) {
    const { shape, ask } = own ? shop(({ constraint }) => refused(`not-${constraint}`)) : shop()
    const world = newWorld()
    const process = await startInMemory(shape, world)
    const detail = { kind: "check", constraint: "enough", table: "money", column: null }
    const expected = own ? refused("not-enough") : refused("constraint", detail)
    assert.deepEqual(await ask(world, "cid", -1), expected)
    assert.equal(await centsOf("cid"), undefined)
    await process.kill()
  }
})

test("many actors share transactions; one that fails takes back its own part only", async () => {
  const { shape, ask, name } = shop()
  const world = newWorld()
  const process = await startInMemory(shape, world)
  const before = begun
  const asked = Array.from({ length: 60 }, (_, index) => ask(world, `many-${index}`, index % 10 === 3 ? 77 : 1))
  const outcomes = await Promise.all(asked)
  assert.equal(outcomes.filter(({ type }) => type === "refused").length, 6)
  const { rows } = await session.query<{ n: number }>("select count(*)::int as n from money where account like 'many-%'")
  assert.equal(rows[0]?.n, 54)
  const inboxes = await session.query("select 1 from troupe.inbox where actor like $1", [`${name}/%`])
  assert.equal(inboxes.rows.length, 54, "one row of the inbox for each actor that changed")
  assert.ok(begun - before < 20, `${begun - before} transactions for 60 handlings`)
  await process.kill()
})

test("a process that ends between the commit and the journal: the next tells what came of it", async () => {
  const { shape, ask } = shop()
  let isCutOff = false
  const world = newWorld({ append: () => (isCutOff ? "lost" : "none") })
  const first = await startInMemory(shape, world)
  await ask(world, "dan", 1)
  await first.until(() => first.engine.isIdle())
  isCutOff = true
  const asked = ask(world, "dan", 2)
  while ((await centsOf("dan")) !== 3) await new Promise((resolve) => setImmediate(resolve))
  await first.kill()
  isCutOff = false
  const second = await startInMemory(shape, world)
  assert.deepEqual(await asked, { type: "done", value: 3 })
  assert.equal(await centsOf("dan"), 3)
  await second.until(() => seen(second, "dan") === 2)
  await second.kill()
})

test("what the journal could not hold is not committed: the record is parked", async () => {
  const { shape, ask } = shop()
  const world = newWorld()
  const process = await startInMemory(shape, world)
  const outcome = await ask(world, "gil", 99)
  assert.equal(outcome.type === "faulted" && outcome.code, "DECISION_TOO_LARGE")
  assert.equal(await centsOf("gil"), undefined)
  await process.kill()
})

test("a service with a handler that is not transactional is refused, and so is a start without the tables", async () => {
  const mixed = account.command("reset", Cents, () => done({ moves: 0 }))
  assert.throws(() => postgres(mixed, { database }), /service account: reset has no handler that is transactional/)
  const empty = new PGlite()
  const services = [postgres(account, { database: pgliteDatabase(empty) })]
  const shape = app("bank", { namespace: "test", partitions: 1, services })
  await assert.rejects(startInMemory(shape, newWorld()), /run `troupe postgres migrate`, then start again/)
  await empty.close()
})

test("a constraint that is checked at the end refuses a command, and parks what cannot be refused", async () => {
  await session.exec("create table pair (account text constraint known references money deferrable initially deferred)")
  const write = inTransaction(async (state: { moves: number }, _: unknown, { key, sql }) => {
    await sql.query("insert into pair values ($1)", [`nobody-${key}`])
    return done(state, null)
  })
  const pairs = service("pairs", { state: () => ({ moves: 0 }) })
    .command("pair", Cents, write)
    .on(Moved, ({ account: key }) => key, write)
  const kept = postgres(pairs, { database })
  const shape = app("pairs", { namespace: "test", partitions: 1, services: [kept] })
  const world = newWorld()
  const process = await startInMemory(shape, world)
  const outcome = await askInMemory(shape, world, kept.pair("hal", { cents: 1 }))
  const detail = { kind: "foreign key", constraint: "known", table: "pair", column: null }
  assert.deepEqual(outcome, { type: "refused", code: "constraint", detail })
  await publishInMemory(shape, world, { ...Moved({ account: "hal", cents: 1 }), key: "hal" })
  await process.until(() => process.engine.parked().length === 1)
  assert.equal(process.engine.parked()[0]?.code, "CONSTRAINT_VIOLATED")
  await process.kill()
})
