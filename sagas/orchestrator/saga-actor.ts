// A saga as an actor: messages in, decisions out, around the pure core. A start has no outcome of its own: whoever asked
// is remembered and answered when the saga ends, or at once if it has ended or is parked (R21).
import { unreachable } from "../../runtime/kernel/assert.ts"
import type { ActorFlow, ActorLogic, DecideContext, Decision } from "../../runtime/actor/logic.ts"
import { HandlerDefect, UnknownCommand } from "../../runtime/actor/service-logic.ts"
import type { Json } from "../../runtime/message/json.ts"
import type { CommandMessage, EventMessage, Message } from "../../runtime/message/message.ts"
import { parse, SchemaMismatch } from "../../runtime/message/schema.ts"
import type { SagaDefinition } from "../definition/definition.ts"
import type { Core, CoreEvent } from "../machine/core.ts"
import type { EndedRow } from "../machine/row.ts"
import { participants } from "../machine/stop.ts"
import { join, type Row, waiterOf, withoutParent, withWaiter } from "./answers.ts"
import type { SagaParts } from "./saga-parts.ts"
import { awaitedEvents, receiveEvent } from "./awaited-events.ts"
import { describeSaga } from "./description.ts"
import { acceptedBy, inspectSaga } from "./inspection.ts"
import { runOrder } from "./order-commands.ts"
import { revert } from "./revert.ts"
import { standingOf, summaryOf } from "./summary.ts"
import { toDecision } from "./to-decision.ts"

/** The saga as the engine runs it. */
export function sagaActor(definition: SagaDefinition, core: Core): ActorLogic {
  const parts = { definition, core }
  const reactions = awaitedEvents(core.outline)
  return {
    service: definition.name,
    kind: "saga",
    reactions,
    flow: flowOf(definition, [...reactions.keys()]),
    begins: (message) => message.type === "command" && (message.name === "start" || message.name === "revert"),
    describe: () => describeSaga(definition, core),
    summarize: (state) => summaryOf(state as Row), // cast: as below
    inspect: (state, { key }) => inspectSaga(parts, state as Row, key), // cast: as below
    accepted: () => acceptedBy(parts),
    madeOf: () => definition,
    standing: (state) => standingOf(state as Row), // cast: as below
    keptUntilMs(state) {
      const row = state as Row // cast: as below
      return "ended" in row && row.parents === undefined ? row.ended.endedMs + definition.keptMs : undefined
    },
    decide(state, message, context) {
      // cast: the engine hands back what an earlier decision stored; which definition wrote it, the core checks
      const row = state as Row | undefined
      return decideMessage(parts, row, message, context)
    },
  }
}

/** It emits at its end only, whatever it waited for on the way: told once, with its start. */
function flowOf({ emits }: SagaDefinition, awaited: readonly string[]): ActorFlow {
  const waits = awaited.map((name) => ({ trigger: { type: "event" as const, name }, emits: emits ?? [] }))
  return { handlers: [{ trigger: { type: "command", name: "start" }, emits }, ...waits] }
}

function decideMessage(parts: SagaParts, row: Row | undefined, message: Message, context: DecideContext): Decision {
  switch (message.type) {
    case "command":
      return runCommand(parts, row, message, context)
    case "reply":
      return step(parts, row, { type: "reply", effect: message.effect, outcome: message.outcome }, context)
    case "timer":
      return step(parts, row, { type: "timer", effect: message.name, dueMs: message.dueMs }, context)
    case "event":
      return onEvent(parts, row, message, context)
    case "settled":
      return settle(row, message.scope)
    default:
      return unreachable(message)
  }
}

function runCommand(parts: SagaParts, row: Row | undefined, message: CommandMessage, context: DecideContext): Decision {
  const { definition } = parts
  if (message.name === "revert") return revert(parts, row, message, context)
  if (message.direction === "undo") {
    throw new HandlerDefect(`saga ${definition.name} has nothing that "${message.name}" could undo; the record is parked`)
  }
  if (message.name === "start") return row === undefined ? begin(parts, message, context) : join(row, message)
  const decision = runOrder(parts, row, message, context)
  if (decision !== undefined) return decision
  throw new UnknownCommand(`saga ${definition.name} has no command "${message.name}"; the record is parked`)
}

function begin({ definition, core }: SagaParts, message: CommandMessage, context: DecideContext): Decision {
  let input: Json
  try {
    // cast: a schema's output is what the user's functions read; that it survives JSON is checked when it is encoded
    input = parse(definition.input, message.payload, `the input of saga ${definition.name}`) as Json
  } catch (error) {
    if (!(error instanceof SchemaMismatch)) throw error
    return { state: undefined, outcome: { type: "refused", code: "invalid-input", detail: { message: error.message } } }
  }
  const row = withWaiter(core.create(input, context.nowMs, message.effect), waiterOf(message))
  return toDecision(row, core.decide(row, { type: "start" }, context), { self: context.self, isNew: true })
}

/** A saga that has sent it commands has ended: if it was a parent, it neither waits for it nor takes it back any more. */
function settle(row: Row | undefined, scope: string): Decision {
  if (row === undefined) return { state: row }
  if (!("ended" in row)) return { state: withoutParent(row, scope) }
  const { revertible, parents, ...rest } = row
  if (parents?.includes(scope) !== true) return { state: row }
  const others = parents.filter((other) => other !== scope)
  if (others.length > 0) return { state: { ...row, parents: others } }
  return { state: rest, ...(revertible === undefined ? {} : { release: participants(revertible) }) }
}

/** What is not of anything that the saga has open changes nothing. */
function step({ core }: SagaParts, row: Row | undefined, event: CoreEvent, context: DecideContext): Decision {
  if (row === undefined || "ended" in row) return { state: row, ...(event.type === "reply" ? { dropped: tooLate(row) } : {}) }
  const taken = core.decide(row, event, context)
  if (taken.row === row) return { state: row }
  const { self } = context
  return toDecision(row, taken, event.type === "timer" ? { self, fired: event.effect } : { self })
}

/** A reply that nobody waits for any more is normal after a retry; one that nobody ever waited for is not. */
function tooLate(row: EndedRow | undefined): NonNullable<Decision["dropped"]> {
  if (row !== undefined) return { code: "SAGA_ENDED", message: "a reply came for a saga that had ended" }
  return { code: "NO_SUCH_SAGA", message: "a reply came for a saga that was never started, or is forgotten" }
}

/** An event for a saga that never started, or has ended, or does not wait for it any more, changes nothing. */
function onEvent(parts: SagaParts, row: Row | undefined, message: EventMessage, context: DecideContext): Decision {
  if (row === undefined || "ended" in row) return { state: row }
  const taken = receiveEvent(parts, row, message, context)
  return taken.row === row ? { state: row } : toDecision(row, taken, { self: context.self })
}
