// Scenario 24: the journal's stream changes its leader while appends are on their way. What became of one whose answer never
// came is found out by trying again and reading (R9): each block is there whole and once, in order, or its append has failed.
import assert from "node:assert/strict"
import { test } from "node:test"
import { setTimeout as pass } from "node:timers/promises"
import * as Effect from "effect/Effect"
import { appendUntilKnown } from "../../runtime/delivery/commit.ts"
import { emptyPartition } from "../../runtime/delivery/partition.ts"
import { subjectsOf } from "../../runtime/message/subjects.ts"
import { AckedPublisher } from "../../runtime/nats/acked-publisher.ts"
import { natsJournal } from "../../runtime/nats/journal.ts"
import { provision } from "../../runtime/nats/provision.ts"
import { ReadLink } from "../../runtime/nats/read-link.ts"
import { connectChecked } from "../../runtime/nats/server/connect.ts"
import type { AppendUnknown, Fenced, Journal } from "../../runtime/ports/journal.ts"
import { withCluster } from "../support/nats-cluster.ts"

const partitions = 6
const stepDowns = 6
const app = "shop"

/** What each try of each append came to. */
type Tally = Record<"stored" | AppendUnknown["_tag"] | Fenced["_tag"], number>

/** Appends blocks of a few kilobytes, one after the other, until told to stop; gives those that are known to be stored. */
async function write(journal: Journal, index: number, isOver: () => boolean, tally: Tally): Promise<readonly string[]> {
  const watched: Journal = {
    ...journal,
    append: (...block) =>
      journal.append(...block).pipe(
        Effect.tap(() => Effect.sync(() => (tally.stored += 1))),
        Effect.tapError(({ _tag }) => Effect.sync(() => (tally[_tag] += 1))),
      ),
  }
  const partition = emptyPartition(app, index)
  const stored: string[] = []
  while (!isOver()) {
    const text = `${index} ${stored.length} ${"x".repeat(4_000)}`
    partition.sequence = await Effect.runPromise(appendUntilKnown(watched, partition, Buffer.from(text)))
    stored.push(text)
  }
  return stored
}

test("scenario 24, R9: the leader changes under appends: each block is there whole and once, decided by reading", async (t) => {
  const cluster = await withCluster(t)
  const connection = await connectChecked({ url: cluster.url })
  const publisher = new AckedPublisher(connection)
  const reads = new ReadLink(() => connectChecked({ url: cluster.url }))
  t.after(async () => {
    await reads.close()
    await connection.close()
  })
  const subjects = subjectsOf("leaders")
  await provision({ connection, publisher, subjects, app, partitions, replicas: 3 })
  const journal = natsJournal(connection, publisher, subjects, app, reads)
  const tally: Tally = { stored: 0, AppendUnknown: 0, Fenced: 0 }
  let isOver = false
  const writing = Array.from({ length: partitions }, (_, index) => write(journal, index, () => isOver, tally))
  const stream = subjects.streams.journal
  let changes = 0
  for (let n = 0; n < stepDowns; n += 1) {
    await pass(500) // appends are to be under way
    const leader = await cluster.leaderOf(stream)
    // The last time it is killed, and not only told to step down.
    if (n === stepDowns - 1) await cluster.kill(leader)
    else await connection.request(`$JS.API.STREAM.LEADER.STEPDOWN.${stream}`, "", { timeout: 5_000 }).catch(() => undefined)
    if ((await cluster.leaderOf(stream)) !== leader) changes += 1
  }
  await pass(1_000) // and to go on with the last leader
  isOver = true
  const written = await Promise.all(writing)
  for (const [index, blocks] of written.entries()) {
    const found: string[] = []
    await Effect.runPromise(journal.read(index, ({ bytes }) => void found.push(Buffer.from(bytes).toString())))
    assert.equal(found.length, blocks.length, `partition ${index}`)
    assert.deepEqual(found, blocks)
    assert.ok(blocks.length > 10, `${blocks.length} blocks`)
  }
  const sum = written.reduce((count, { length }) => count + length, 0)
  t.diagnostic(`${changes} changes of leader, ${sum} blocks; tries: ${JSON.stringify(tally)}`)
  assert.ok(changes >= 3, `${changes} changes`)
  assert.ok(tally.AppendUnknown > 0, "some answers never came")
})
