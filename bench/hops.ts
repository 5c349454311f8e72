// Which way records went from actor to actor, read from the last blocks of the journals when the run is over: so the run
// itself pays nothing for it.
import * as Effect from "effect/Effect"
import { parseDestination } from "../runtime/delivery/channel-id.ts"
import { decodeBlock } from "../runtime/message/block.ts"
import { openBareLink } from "../runtime/nats/link.ts"
import { natsJournal } from "../runtime/nats/journal.ts"

/** Shares of the records that actors of the app sent, 0 to 1 together. */
export interface Hops {
  readonly samePartition: number
  readonly sameProcess: number
  readonly otherProcess: number
  readonly otherApp: number
}

/** Journal places before the last of each partition that are looked at: places are shared by all of them. */
const placesLookedAt = 400

/** `owned`: which partitions each process has. */
export async function readHops(
  natsUrl: string,
  namespace: string,
  app: string,
  owned: readonly (readonly number[])[],
): Promise<Hops> {
  const link = await openBareLink({ natsUrl, namespace, name: "bench hops" })
  try {
    const journal = natsJournal(link.connection, link.publisher, link.subjects, app, link.reads)
    const counts = { samePartition: 0, sameProcess: 0, otherProcess: 0, otherApp: 0 }
    for (const partition of owned.flat()) {
      const process = owned.find((partitions) => partitions.includes(partition))
      const count = (destinationId: string) => {
        const destination = parseDestination(destinationId)
        if (destination.type === "peer") counts.otherApp += 1
        if (destination.type !== "lane") return
        if (destination.partition === partition) counts.samePartition += 1
        else if (process?.includes(destination.partition) === true) counts.sameProcess += 1
        else counts.otherProcess += 1
      }
      const last = (await Effect.runPromise(journal.last(partition)))?.sequence ?? 0
      const visit = ({ bytes }: { readonly bytes: Uint8Array }) => {
        for (const { out } of decodeBlock(bytes, "a block").decisions) for (const [destination] of out ?? []) count(destination)
      }
      await Effect.runPromise(journal.read(partition, visit, { from: Math.max(0, last - placesLookedAt) }))
    }
    const all = Math.max(1, Object.values(counts).reduce((sum, number) => sum + number))
    return {
      samePartition: counts.samePartition / all,
      sameProcess: counts.sameProcess / all,
      otherProcess: counts.otherProcess / all,
      otherApp: counts.otherApp / all,
    }
  } finally {
    await link.close()
  }
}
