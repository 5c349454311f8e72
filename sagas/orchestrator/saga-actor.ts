// A saga as an actor: messages in, decisions out, around the pure core. A start has no outcome of its own: whoever asked
// is remembered and answered when the saga ends, or at once if it has ended or is parked (R21).
import { unreachable } from "../../runtime/kernel/assert.ts"
import { limits } from "../../runtime/kernel/limits.ts"
import type { ActorLogic, DecideContext, Decision } from "../../runtime/actor/logic.ts"
import type { TimerChange } from "../../runtime/actor/timer.ts"
import { HandlerDefect, UnknownCommand } from "../../runtime/actor/service-logic.ts"
import type { Json } from "../../runtime/message/json.ts"
import { type CommandMessage, isRequester, type Message, type Requester } from "../../runtime/message/message.ts"
import type { Outcome } from "../../runtime/message/outcome.ts"
import { parse, SchemaMismatch } from "../../runtime/message/schema.ts"
import type { SagaDefinition } from "../definition/definition.ts"
import type { Core, CoreEvent } from "../machine/core.ts"
import type { Ended, EndedRow, SagaRow } from "../machine/row.ts"
import type { Step } from "../machine/stop.ts"

type Row = SagaRow | EndedRow

/** The saga as the engine runs it. Commands: `start` (the input), and `resume` for a parked one. */
export function sagaActor(definition: SagaDefinition, core: Core): ActorLogic {
  return {
    service: definition.name,
    kind: "saga",
    reactions: new Map(),
    keptUntilMs(state) {
      const row = state as Row // cast: as below
      return "ended" in row ? row.ended.endedMs + definition.keptMs : undefined
    },
    decide(state, message, context) {
      // cast: the engine hands back what an earlier decision stored; which definition wrote it, the core checks
      const row = state as Row | undefined
      return decideMessage(definition, core, row, message, context)
    },
  }
}

function decideMessage(
  definition: SagaDefinition,
  core: Core,
  row: Row | undefined,
  message: Message,
  context: DecideContext,
): Decision {
  switch (message.type) {
    case "command":
      return runCommand(definition, core, row, message, context)
    case "reply":
      return step(core, row, { type: "reply", effect: message.effect, outcome: message.outcome }, context)
    case "timer":
      return step(core, row, { type: "timer", effect: message.name, dueMs: message.dueMs }, context)
    case "event":
    case "settled":
      throw new HandlerDefect(`saga ${definition.name} cannot take a message of type ${message.type}; it is parked`)
    default:
      return unreachable(message)
  }
}

function runCommand(
  definition: SagaDefinition,
  core: Core,
  row: Row | undefined,
  message: CommandMessage,
  context: DecideContext,
): Decision {
  if (message.direction === "undo") {
    throw new HandlerDefect(`saga ${definition.name} has nothing that "${message.name}" could undo; the record is parked`)
  }
  switch (message.name) {
    case "start":
      return row === undefined ? begin(definition, core, message, context) : join(row, message)
    case "resume":
      return resume(core, row, context)
    default:
      throw new UnknownCommand(`saga ${definition.name} has no command "${message.name}"; the record is parked`)
  }
}

function begin(definition: SagaDefinition, core: Core, message: CommandMessage, context: DecideContext): Decision {
  let input: Json
  try {
    // cast: a schema's output is what the user's functions read; that it survives JSON is checked when it is encoded
    input = parse(definition.input, message.payload, `the input of saga ${definition.name}`) as Json
  } catch (error) {
    if (!(error instanceof SchemaMismatch)) throw error
    return { state: undefined, outcome: { type: "refused", code: "invalid-input", detail: { message: error.message } } }
  }
  const waiters = waitersWith([], message)
  const row = { ...core.create(input, context.nowMs), ...(waiters.length === 0 ? {} : { waiters }) }
  return toDecision(row, core.decide(row, { type: "start" }, context))
}

