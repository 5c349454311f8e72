// The promises of runtime/ports/journal.ts, one test each, for every adapter.
import assert from "node:assert/strict"
import { describe } from "node:test"
import * as Effect from "effect/Effect"
import { limits } from "../../runtime/kernel/limits.ts"
import type { Journal, JournalRecord, SequenceRange } from "../../runtime/ports/journal.ts"
import { promiseOn } from "./promise.ts"

export interface JournalUnderTest {
  readonly journal: Journal
  /** Appends meet this until `heal`: "lost" stores nothing and gives no answer, "stored" stores and gives no answer. */
  fail(how: "lost" | "stored"): void
  heal(): Promise<void>
  end(): Promise<void>
}

/** `make` gives an empty journal each time. */
export function journalContract(name: string, make: () => Promise<JournalUnderTest>): void {
  const promise = promiseOn(make)

  // At the same time, because an append without an answer takes its whole time.
  describe(`the journal in ${name}`, { concurrency: true }, () => {
    promise("an empty partition has no last record and nothing to read", async ({ journal }) => {
      assert.equal(await last(journal, 0), undefined)
      assert.deepEqual(await readAll(journal, 0), [])
    })

    promise("an append that succeeded is durable, in order, and the last record of its partition", async ({ journal }) => {
      const appended = await appendAll(journal, 0, ["a", "b", "c"])
      assert.deepEqual(await readAll(journal, 0), appended)
      assert.deepEqual(await last(journal, 0), appended.at(-1))
      assert.ok(appended.every(({ sequence }, index) => index === 0 || sequence > appended[index - 1]!.sequence))
    })

    promise("an append whose expected sequence is not the last one stores nothing and fails with Fenced", async ({ journal }) => {
      const appended = await appendAll(journal, 0, ["a", "b"])
      const [first, second] = appended.map(({ sequence }) => sequence)
      for (const expected of [0, first!, second! + 1, second! + 1000]) {
        assert.equal(await failure(journal, 0, "refused", expected), "Fenced", `expected sequence ${expected}`)
      }
      assert.deepEqual(await readAll(journal, 0), appended)
      assert.deepEqual(await last(journal, 0), appended.at(-1))
    })

    promise("an empty partition refuses every expected sequence but 0", async ({ journal }) => {
      assert.equal(await failure(journal, 0, "refused", 1), "Fenced")
      assert.equal(await last(journal, 0), undefined)
      await append(journal, 0, "first", 0)
      assert.equal(await failure(journal, 0, "second", 0), "Fenced")
    })

    promise("of writers with the same expected sequence exactly one succeeds, and the others are Fenced", async ({ journal }) => {
      const writers = ["a", "b", "c", "d", "e", "f", "g", "h"]
      const results = await Promise.all(
        writers.map((text) => Effect.runPromise(Effect.result(journal.append(3, bytes(text), 0)))),
      )
      const winners = writers.filter((_, index) => results[index]!._tag === "Success")
      const losses = results.flatMap((result) => (result._tag === "Failure" ? [result.failure._tag] : []))
      assert.equal(winners.length, 1)
      assert.deepEqual([...new Set(losses)], ["Fenced"])
      assert.deepEqual(texts(await readAll(journal, 3)), winners)
    })

    promise("what one partition appends neither shows in another nor moves its fence", async ({ journal }) => {
      const one = await appendAll(journal, 1, ["a"])
      const ten = await appendAll(journal, 10, ["x", "y"])
      const next = await append(journal, 1, "b", one[0]!.sequence)
      assert.deepEqual(texts(await readAll(journal, 1)), ["a", "b"])
      assert.deepEqual(await readAll(journal, 10), ten)
      assert.equal((await last(journal, 1))?.sequence, next)
      assert.deepEqual(await readAll(journal, 0), [])
    })

    promise("read visits every record in order, more than a reader asks for ahead", async ({ journal }) => {
      const wanted = Array.from({ length: limits.readAheadMessages + 50 }, (_, index) => `record ${index}`)
      const appended = await appendAll(journal, 0, wanted)
      assert.deepEqual(await readAll(journal, 0), appended)
    })

    promise("a range is read with both its ends, whatever other partitions append between", async ({ journal }) => {
      const mine: JournalRecord[] = []
      for (const content of ["a", "b", "c", "d"]) {
        mine.push(...(await appendAll(journal, 0, [content], mine.at(-1)?.sequence)))
        await append(journal, 1, content, (await last(journal, 1))?.sequence ?? 0)
      }
      const [a, b, c, d] = mine.map(({ sequence }) => sequence) as [number, number, number, number] // cast: four were appended
      assert.deepEqual(texts(await readAll(journal, 0, { from: b })), ["b", "c", "d"])
      assert.deepEqual(texts(await readAll(journal, 0, { to: c })), ["a", "b", "c"])
      assert.deepEqual(texts(await readAll(journal, 0, { from: a + 1, to: d - 1 })), ["b", "c"], "neither end is a record of it")
      assert.deepEqual(texts(await readAll(journal, 0, { from: c, to: c })), ["c"])
      assert.deepEqual(await readAll(journal, 0, { from: a + 1, to: b - 1 }), [])
      assert.deepEqual(await readAll(journal, 0, { from: d + 10 }), [])
    })

    promise("purge deletes what is before the sequence, and the last record stays the fence", async ({ journal }) => {
      assert.equal(await first(journal, 0), undefined)
      const appended = await appendAll(journal, 0, ["a", "b", "c"])
      const other = await appendAll(journal, 1, ["x"])
      assert.deepEqual(await first(journal, 0), appended[0])
      await Effect.runPromise(journal.purge(0, appended[1]!.sequence))
      assert.deepEqual(await readAll(journal, 0), appended.slice(1))
      assert.deepEqual([await first(journal, 0), await first(journal, 1)], [appended[1], other[0]])
      assert.equal(await failure(journal, 0, "refused", 0), "Fenced")
      await append(journal, 0, "d", appended[2]!.sequence)
    })

    promise("read ends at the record that was the last one at the time of the call", async ({ journal }) => {
      const appended = await appendAll(journal, 0, Array.from({ length: 1500 }, (_, index) => `record ${index}`))
      const later: Promise<unknown>[] = []
      const seen: JournalRecord[] = []
      await Effect.runPromise(
        journal.read(0, (record) => {
          seen.push(record)
          if (seen.length === 1) later.push(appendAll(journal, 0, ["later 1", "later 2"], appended.at(-1)!.sequence))
        }),
      )
      await Promise.all(later)
      assert.deepEqual(texts(seen), texts(appended))
      assert.equal((await readAll(journal, 0)).length, 1502)
    })

    promise("bytes come back as they were, whatever they are, up to the largest block", async ({ journal }) => {
      const contents = [
        new Uint8Array(0),
        Uint8Array.from({ length: 256 }, (_, index) => index),
        new TextEncoder().encode("NATS/1.0\r\n\r\n+OK\r\nPING\r\n"),
        new Uint8Array(limits.blockBytesMax).fill(0xff),
      ]
      let sequence = 0
      for (const content of contents) {
        sequence = await Effect.runPromise(journal.append(0, content, sequence))
        assert.equal(Buffer.compare((await last(journal, 0))!.bytes, content), 0, `${content.length} bytes`)
      }
      const read = await readAll(journal, 0)
      assert.deepEqual(read.map((record) => record.bytes.length), contents.map((content) => content.length))
      assert.ok(read.every((record, index) => Buffer.compare(record.bytes, contents[index]!) === 0))
    })

    promise("an append whose answer was lost is AppendUnknown, `last` shows it, and its retry is Fenced", async (under) => {
      const { journal } = under
      const first = await append(journal, 0, "first", 0)
      under.fail("stored")
      assert.equal(await failure(journal, 0, "second", first), "AppendUnknown")
      await under.heal()
      assert.equal(await failure(journal, 0, "second", first), "Fenced", "so whoever retries must read the last record")
      const stored = await last(journal, 0)
      assert.equal(text(stored!), "second")
      assert.deepEqual(texts(await readAll(journal, 0)), ["first", "second"])
      await append(journal, 0, "third", stored!.sequence)
    })

    promise("an append that never arrived is AppendUnknown, and its retry with the identical bytes succeeds", async (under) => {
      const { journal } = under
      const first = await append(journal, 0, "first", 0)
      under.fail("lost")
      assert.equal(await failure(journal, 0, "second", first), "AppendUnknown")
      await under.heal()
      assert.equal((await last(journal, 0))?.sequence, first)
      const second = await append(journal, 0, "second", first)
      assert.deepEqual(await last(journal, 0), { sequence: second, bytes: bytes("second") })
      assert.deepEqual(texts(await readAll(journal, 0)), ["first", "second"])
    })
  })
}

