// Read models of apps in memory, and what tests compare of them.
import { memoryJournalFeed } from "../../runtime/memory/journal-feed.ts"
import type { App } from "../../runtime/index.ts"
import type { JournalFeed } from "../../runtime/ports/journal-feed.ts"
import { Projector } from "../../runtime/read-model/projector.ts"
import { Store } from "../../runtime/read-model/store.ts"
import type { World } from "../../runtime/testing/index.ts"

export interface TestModel {
  readonly store: Store
  readonly projector: Projector
  /** Resolves when it has read what is stored by then. */
  caughtUp(): Promise<void>
  close(): Promise<void>
}

export async function modelOf(
  app: App,
  world: World,
  options: { readonly file?: string; readonly feed?: JournalFeed } = {},
): Promise<TestModel> {
  const { file = ":memory:", feed = memoryJournalFeed(world.journal, app.shape.partitions) } = options
  const store = await Store.open(file)
  const turns = { turn: (work: () => void) => Promise.resolve(work()) }
  const projector = new Projector({ store, feed, logics: app.shape.logics, turns })
  projector.start()
  return {
    store,
    projector,
    async caughtUp() {
      const { newest = 0 } = (await feed.bounds()) ?? {}
      const isThere = () => projector.status().state === "live" && projector.status().sequence >= newest
      if (await projector.until(isThere, 10_000)) return
      throw new Error(`it is not up to date: ${JSON.stringify(projector.status())}`)
    },
    async close() {
      await projector.stop()
      store.close()
    },
  }
}

const compared = {
  saga: `SELECT saga, key, saga.partition, version, state.phase, state.text, started_ms, changed_ms, ended_ms, due_ms, reason,
    parked, stop, detail, awaits, attributes, sequence, place, live_sequence, live_place
    FROM saga JOIN state ON state.id = saga.state ORDER BY saga, key`,
  attribute: `SELECT name, value, key FROM attribute JOIN saga ON saga.id = attribute.saga ORDER BY name, value, key`,
  decision: `SELECT key, decision.sequence, decision.place, state.phase, state.text FROM decision
    JOIN saga ON saga.id = decision.saga LEFT JOIN state ON state.id = decision.state
    ORDER BY key, decision.sequence, decision.place`,
  parked: "SELECT * FROM parked ORDER BY partition, id",
  audit: "SELECT at_ms, action, author, why, partition, service, key, ids, count, edited FROM audit ORDER BY at_ms, action, key",
  rate: "SELECT * FROM rate ORDER BY at_ms, name",
}

/** Everything in it, without the ids that tell in which order it came. */
export function contentOf({ store }: TestModel): Record<keyof typeof compared, readonly object[]> {
  const read = (sql: string) => store.all(sql).map((row) => ({ ...row }))
  return {
    saga: read(compared.saga), attribute: read(compared.attribute), decision: read(compared.decision),
    parked: read(compared.parked), audit: read(compared.audit), rate: read(compared.rate),
  }
}
