// The stored journals of an app, read without a network: for whoever judges a run.
import * as Effect from "effect/Effect"
import { Fenced, type Journal } from "../ports/journal.ts"
import type { JournalStore } from "./journal-store.ts"

export function journalOf(store: JournalStore): Journal {
  return {
    append: () => Effect.fail(new Fenced("nobody owns a partition that only looks")),
    last: (partition) => Effect.succeed(store.log(partition).at(-1)),
    first: (partition) => Effect.succeed(store.log(partition).at(0)),
    read: (partition, visit, range = {}) => Effect.sync(() => store.read(partition, range).forEach(visit)),
    purge: () => Effect.void,
  }
}