/** A second start of the same key: no second instance, but one more who waits. */
function join(row: Row, message: CommandMessage): Decision {
  const requester = requesterOf(message)
  if (requester === undefined) return { state: row }
  if ("ended" in row) return { state: row, answer: [{ to: requester, outcome: endOutcome(row.ended) }] }
  if (row.parked !== undefined) return { state: row, answer: [{ to: requester, outcome: parkOutcome(row.parked) }] }
  const waiters = row.waiters ?? []
  const waits = waiters.some(({ subject, request }) => subject === requester.subject && request === requester.request)
  return { state: waits ? row : { ...row, waiters: waitersWith(waiters, message) } }
}

function resume(core: Core, row: Row | undefined, context: DecideContext): Decision {
  if (row === undefined || "ended" in row || row.parked === undefined) {
    const detail = row === undefined ? "it was never started" : "ended" in row ? "it has ended" : "it is under way"
    return { state: row, outcome: { type: "refused", code: "not-parked", detail } }
  }
  const decision = toDecision(row, core.decide(row, { type: "resume" }, context))
  return { ...decision, resumed: true, outcome: { type: "done", value: null } }
}

function step(core: Core, row: Row | undefined, event: CoreEvent, context: DecideContext): Decision {
  if (row === undefined || "ended" in row) return { state: row }
  const taken = core.decide(row, event, context)
  return taken.row === row ? { state: row } : toDecision(row, taken, event.type === "timer" ? event.effect : undefined)
}

function toDecision(before: SagaRow, { row, send, emit, release }: Step, fired?: string): Decision {
  const timers = timerChanges(before, row, fired)
  const decision: Decision = {
    state: row,
    ...(send.length === 0 ? {} : { send }),
    ...(timers.length === 0 ? {} : { timers }),
  }
  const answer = (outcome: Outcome) => (before.waiters ?? []).map((to) => ({ to, outcome }))
  if ("ended" in row) {
    const { outcome, reason, startedMs } = row.ended
    const ended = { outcome, startedMs, ...(reason === undefined ? {} : { reason }) }
    // cast: what a contract made of the payload; that it survives JSON is checked when it is encoded
    const facts = emit.map((fact) => ({ ...fact, payload: fact.payload as Json }))
    return { ...decision, emit: facts, release, ended, answer: answer(endOutcome(row.ended)) }
  }
  if (row.parked === undefined) return decision
  const { code, message } = row.parked
  return { ...decision, parked: { code, message }, answer: answer(parkOutcome(row.parked)) }
}

/** Timers follow from rows: one per open command, named by its effect, none while parked. `fired` is gone already. */
function timerChanges(before: SagaRow, after: Row, fired: string | undefined): readonly TimerChange[] {
  const old = openOf(before)
  const now = openOf(after)
  const changes: TimerChange[] = []
  for (const name of Object.keys(old)) {
    if (now[name] === undefined && name !== fired) changes.push({ type: "cancel", name })
  }
  for (const [name, open] of Object.entries(now)) {
    // By identity: a pause of 0 ms is due when the timeout was, and still needs a timer.
    if (old[name] !== open) changes.push({ type: "set", name, dueMs: open.dueMs, payload: null })
  }
  return changes
}

function openOf(row: Row): SagaRow["open"] {
  return "ended" in row || row.parked !== undefined ? {} : row.open
}

/** Bounded: when there are too many, the one that waited longest is dropped, and asks again (R21). */
function waitersWith(waiters: readonly Requester[], message: CommandMessage): readonly Requester[] {
  const requester = requesterOf(message)
  if (requester === undefined) return waiters
  const others = waiters.filter(({ request }) => request !== requester.request)
  return [...others, requester].slice(-limits.waitersPerSagaMax)
}

function requesterOf({ replyTo }: CommandMessage): Requester | undefined {
  return replyTo !== undefined && isRequester(replyTo) ? { subject: replyTo.subject, request: replyTo.request } : undefined
}

function endOutcome(ended: Ended): Outcome {
  return { type: "done", value: ended }
}

function parkOutcome({ code, message }: { readonly code: string; readonly message: string }): Outcome {
  return { type: "faulted", code, message }
}
