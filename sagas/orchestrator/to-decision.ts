// What the core decided, as a decision of the engine: timers follow from rows, and those who wait are answered.
import type { Decision } from "../../runtime/actor/logic.ts"
import type { TimerChange } from "../../runtime/actor/timer.ts"
import type { Address } from "../../runtime/message/message.ts"
import type { Json } from "../../runtime/message/json.ts"
import { deadlineTimer } from "../machine/core.ts"
import type { OpenCommand, SagaRow } from "../machine/row.ts"
import { effectOf } from "../machine/slots.ts"
import type { Step } from "../machine/stop.ts"
import { endOutcome, parkOutcome, type Row } from "./answers.ts"

interface How {
  readonly self: Address
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
function timerChanges(before: SagaRow, after: Row, { self, isNew, fired }: How): readonly TimerChange[] {
  const old = isNew === true ? timeless : timedOf(before)
  const now = timedOf(after)
  const changes: TimerChange[] = []
  const cancel = (name: string) => name !== fired && changes.push({ type: "cancel", name })
  const set = (name: string, dueMs: number) => changes.push({ type: "set", name, dueMs, payload: null })
  for (const slot in old.open) if (isTimed(old.open[slot]) && !isTimed(now.open[slot])) cancel(effectOf(self, slot))
  for (const slot in now.open) {
    const open = now.open[slot]
    // By identity: a pause of 0 ms is due when the timeout was, and still needs a timer.
    if (open?.dueMs !== undefined && old.open[slot] !== open) set(effectOf(self, slot), open.dueMs)
  }
  if (old.deadlineMs !== undefined && now.deadlineMs === undefined) cancel(deadlineTimer)
  if (now.deadlineMs !== undefined && old.deadlineMs !== now.deadlineMs) set(deadlineTimer, now.deadlineMs)
  return changes
}

interface Timed {
  readonly open: SagaRow["open"]
  readonly deadlineMs?: number
}

const timeless: Timed = { open: {} }

function timedOf(row: Row): Timed {
  if ("ended" in row || row.parked !== undefined) return timeless
  // One that is turned back needs no deadline any more.
  return row.failure === undefined ? row : { open: row.open }
}

function isTimed(open: OpenCommand | undefined): boolean {
  return open?.dueMs !== undefined
}
