// Journals of large blocks, read all at once: more than a server lets be on its way to one client.
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import { subjectsOf } from "../../runtime/message/subjects.ts"
import { AckedPublisher } from "../../runtime/nats/acked-publisher.ts"
import { natsJournal } from "../../runtime/nats/journal.ts"
import { provision } from "../../runtime/nats/provision.ts"
import { ReadLink } from "../../runtime/nats/read-link.ts"
import { connectChecked } from "../../runtime/nats/server/connect.ts"
import { withNats } from "../support/nats-process.ts"

const partitions = 8
const blocksEach = 16
const blockBytes = 700 * 1024

test("eight journals of large blocks are read side by side, and the server does not cut the reader off", async (t) => {
  const nats = await withNats(t)
  const connection = await connectChecked({ url: nats.url, name: "large" })
  t.after(() => connection.close())
  const publisher = new AckedPublisher(connection)
  t.after(() => publisher.close())
  const reads = new ReadLink(() => connectChecked({ url: nats.url, name: "large reads" }))
  t.after(() => reads.close())
  const subjects = subjectsOf("large")
  await provision({ connection, publisher, subjects, app: "large", partitions, replicas: 1 })
  const journal = natsJournal(connection, publisher, subjects, "large", reads)
  const indexes = Array.from({ length: partitions }, (_, index) => index)
  const fill = Effect.fnUntraced(function* (partition: number) {
    let expected = 0
    for (let n = 0; n < blocksEach; n += 1) expected = yield* journal.append(partition, Buffer.alloc(blockBytes, n), expected)
  })
  await Effect.runPromise(Effect.forEach(indexes, fill, { concurrency: "unbounded" }))
  const counts = new Map<number, number>()
  const count = (partition: number) => () => void counts.set(partition, (counts.get(partition) ?? 0) + 1)
  const read = (partition: number) => journal.read(partition, count(partition))
  await Effect.runPromise(Effect.forEach(indexes, read, { concurrency: "unbounded" }))
  assert.deepEqual([...counts.values()], indexes.map(() => blocksEach))
})
