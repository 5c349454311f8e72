// The journal in memory, for tests and simulation: the same promises as on JetStream, and the same unpleasantness on
// demand. `faults` decides per append; by default nothing goes wrong.
import * as Effect from "effect/Effect"
import { AppendUnknown, Fenced, type Journal, type JournalRecord } from "../ports/journal.ts"

/** "lost": no answer, nothing stored. "stored": no answer, yet stored. */
export type AppendFault = "none" | "lost" | "stored"

export interface MemoryJournal extends Journal {
  /** Every kept record of one partition, oldest first. The list itself: a test may damage it. */
  records(partition: number): JournalRecord[]
}

export function memoryJournal(faults: (partition: number) => AppendFault = () => "none"): MemoryJournal {
  const logs = new Map<number, JournalRecord[]>()
  let sequence = 0
  const logOf = (partition: number): JournalRecord[] => {
    const log = logs.get(partition) ?? []
    logs.set(partition, log)
    return log
  }
  const store = (partition: number, bytes: Uint8Array): number => {
    sequence += 1
    logOf(partition).push({ sequence, bytes })
    return sequence
  }
  return {
    append: (partition, bytes, expected) =>
      Effect.suspend((): Effect.Effect<number, Fenced | AppendUnknown> => {
        const fault = faults(partition)
        if (fault === "lost") return noAnswer(partition)
        const last = logOf(partition).at(-1)?.sequence ?? 0
        if (last !== expected) {
          return Effect.fail(new Fenced(`partition ${partition} is at ${last}, not at ${expected}: another process owns it now`))
        }
        const stored = store(partition, bytes)
        return fault === "stored" ? noAnswer(partition) : Effect.succeed(stored)
      }),
    last: (partition) => Effect.sync(() => logOf(partition).at(-1)),
    first: (partition) => Effect.sync(() => logOf(partition).at(0)),
    read: (partition, visit, { from = 0, to = Number.POSITIVE_INFINITY } = {}) =>
      Effect.sync(() => logOf(partition).filter((record) => record.sequence >= from && record.sequence <= to).forEach(visit)),
    purge: (partition, before) =>
      Effect.sync(() => {
        const log = logOf(partition)
        log.splice(0, log.findIndex((record) => record.sequence >= before))
      }),
    records: (partition) => logOf(partition),
  }
}

function noAnswer(partition: number): Effect.Effect<never, AppendUnknown> {
  return Effect.fail(new AppendUnknown(`append to partition ${partition} got no answer; it is tried again`))
}
