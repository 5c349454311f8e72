// The promises of runtime/ports/inputs.ts, one test each, for every adapter.
import assert from "node:assert/strict"
import { describe } from "node:test"
import { setImmediate as turn } from "node:timers/promises"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { recordDigest } from "../../runtime/message/hash.ts"
import type { InputPosition, InputReader, InputRecord, Inputs, InputSource } from "../../runtime/ports/inputs.ts"
import { promiseOn } from "./promise.ts"

export interface InputsUnderTest {
  readonly inputs: Inputs
  /** Stores one record behind all others; resolves when it is stored. Header names as a sender may write them. */
  store(source: InputSource, partition: number, body: string, headers?: Readonly<Record<string, string>>): Promise<void>
  /** Deletes the stream of a source with all its records, and makes it anew. */
  recreate(source: InputSource): Promise<void>
  end(): Promise<void>
}

/** `make` gives empty streams each time. */
export function inputsContract(name: string, make: () => Promise<InputsUnderTest>): void {
  const promise = promiseOn(make)

  describe(`the inputs in ${name}`, { concurrency: true }, () => {
    for (const source of ["external", "events"] as const) {
      promise(`records of ${source} come in stored order, without a gap, and their number grows`, async (under) => {
        const { inputs, store } = under
        const wanted = bodies(1, 600)
        for (const body of wanted) await store(source, 2, body)
        const { records } = await readFrom(inputs, source, 2, 0, wanted.length)
        assert.deepEqual(records.map(bodyOf), wanted)
        assert.ok(records.every(({ number }, index) => index === 0 || number > records[index - 1]!.number))
      })

      promise(`a reader of ${source} starts with the first record after \`after\`; its number has not changed`, async (under) => {
        const { inputs, store } = under
        for (const body of bodies(1, 10)) await store(source, 0, body)
        const all = (await readFrom(inputs, source, 0, 0, 10)).records
        for (const at of [0, 4, 8]) {
          const again = await readFrom(inputs, source, 0, all[at]!.number, 9 - at)
          assert.deepEqual(again.records.map(bodyOf), all.slice(at + 1).map(bodyOf))
          assert.deepEqual(again.records.map(({ number }) => number), all.slice(at + 1).map(({ number }) => number))
          assert.equal(again.backlog, 9 - at)
        }
      })
    }

    promise("unread counts what is stored and was not handed over yet, also what came after the opening", async (under) => {
      for (let n = 0; n < 3; n += 1) await under.store("external", 1, `${n}`)
      await reading(under.inputs, "external", 1, 0, async ({ unread, next }) => {
        assert.equal(await Effect.runPromise(unread), 3)
        await Effect.runPromise(next)
        await under.store("external", 1, "3")
        await under.store("external", 2, "of another partition")
        await waitFor(async () => (await Effect.runPromise(unread)) === 3)
        for (let n = 0; n < 3; n += 1) await Effect.runPromise(next)
        await waitFor(async () => (await Effect.runPromise(unread)) === 0)
        assert.equal(await Effect.runPromise(unread), 0)
      })
    })

    promise("backlog counts what was stored behind `after` when the reader was opened, of its partition alone", async (under) => {
      const { inputs, store } = under
      for (const body of bodies(1, 7)) await store("external", 1, body)
      await store("external", 2, "elsewhere")
      await reading(inputs, "external", 1, 0, async ({ backlog }) => assert.equal(backlog, 7))
      const { records } = await readFrom(inputs, "external", 1, 0, 7)
      await reading(inputs, "external", 1, records[6]!.number, async ({ backlog }) => assert.equal(backlog, 0))
      await reading(inputs, "external", 3, 0, async ({ backlog }) => assert.equal(backlog, 0))
    })

    promise("next waits for a record that is stored later", async ({ inputs, store }) => {
      await reading(inputs, "external", 0, 0, async (reader) => {
        for (const body of bodies(1, 3)) {
          const waiting = Effect.runPromise(reader.next)
          await store("external", 0, body)
          assert.equal(bodyOf(await waiting), body)
        }
      })
    })

    promise("a reader sees neither other partitions nor the other source", async ({ inputs, store }) => {
      await store("external", 1, "other partition")
      await store("external", 10, "a partition whose number starts alike")
      await store("events", 0, "other source")
      await store("external", 0, "mine")
      await store("external", 1, "other partition again")
      await store("external", 0, "mine too")
      const { records } = await readFrom(inputs, "external", 0, 0, 2)
      assert.deepEqual(records.map(bodyOf), ["mine", "mine too"])
    })

    promise("readers of one partition each see every record", async ({ inputs, store }) => {
      for (const body of bodies(1, 20)) await store("events", 0, body)
      const both = await Promise.all([readFrom(inputs, "events", 0, 0, 20), readFrom(inputs, "events", 0, 0, 20)])
      for (const { records } of both) assert.deepEqual(records.map(bodyOf), bodies(1, 20))
    })

    promise("waiting for a record may be given up, and the next one asked for is not lost", async ({ inputs, store }) => {
      await reading(inputs, "external", 0, 0, async (reader) => {
        const given = Effect.runFork(reader.next)
        await Effect.runPromise(Fiber.interrupt(given))
        for (const body of bodies(1, 2)) await store("external", 0, body)
        assert.equal(bodyOf(await Effect.runPromise(reader.next)), "record 1")
        assert.equal(bodyOf(await Effect.runPromise(reader.next)), "record 2")
      })
    })

    promise("headers come with lower-case names, and bytes as they were stored", async ({ inputs, store }) => {
      await store("events", 0, "", { "ce-id": "1", traceparent: "00-ab" })
      await store("events", 0, "\r\n+ACK\r\n", {})
      const { records } = await readFrom(inputs, "events", 0, 0, 2)
      assert.deepEqual(records[0]!.headers, { "ce-id": "1", traceparent: "00-ab" })
      assert.deepEqual(records[1]!.headers, {})
      assert.deepEqual(records.map(bodyOf), ["", "\r\n+ACK\r\n"])
    })

    promise("the identity of a stream does not change while the stream lives", async ({ inputs, store }) => {
      const before = await Effect.runPromise(inputs.stream("external"))
      await store("external", 0, "a record")
      assert.equal(await Effect.runPromise(inputs.stream("external")), before)
      assert.notEqual(before, "")
    })

    promise("a time is the place of the first record of its partition stored then or later", async (under) => {
      const { inputs, store } = under
      for (const body of bodies(1, 3)) await store("events", 1, body)
      const beforeMs = Date.now()
      await waitFor(async () => Date.now() > beforeMs + 5)
      const betweenMs = Date.now() - 2
      await store("events", 2, "of another partition")
      for (const body of bodies(4, 5)) await store("events", 1, body)
      const at = (timeMs: number) => Effect.runPromise(inputs.positionAt("events", 1, timeMs))
      const { records } = await readFrom(inputs, "events", 1, await at(betweenMs), 2)
      assert.deepEqual(records.map(bodyOf), bodies(4, 5))
      const { first, firstMs, last } = await Effect.runPromise(inputs.bounds("events", 1))
      assert.deepEqual([first, last], [1, records[1]!.number])
      assert.ok(firstMs <= beforeMs && firstMs > beforeMs - 60_000)
      const all = await readFrom(inputs, "events", 1, await at(0), 5)
      assert.deepEqual(all.records.map(bodyOf), bodies(1, 5))
    })

    promise("R14: a reader gives no record of a stream that was made anew, whether it was waiting or not", async (under) => {
      const { inputs, store, recreate } = under
      for (const body of bodies(1, 3)) await store("external", 0, body)
      await reading(inputs, "external", 0, 0, async ({ next }) => {
        for (let count = 0; count < 3; count += 1) await Effect.runPromise(next)
        const waiting = faultOf(next)
        await recreate("external")
        for (const body of bodies(1, 5)) await store("external", 0, `new ${body}`)
        assert.equal(await waiting, "InputUnavailable")
        assert.equal(await faultOf(next), "InputUnavailable")
      })
    })

    promise("R14: numbers of a stream that was made anew mean nothing: opening there is InputUnavailable", async (under) => {
      const { inputs, store, recreate } = under
      await store("external", 0, "old")
      const old = await Effect.runPromise(inputs.stream("external"))
      const open = (from: InputPosition) => faultOf(Effect.scoped(inputs.open("external", 0, from)))
      assert.equal(await open({ after: 0, stream: old }), "nothing went wrong")
      await recreate("external")
      for (const body of bodies(1, 2)) await store("external", 0, body)
      const now = await Effect.runPromise(inputs.stream("external"))
      assert.notEqual(now, old)
      assert.equal(await open({ after: 1, seen: 1, stream: old }), "InputUnavailable")
      assert.equal(await open({ after: 1, seen: 1, stream: now }), "nothing went wrong")
    })

    promise("R14: a position behind the end of the stream is InputBehind, never a reader that waits", async (under) => {
      const { inputs, store } = under
      for (const body of bodies(1, 3)) await store("external", 0, body)
      const open = (from: InputPosition) => faultOf(Effect.scoped(inputs.open("external", 0, from)))
      assert.equal(await open({ after: 3, seen: 3 }), "nothing went wrong")
      assert.equal(await open({ after: 2, seen: 4 }), "InputBehind")
      assert.equal(await open({ after: 4 }), "InputBehind")
    })

    for (const source of ["external", "events"] as const) {
      promise(`R14: another record of ${source} under a number that was read is InputBehind`, async ({ inputs, store }) => {
        for (const body of bodies(1, 3)) await store(source, 0, body, { "ce-id": body })
        const { records } = await readFrom(inputs, source, 0, 0, 3)
        const [, second, third] = records.map(({ number }) => number)
        const open = (from: InputPosition) => faultOf(Effect.scoped(inputs.open(source, 0, from)))
        const digest = recordDigest(records[1]!)
        assert.equal(await open({ after: 0, seen: second!, digest }), "nothing went wrong")
        assert.equal(await open({ after: 0, seen: third!, digest }), "InputBehind")
        const renamed = recordDigest({ ...records[1]!, headers: { "ce-id": "another" } })
        assert.equal(await open({ after: 0, seen: second!, digest: renamed }), "InputBehind", "headers count too")
      })
    }

    promise("R14: a record that was read and is not kept any more is InputBehind", async ({ inputs, store }) => {
      for (const body of bodies(1, 3)) await store("external", 0, body)
      const { records } = await readFrom(inputs, "external", 0, 0, 3)
      const [, second, third] = records
      await Effect.runPromise(inputs.purge(0, third!.number))
      const open = (from: InputPosition) => faultOf(Effect.scoped(inputs.open("external", 0, from)))
      assert.equal(await open({ after: 0, seen: second!.number, digest: recordDigest(second!) }), "InputBehind")
      assert.equal(await open({ after: 0, seen: third!.number, digest: recordDigest(third!) }), "nothing went wrong")
    })
  })
}

