// What the core decided, as a decision of the engine: timers follow from rows, and those who wait are answered.
import type { Decision } from "../../runtime/actor/logic.ts"
import type { TimerChange } from "../../runtime/actor/timer.ts"
import type { Json } from "../../runtime/message/json.ts"
import { deadlineTimer } from "../machine/core.ts"
import type { SagaRow } from "../machine/row.ts"
import type { Step } from "../machine/stop.ts"
import { endOutcome, parkOutcome, type Row } from "./answers.ts"

interface How {
  /** The row was made with this message. */
  readonly isNew?: true
  /** The timer that fired: it is gone already. */
  readonly fired?: string
}

export function toDecision(before: SagaRow, { row, send, emit, release }: Step, how: How): Decision {
  const timers = timerChanges(before, row, how)
  // cast: what a contract made of the payload; that it survives JSON is checked when it is encoded
  const facts = emit.map((fact) => ({ ...fact, payload: fact.payload as Json }))
  const decision: Decision = {
    state: row,
    ...(send.length === 0 ? {} : { send }),
    ...(timers.length === 0 ? {} : { timers }),
    ...(facts.length === 0 ? {} : { emit: facts }),
  }
  const waiters = before.waiters ?? []
  if ("ended" in row) {
    const { outcome, reason, startedMs } = row.ended
    const ended = { outcome, startedMs, ...(reason === undefined ? {} : { reason }) }
    const answer = waiters.map((to) => ({ to, outcome: endOutcome(row.ended, to) }))
    return { ...decision, emit: facts, release, ended, answer }
  }
  if (row.parked === undefined || row.parked === before.parked) return decision
  const { code, message } = row.parked
  if (code === "PAUSED") return { ...decision, parked: { code, message } }
  // A parent goes on waiting: its child may be resumed.
  const told = waiters.filter((waiter) => !("actor" in waiter))
  const answer = told.map((to) => ({ to, outcome: parkOutcome({ code, message }) }))
  return { ...decision, parked: { code, message }, answer }
}

/** One timer per open command or wait, named by its effect, and one for the whole saga; none while it is parked. */
function timerChanges(before: SagaRow, after: Row, { isNew, fired }: How): readonly TimerChange[] {
  const old = isNew === true ? {} : timersOf(before)
  const now = timersOf(after)
  const changes: TimerChange[] = []
  for (const name of Object.keys(old)) {
    if (now[name] === undefined && name !== fired) changes.push({ type: "cancel", name })
  }
  for (const [name, timer] of Object.entries(now)) {
    // By identity: a pause of 0 ms is due when the timeout was, and still needs a timer.
    if (old[name]?.of !== timer.of) changes.push({ type: "set", name, dueMs: timer.dueMs, payload: null })
  }
  return changes
}

interface DueTimer {
  readonly dueMs: number
  /** What it is the timer of. */
  readonly of: unknown
}

function timersOf(row: Row): Readonly<Record<string, DueTimer>> {
  if ("ended" in row || row.parked !== undefined) return {}
  const timers: Record<string, DueTimer> = {}
  for (const [effect, open] of Object.entries(row.open)) {
    if (open.dueMs !== undefined) timers[effect] = { dueMs: open.dueMs, of: open }
  }
  const { deadlineMs } = row
  // One that is turned back needs no deadline any more.
  if (deadlineMs !== undefined && row.failure === undefined) timers[deadlineTimer] = { dueMs: deadlineMs, of: deadlineMs }
  return timers
}
