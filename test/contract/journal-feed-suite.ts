// The promises of runtime/ports/journal-feed.ts, one test each, for every adapter.
import assert from "node:assert/strict"
import { describe } from "node:test"
import * as Effect from "effect/Effect"
import type { Journal } from "../../runtime/ports/journal.ts"
import type { FeedBlock, FeedReader, JournalFeed } from "../../runtime/ports/journal-feed.ts"
import { promiseOn } from "./promise.ts"

export interface FeedUnderTest {
  readonly journal: Journal
  /** Of the partitions 0 and 1. */
  readonly feed: JournalFeed
  end(): Promise<void>
}

const textOf = ({ partition, bytes }: FeedBlock) => `${partition} ${Buffer.from(bytes).toString("utf8")}`

async function append({ journal }: FeedUnderTest, partition: number, text: string, expected: number): Promise<number> {
  return Effect.runPromise(journal.append(partition, Buffer.from(text), expected))
}

/** The next blocks; what is none is passed over. */
async function take(reader: FeedReader, count: number): Promise<readonly FeedBlock[]> {
  const blocks: FeedBlock[] = []
  while (blocks.length < count) {
    const { block } = await reader.next()
    if (block !== undefined) blocks.push(block)
  }
  return blocks
}

export function journalFeedContract(name: string, make: () => Promise<FeedUnderTest>): void {
  const promise = promiseOn(make)

  describe(`the journal feed in ${name}`, () => {
    promise("the blocks of all partitions come in one order, and in that of each", async (under) => {
      const a = await append(under, 0, "a", 0)
      const b = await append(under, 1, "b", 0)
      const c = await append(under, 0, "c", a)
      const reader = await under.feed.open(0)
      const blocks = await take(reader, 3)
      assert.deepEqual(blocks.map(textOf), ["0 a", "1 b", "0 c"])
      assert.deepEqual(blocks.map(({ sequence }) => sequence), [a, b, c])
      assert.ok(a < b && b < c)
      reader.close()
    })

    promise("a reader begins behind its place, and is told how much there is", async (under) => {
      const a = await append(under, 0, "a", 0)
      await append(under, 0, "b", a)
      const reader = await under.feed.open(a)
      assert.equal(reader.backlog, 1)
      const { behind, block } = await reader.next()
      assert.deepEqual([behind, block && textOf(block)], [0, "0 b"])
      reader.close()
    })

    promise("what is appended while a reader waits comes to it", async (under) => {
      const reader = await under.feed.open(0)
      const waiting = take(reader, 2)
      const a = await append(under, 1, "a", 0)
      await append(under, 1, "b", a)
      assert.deepEqual((await waiting).map(textOf), ["1 a", "1 b"])
      reader.close()
    })

    promise("a block is had by its sequence for as long as it is kept, and the bounds say what is", async (under) => {
      assert.equal(await under.feed.bounds(), undefined)
      const a = await append(under, 0, "a", 0)
      const b = await append(under, 0, "b", a)
      const c = await append(under, 1, "c", 0)
      assert.deepEqual(await under.feed.bounds(), { oldest: a, newest: c })
      const found = await under.feed.at(b)
      assert.equal(found && textOf(found), "0 b")
      await Effect.runPromise(under.journal.purge(0, b))
      assert.equal(await under.feed.at(a), undefined)
      assert.deepEqual(await under.feed.bounds(), { oldest: b, newest: c })
      assert.equal(await under.feed.at(c + 100), undefined)
    })

    promise("a reader that is closed does not wait for ever", async (under) => {
      const reader = await under.feed.open(0)
      const waiting = reader.next()
      reader.close()
      await assert.rejects(waiting, { code: "JOURNAL_UNAVAILABLE" })
    })
  })
}
