// The outbox for code outside handlers, and the relay that publishes it: on PGlite, and an app in memory.
import assert from "node:assert/strict"
import { after, beforeEach, test } from "node:test"
import { PGlite } from "@electric-sql/pglite"
import * as Schema from "effect/Schema"
import { app, type Command, done, event, service } from "../../../runtime/index.ts"
import { Client } from "../../../runtime/host/client.ts"
import { memoryEdge } from "../../../runtime/memory/edge.ts"
import { migrate, outbox, pgliteDatabase, type Publisher, startRelay } from "../../../runtime/postgres/index.ts"
import { newWorld, startInMemory } from "../../../runtime/testing/index.ts"

const session = new PGlite()
const database = pgliteDatabase(session)
await migrate(database)
await session.exec("create table visit (who text)")
after(() => database.close())
beforeEach(() => session.exec("truncate troupe.outbox; truncate visit"))

const Numbered = Schema.toStandardSchemaV1(Schema.Struct({ n: Schema.Int }))
const Visited = event("Visited", Schema.toStandardSchemaV1(Schema.Struct({ who: Schema.String, n: Schema.Int })), {
  key: ({ who }) => who,
})

interface Guest {
  readonly numbers: readonly number[]
  readonly visits: number
}

const guest = service("guest", { state: (): Guest => ({ numbers: [], visits: 0 }) })
  .command("note", Numbered, ({ numbers, visits }, { n }) => done({ numbers: [...numbers, n], visits }))
  .on(Visited, ({ who }) => who, ({ numbers, visits }) => done({ numbers, visits: visits + 1 }, null))
const hotel = app("hotel", { namespace: "test", partitions: 2, services: [guest] })
const box = outbox({ name: "hotel", parts: 4 })

async function openHotel() {
  const world = newWorld()
  const process = await startInMemory(hotel, world)
  const client = new Client(memoryEdge(world.streams, { name: "relay" }), 2, { source: "relay" })
  const rowOf = (key: string) => new Map(process.engine.rows("guest")).get(key)
  return { process, client, rowOf }
}

async function rowsLeft(): Promise<number> {
  const { rows } = await session.query<{ n: number }>("select count(*)::int as n from troupe.outbox")
  return rows[0]?.n ?? -1
}

async function untilPublished(): Promise<void> {
  while ((await rowsLeft()) > 0) await new Promise((resolve) => setImmediate(resolve))
}

test("a transaction that rolls back publishes nothing; one that commits publishes exactly what it wrote", async () => {
  const { process, client, rowOf } = await openHotel()
  const relay = startRelay({ database, client, name: "hotel" })
  const visit = (who: string, n: number, fails: boolean) =>
    session.transaction(async (tx) => {
      await tx.query("insert into visit values ($1)", [who])
      await box.send(tx, guest.note(who, { n }))
      await box.publish(tx, Visited({ who, n }))
      if (fails) throw new Error("rolled back")
    })
  await visit("ann", 1, false)
  await assert.rejects(visit("ann", 2, true))
  await visit("ann", 3, false)
  await untilPublished()
  await process.until(() => JSON.stringify(rowOf("ann")) === JSON.stringify({ numbers: [1, 3], visits: 2 }))
  await relay.stop()
  assert.equal(relay.published, 4)
  await process.kill()
})

test("those of one key are published in order, whoever publishes them, and each once", async () => {
  const { process, client, rowOf } = await openHotel()
  const relays = [1, 2, 3].map(() => startRelay({ database, client, name: "hotel" }))
  const guests = ["ann", "bob", "cid", "dan", "eve"]
  for (let n = 1; n <= 20; n += 1)
    await session.transaction(async (tx) => {
      for (const who of guests) await box.send(tx, guest.note(who, { n }))
    })
  await untilPublished()
  const numbers = Array.from({ length: 20 }, (_, index) => index + 1)
  const expected = JSON.stringify({ numbers, visits: 0 })
  await process.until(() => guests.every((who) => JSON.stringify(rowOf(who)) === expected))
  await Promise.all(relays.map((relay) => relay.stop()))
  assert.equal(relays.reduce((sum, { published }) => sum + published, 0), 100)
  await process.kill()
})

test("who ends between publishing and deleting leaves it to the next, and it has its effect once", async () => {
  const { process, client, rowOf } = await openHotel()
  const cut: Publisher = {
    send: async (command: Command, options) => {
      await client.send(command, options)
      throw new Error("the answer is lost")
    },
    publish: (fact, options) => client.publish(fact, options),
  }
  const lines: string[] = []
  const failed = Promise.withResolvers<undefined>()
  const report = (line: string) => {
    lines.push(line)
    failed.resolve(undefined)
  }
  for (const n of [1, 2]) await session.transaction((tx) => box.send(tx, guest.note("ann", { n })))
  const first = startRelay({ database, client: cut, name: "hotel", report })
  await failed.promise
  await first.stop()
  assert.match(lines[0] ?? "", /outbox hotel: the answer is lost; it is tried again/)
  assert.equal(await rowsLeft(), 2, "behind what failed nothing of its key was published")
  const second = startRelay({ database, client, name: "hotel" })
  await untilPublished()
  await second.stop()
  await process.until(() => JSON.stringify(rowOf("ann")) === JSON.stringify({ numbers: [1, 2], visits: 0 }))
  await process.kill()
})

test("what could never be published is refused when it is written", async () => {
  const Plain = event("Plain", Numbered)
  await assert.rejects(box.publish(session, Plain({ n: 1 })), /is about nothing/)
  const large = { ...guest.note("ann", { n: 1 }), payload: "x".repeat(300_000) }
  await assert.rejects(box.send(session, large), /has more than/)
  assert.throws(() => outbox({ name: "hotel", parts: 65 }), /from 1 to 64/)
  assert.equal(await rowsLeft(), 0)
})
