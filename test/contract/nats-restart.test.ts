// A nats-server that is killed (SIGKILL) and started again on the same store and port, under the adapters.
import assert from "node:assert/strict"
import { rm } from "node:fs/promises"
import { after, test } from "node:test"
import * as Effect from "effect/Effect"
import { type EmbeddedServer, startEmbeddedServer } from "../../runtime/nats/server/embedded.ts"
import type { JournalRecord } from "../../runtime/ports/journal.ts"
import { startTestNats } from "../support/nats-process.ts"
import { bodies, bodyOf, reading } from "./inputs-suite.ts"
import { append, appendAll, failure, last, readAll } from "./journal-suite.ts"
import { openParts, reconnected } from "./nats-parts.ts"

const { server: first, dataDir } = await startTestNats()
let server: EmbeddedServer = first
after(async () => {
  await server.stop()
  await rm(dataDir, { recursive: true, force: true })
})

async function kill(): Promise<void> {
  process.kill(server.pid, "SIGKILL")
  await server.exited
  await server.stop()
}

async function restart(): Promise<void> {
  server = await startEmbeddedServer({ dataDir, port: first.port })
}

test("appends while there is no server are AppendUnknown and never Fenced; what was acknowledged is still there", async () => {
  const parts = await openParts(first.port)
  const { journal } = parts
  const partitions = [0, 1, 2, 3, 4, 5, 6, 7]
  const kept = new Map<number, JournalRecord[]>()
  const record = async (partition: number) => kept.set(partition, await appendAll(journal, partition, bodies(1, 40)))
  await Promise.all(partitions.map(record))
  await kill()
  const lastOf = (partition: number) => kept.get(partition)!.at(-1)!.sequence
  const gap = await Promise.all(partitions.map((partition) => failure(journal, partition, "gap", lastOf(partition))))
  assert.deepEqual([...new Set(gap)], ["AppendUnknown"])
  const back = reconnected(parts.connection)
  await restart()
  await back
  for (const partition of partitions) {
    const stored = await readAll(journal, partition)
    const acknowledged = kept.get(partition)!
    assert.deepEqual(stored.slice(0, acknowledged.length), acknowledged)
    // Unknown is unknown: the record of the gap may be there, and nothing else may.
    const more = stored.slice(acknowledged.length).map((record) => Buffer.from(record.bytes).toString("utf8"))
    assert.ok(more.length === 0 || (more.length === 1 && more[0] === "gap"), `partition ${partition} has also ${more.join()}`)
    await append(journal, partition, "after", (await last(journal, partition))!.sequence)
    assert.equal(await failure(journal, partition, "behind the fence", lastOf(partition)), "Fenced")
  }
  await parts.end()
})

test("appends under way when the server is killed are not Fenced, and every acknowledged one survives", async () => {
  const parts = await openParts(first.port)
  const { journal } = parts
  const acknowledged: JournalRecord[] = []
  let outcome = "none"
  // As one owner writes: each behind the one before, until an append has no outcome.
  const writing = (async () => {
    while (outcome === "none") {
      const expected = acknowledged.at(-1)?.sequence ?? 0
      const bytes = new TextEncoder().encode(`record ${acknowledged.length}`)
      const result = await Effect.runPromise(Effect.result(journal.append(0, bytes, expected)))
      if (result._tag === "Success") acknowledged.push({ sequence: result.success, bytes })
      else outcome = result.failure._tag
      if (result._tag === "Success" && acknowledged.length === 200) process.kill(server.pid, "SIGKILL")
    }
  })()
  const back = reconnected(parts.connection)
  await server.exited
  await server.stop()
  await restart()
  await Promise.all([writing, back])
  assert.equal(outcome, "AppendUnknown")
  assert.ok(acknowledged.length >= 200)
  assert.deepEqual((await readAll(journal, 0)).slice(0, acknowledged.length), acknowledged)
  await parts.end()
})

test("a reader gets every record once and in order across a restart, and its stream keeps identity and numbers", async () => {
  const parts = await openParts(first.port)
  const { inputs, store } = parts
  const wanted = bodies(1, 1_200)
  for (const body of wanted.slice(0, 800)) await store("external", 0, body)
  const before = await Effect.runPromise(inputs.stream("external"))
  const idle = reading(inputs, "external", 1, 0, async ({ next }) => bodyOf(await Effect.runPromise(next)))
  await reading(inputs, "external", 0, 0, async ({ next }) => {
    const seen: string[] = []
    const numbers: number[] = []
    const read = async (count: number) => {
      while (seen.length < count) {
        const record = await Effect.runPromise(next)
        seen.push(bodyOf(record))
        numbers.push(record.number)
      }
    }
    await read(300)
    const back = Promise.all([reconnected(parts.connection), reconnected(parts.direct)])
    await kill()
    await restart()
    await back
    const rest = read(wanted.length)
    for (const body of wanted.slice(800)) await store("external", 0, body)
    await rest
    assert.deepEqual(seen, wanted)
    assert.deepEqual(numbers, wanted.map((_, index) => index + 1))
  })
  await store("external", 1, "for a reader that had nothing to read before the restart")
  assert.equal(await idle, "for a reader that had nothing to read before the restart")
  assert.equal(await Effect.runPromise(inputs.stream("external")), before)
  await parts.end()
})

test("reading while there is no server fails in a bounded time, and works again when it is back", async () => {
  const parts = await openParts(first.port)
  const { journal, inputs } = parts
  await append(journal, 0, "kept", 0)
  await kill()
  const results = await Promise.all([
    Effect.runPromise(Effect.result(journal.last(0))),
    Effect.runPromise(Effect.result(journal.read(0, () => {}))),
    Effect.runPromise(Effect.result(inputs.stream("external"))),
    Effect.runPromise(Effect.result(Effect.scoped(inputs.open("external", 0, { after: 0 })))),
  ])
  const faults = results.map((result) => (result._tag === "Failure" ? result.failure._tag : "nothing"))
  assert.deepEqual(faults, ["JournalUnavailable", "JournalUnavailable", "InputUnavailable", "InputUnavailable"])
  const back = reconnected(parts.connection)
  await restart()
  await back
  assert.equal((await readAll(journal, 0)).length, 1)
  assert.equal(await reading(inputs, "external", 0, 0, async ({ backlog }) => backlog), 0)
  await parts.end()
})