/** Appends in turn, each behind the one before, and gives what the journal must now hold. */
export async function appendAll(
  journal: Journal,
  partition: number,
  contents: readonly string[],
  behind = 0,
): Promise<JournalRecord[]> {
  const records: JournalRecord[] = []
  for (const content of contents) {
    const sequence = await append(journal, partition, content, records.at(-1)?.sequence ?? behind)
    records.push({ sequence, bytes: bytes(content) })
  }
  return records
}

export function append(journal: Journal, partition: number, content: string, expected: number): Promise<number> {
  return Effect.runPromise(journal.append(partition, bytes(content), expected))
}

/** How the append failed. */
export async function failure(journal: Journal, partition: number, content: string, expected: number): Promise<string> {
  const result = await Effect.runPromise(Effect.result(journal.append(partition, bytes(content), expected)))
  return result._tag === "Failure" ? result.failure._tag : `stored as ${result.success}`
}

export async function last(journal: Journal, partition: number): Promise<JournalRecord | undefined> {
  const record = await Effect.runPromise(journal.last(partition))
  return record === undefined ? undefined : plain(record)
}

async function first(journal: Journal, partition: number): Promise<JournalRecord | undefined> {
  const record = await Effect.runPromise(journal.first(partition))
  return record === undefined ? undefined : plain(record)
}

export async function readAll(journal: Journal, partition: number, range?: SequenceRange): Promise<JournalRecord[]> {
  const records: JournalRecord[] = []
  await Effect.runPromise(journal.read(partition, (record) => records.push(plain(record)), range))
  return records
}

export function texts(records: readonly JournalRecord[]): string[] {
  return records.map(text)
}

function text(record: JournalRecord): string {
  return Buffer.from(record.bytes).toString("utf8")
}

export function bytes(content: string): Uint8Array {
  return new TextEncoder().encode(content)
}

/** Adapters may give a Buffer, which is another class to deepEqual. */
function plain({ sequence, bytes }: JournalRecord): JournalRecord {
  return { sequence, bytes: new Uint8Array(bytes) }
}