/** Opens a reader for as long as `use` takes. */
export async function reading<A>(
  inputs: Inputs,
  source: InputSource,
  partition: number,
  after: number,
  use: (reader: InputReader) => Promise<A>,
): Promise<A> {
  const scope = Effect.runSync(Scope.make())
  try {
    return await use(await Effect.runPromise(inputs.open(source, partition, { after }).pipe(Scope.provide(scope))))
  } finally {
    await Effect.runPromise(Scope.close(scope, Exit.void))
  }
}

function readFrom(inputs: Inputs, source: InputSource, partition: number, after: number, count: number) {
  return reading(inputs, source, partition, after, async (reader) => {
    const records: InputRecord[] = []
    while (records.length < count) records.push(await Effect.runPromise(reader.next))
    return { backlog: reader.backlog, records }
  })
}

async function faultOf<A, E extends { readonly _tag: string }>(effect: Effect.Effect<A, E>): Promise<string> {
  const result = await Effect.runPromise(Effect.result(effect))
  return result._tag === "Failure" ? result.failure._tag : "nothing went wrong"
}

export function bodies(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `record ${from + index}`)
}

export function bodyOf(record: InputRecord): string {
  return Buffer.from(record.bytes).toString("utf8")
}

/** What is on its way between server and client is counted a moment later. */
async function waitFor(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await turn()
}
