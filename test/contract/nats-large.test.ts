// Journals of large blocks, read all at once: more than a server lets be on its way to one client, and more than anything
// else of the process should wait for.
import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import type { NatsConnection } from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { subjectsOf } from "../../runtime/message/subjects.ts"
import { AckedPublisher } from "../../runtime/nats/acked-publisher.ts"
import { natsJournal } from "../../runtime/nats/journal.ts"
import { provision } from "../../runtime/nats/provision.ts"
import { ReadLink } from "../../runtime/nats/read-link.ts"
import { connectChecked } from "../../runtime/nats/server/connect.ts"
import type { Journal } from "../../runtime/ports/journal.ts"
import { withNats } from "../support/nats-process.ts"

const partitions = 8
const blocksEach = 16
const blockBytes = 700 * 1024

test("eight journals of large blocks are read side by side, and the server does not cut the reader off", async (t) => {
  const { journal, connection } = await openJournals(t)
  const indexes = Array.from({ length: partitions }, (_, index) => index)
  await Effect.runPromise(Effect.forEach(indexes, (partition) => fill(journal, partition), { concurrency: "unbounded" }))
  const before = connection.stats().inBytes
  const counts = new Map<number, number>()
  const count = (partition: number) => () => void counts.set(partition, (counts.get(partition) ?? 0) + 1)
  const read = (partition: number) => journal.read(partition, count(partition))
  await Effect.runPromise(Effect.forEach(indexes, read, { concurrency: "unbounded" }))
  assert.deepEqual(indexes.map((index) => counts.get(index)), indexes.map(() => blocksEach))
  const came = connection.stats().inBytes - before
  assert.ok(came < blockBytes, `${came} bytes came over the connection that everything else waits on`)
})

test("a reading that was interrupted visits nothing more, and does not keep the next ones waiting", async (t) => {
  const { journal } = await openJournals(t)
  await Effect.runPromise(fill(journal, 0))
  const seen = Promise.withResolvers<undefined>()
  let visits = 0
  const fiber = Effect.runFork(journal.read(0, () => {
    visits += 1
    seen.resolve(undefined)
  }))
  await seen.promise
  await Effect.runPromise(Fiber.interrupt(fiber))
  const visited = visits
  let later = 0
  await Effect.runPromise(journal.read(0, () => void (later += 1)))
  assert.equal(later, blocksEach)
  assert.ok(visited < blocksEach)
  // One block may have been waiting for its turn.
  assert.ok(visits <= visited + 1, `${visits - visited} blocks were visited after the interruption`)
})

async function openJournals(t: TestContext): Promise<{ journal: Journal; connection: NatsConnection }> {
  const nats = await withNats(t)
  const connection = await connectChecked({ url: nats.url, name: "large" })
  t.after(() => connection.close())
  const publisher = new AckedPublisher(connection)
  t.after(() => publisher.close())
  const reads = new ReadLink(() => connectChecked({ url: nats.url, name: "large reads" }))
  t.after(() => reads.close())
  const subjects = subjectsOf("large")
  await provision({ connection, publisher, subjects, app: "large", partitions, replicas: 1 })
  return { journal: natsJournal(connection, publisher, subjects, "large", reads), connection }
}

const fill = Effect.fnUntraced(function* (journal: Journal, partition: number) {
  let expected = 0
  for (let n = 0; n < blocksEach; n += 1) expected = yield* journal.append(partition, Buffer.alloc(blockBytes, n), expected)
})
