// What a run has shown, read from its history: what sagas were told in which state, and things that must happen sometimes, or
// the faults are too kind. Each has a name; a long run in which one never happened says so.
import type { Entry } from "../message/block.ts"
import { addressText } from "../message/message.ts"
import type { Coverage } from "./coverage.ts"
import type { History } from "./history.ts"
import { isSagaRow } from "./probes.ts"

/** Things that must be seen sometimes, by name. */
export const sometimes = [
  "a process crashed between commit and dispatch",
  "a process crashed when its block was stored and it did not know yet",
  "an append without an answer was stored",
  "an append without an answer was not stored",
  "an owner was fenced",
  "a process that had been paused was fenced",
  "an undo came to where its do never was",
  "a participant was called twice with one key",
  "a participant was called twice while its saga was compensating",
  "a record was parked",
  "a saga was completed",
  "a saga was compensated",
  "a client asked again",
  "records were sent again",
  "a lane frame came twice",
  "lane frames changed their order",
  "a handler was called again after its process died",
  "two releases ran at the same time",
  "a timer fired after its process was started anew",
  "a journal lost blocks in a power cut",
  "a partition stopped because its journal had lost blocks",
] as const
export type Sometimes = (typeof sometimes)[number]

/** Counts what one run has shown. */
export function noteSightings(history: History, coverage: Coverage): void {
  const saw = (name: Sometimes) => coverage.saw(`sometimes ${name}`)
  const sagas = new SagaStates(history, coverage)
  const began = new Map<string, string>()
  const invoked = new Set<string>()
  for (const happening of history.happenings) {
    switch (happening.type) {
      case "block":
        for (const entry of happening.block.decisions) {
          sagas.note(entry)
          if (isVoidUndo(entry)) saw("an undo came to where its do never was")
          if (entry.parked !== undefined) saw("a record was parked")
        }
        break
      case "ledger":
        if (happening.result === "duplicate") {
          saw("a participant was called twice with one key")
          if (happening.direction === "undo") saw("a participant was called twice while its saga was compensating")
        }
        break
      case "handling": {
        const name = `${happening.actor} ${happening.record}`
        const by = began.get(name)
        if (happening.phase === "began" && by !== undefined && by !== happening.process)
          saw("a handler was called again after its process died")
        if (happening.phase === "began") began.set(name, happening.process)
        break
      }
      case "client":
        if (happening.phase !== "invoke") break
        if (invoked.has(happening.effect)) saw("a client asked again")
        invoked.add(happening.effect)
        break
      case "timer":
        if (!happening.process.endsWith("-1")) saw("a timer fired after its process was started anew")
        break
      case "cut":
        saw("a journal lost blocks in a power cut")
        break
      default:
    }
  }
  for (const [name, meant] of Object.entries(meaning)) if (coverage.count(name) > 0) saw(meant)
}

/** What was counted while the run was under way, and what it means. */
const meaning: Readonly<Record<string, Sometimes>> = {
  "crash after commit": "a process crashed between commit and dispatch",
  "crash before dispatch": "a process crashed between commit and dispatch",
  "crash stored commit": "a process crashed when its block was stored and it did not know yet",
  "lostAnswer append": "an append without an answer was stored",
  "lostRequest append": "an append without an answer was not stored",
  "fenced": "an owner was fenced",
  "fenced after a pause": "a process that had been paused was fenced",
  "resent": "records were sent again",
  "duplicate frame": "a lane frame came twice",
  "reorder frame": "lane frames changed their order",
  "two releases": "two releases ran at the same time",
  "stopped JOURNAL_BEHIND": "a partition stopped because its journal had lost blocks",
}

/** An undo that left a tombstone for an effect that had not happened. */
function isVoidUndo({ by, effects = [] }: Entry): boolean {
  if (by?.undoes === undefined) return false
  return effects.some(([effect, memory]) => effect === by.undoes && memory.undone === true && memory.outcome === undefined)
}

/** Which input each kind of saga had in which state. */
class SagaStates {
  readonly #history: History
  readonly #coverage: Coverage
  readonly #states = new Map<string, string>()

  constructor(history: History, coverage: Coverage) {
    this.#history = history
    this.#coverage = coverage
  }

  note({ to, by, state, gone }: Entry): void {
    if (to === undefined || by === undefined) return
    const row = addressText(to)
    if (!this.#history.run.apps.some((app) => isSagaRow(app, row))) return
    const before = this.#states.get(row) ?? "new"
    const what = by.type === "reply" ? `reply ${by.outcome ?? ""}` : by.type === "command" ? `command ${by.name ?? ""}` : by.type
    this.#coverage.saw(`saga ${to.service}: ${before} x ${what}`)
    if (gone === true) this.#states.delete(row)
    if (state === undefined) return
    const after = stateName(state)
    this.#states.set(row, after)
    if (after === "completed" || after === "compensated") this.#coverage.saw(`sometimes a saga was ${after}`)
  }
}

function stateName(state: unknown): string {
  if (typeof state !== "object" || state === null) return "?"
  if ("ended" in state) {
    const { ended } = state
    return typeof ended === "object" && ended !== null && "outcome" in ended ? String(ended.outcome) : "ended"
  }
  if (!("value" in state)) return "?"
  return typeof state.value === "string" ? state.value : JSON.stringify(state.value)
}
