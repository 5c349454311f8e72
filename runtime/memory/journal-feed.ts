// The journals of an app in memory, for those who only read them. A reader that waits looks again every few milliseconds.
import { setTimeout as sleep } from "node:timers/promises"
import { JournalUnavailable } from "../ports/journal.ts"
import type { FeedBlock, JournalFeed } from "../ports/journal-feed.ts"
import type { MemoryJournal } from "./journal.ts"

const lookMs = 2

export function memoryJournalFeed(journal: MemoryJournal, partitions: number, source = "memory"): JournalFeed {
  const behind = (after: number): readonly FeedBlock[] =>
    Array.from({ length: partitions }, (_, partition) =>
      journal.records(partition).filter(({ sequence }) => sequence > after).map((record) => ({ partition, ...record })),
    ).flat().toSorted((a, b) => a.sequence - b.sequence)
  return {
    source,
    open(from) {
      let after = from
      let waiting: readonly FeedBlock[] = []
      let isClosed = false
      return Promise.resolve({
        backlog: behind(from).length,
        async next() {
          for (; waiting.length === 0; waiting = behind(after)) {
            if (isClosed) throw new JournalUnavailable("the reader of the journals was closed")
            if (behind(after).length === 0) await sleep(lookMs)
          }
          const [block, ...rest] = waiting
          waiting = rest
          after = block?.sequence ?? after
          return { sequence: after, behind: rest.length, ...(block === undefined ? {} : { block }) }
        },
        close: () => void (isClosed = true),
      })
    },
    at: (sequence) => Promise.resolve(behind(sequence - 1).find((block) => block.sequence === sequence)),
    bounds() {
      const all = behind(0)
      const [oldest, newest] = [all[0]?.sequence, all.at(-1)?.sequence]
      return Promise.resolve(oldest === undefined || newest === undefined ? undefined : { oldest, newest })
    },
  }
}
