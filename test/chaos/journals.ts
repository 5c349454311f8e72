// What a run's journals hold at its end, read by the same port that owners use.
import * as Effect from "effect/Effect"
import type { App } from "../../runtime/index.ts"
import { manifestPlace, readManifest } from "../../runtime/nats/manifest.ts"
import { natsJournal } from "../../runtime/nats/journal.ts"
import { openBareLink } from "../../runtime/nats/link.ts"
import type { BlockHappening } from "../../runtime/simulation/history.ts"
import { blockHappening } from "../../runtime/simulation/history-lines.ts"
import { clockMs } from "./clock.ts"

/** In the order of sequences for each partition. */
export async function readJournals({ namespace, shape }: App, natsUrl: string): Promise<readonly BlockHappening[]> {
  const link = await openBareLink({ natsUrl, name: "chaos", namespace })
  try {
    const { manifest } = (await readManifest(await manifestPlace(link, shape.name))) ?? {}
    const subjects = link.subjects.at(manifest?.layout ?? 0)
    const journal = natsJournal(link.connection, link.publisher, subjects, shape.name, link.reads)
    const blocks: BlockHappening[] = []
    for (let partition = 0; partition < shape.partitions; partition += 1) {
      const visit = Effect.runPromise(
        journal.read(partition, (record) => blocks.push(blockHappening(shape.name, partition, record, clockMs()))),
      )
      await visit
    }
    return blocks
  } finally {
    await link.close()
  }
}
