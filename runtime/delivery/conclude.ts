// What follows from a decision: the entry that the journal will hold, numbered towards its destinations, and the answers
// that leave once it is durable.
import type { ActorLogic, Decision } from "../actor/logic.ts"
import { Fault } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import type { Entry } from "../message/block.ts"
import { queryCommand } from "../message/contract.ts"
import { checkTiming } from "../message/deliver.ts"
import { checkJson, type Json } from "../message/json.ts"
import { addressText, followsFrom, type Message, type Requester } from "../message/message.ts"
import type { Outcome } from "../message/outcome.ts"
import type { ProcessSpan } from "../ports/telemetry.ts"
import { type Decided, decidedRecord, seal } from "./decided.ts"
import type { Delivery } from "./delivery.ts"
import { inboxEffects, isSaid, recallOutcome, rememberedEffects, rememberedEvent } from "./effect-memory.ts"
import { releaseHeld } from "./holding.ts"
import { Outgoing } from "./outgoing.ts"
import { recordName } from "./park.ts"
import { overtakenRedrives } from "./parked-records.ts"
import type { Row } from "./row.ts"
import type { Task } from "./task.ts"

/** A record, the row that it was decided on, and the span that it was decided under. */
export interface Concluding {
  readonly delivery: Delivery
  readonly task: Task
  readonly logic: ActorLogic
  readonly row: Row
  readonly span: ProcessSpan
  readonly nowMs: number
}

/** Turns a decision into its entry: numbers what goes out, and says what is remembered. */
function conclude({ delivery, task, logic, row, span, nowMs }: Concluding, decision: Decision): Decided {
  const { message, from, held } = task
  const out = new Outgoing(delivery, span, message)
  // What only rebuilds a state was said to the others before.
  const isSilent = message.type === "event" && isSaid(row, message)
  for (const command of isSilent ? [] : (decision.send ?? [])) out.command(message.to, command)
  for (const event of isSilent ? [] : (decision.emit ?? [])) out.event(message.to, event, nowMs)
  for (const address of decision.release ?? []) out.settled(message.to, address)
  const answers: { readonly to: Requester; readonly outcome: Outcome }[] = [...out.reply(message, decision.outcome)]
  for (const { to, outcome } of decision.answer ?? []) {
    if ("actor" in to) out.replyLater(to, outcome)
    else answers.push({ to, outcome })
  }
  const released = releaseHeld({ logic, row, message }, decision.state, out)
  const changes = rowChanges({ delivery, task, logic, row, span }, decision, released)
  const sent = out.entry()
  const isPlain = held === undefined && decision.parked === undefined
  const leavesTrace = !isPlain || Object.keys(changes).length + Object.keys(sent).length > 0
  const inboxes = decision.inbox === undefined ? 0 : 1
  const isRemembered = (changes.effects?.length ?? 0) > inboxes || changes.forget !== undefined
  const entry: Entry = {
    from,
    ...(held === undefined ? {} : { took: held }),
    ...(leavesTrace ? { to: message.to, by: decidedRecord(message, isRemembered) } : {}),
    ...changes,
    ...sent,
    ...(decision.parked === undefined ? {} : { parked: { id: task.row, ...decision.parked, atMs: nowMs } }),
    ...(decision.resumed === true ? { unpark: [{ id: task.row, action: "redrive" as const }] } : {}),
  }
  const { outcome, ended, alarm, parked, dropped } = decision
  const closing = {
    ...(outcome && { outcome }), ...(ended && { ended }), ...(alarm && { alarm }), ...(parked && { parked }),
  }
  const sealed = seal(entry, span, closing, answers)
  return dropped === undefined ? sealed : { ...sealed, dropped: { id: recordName(delivery, task), row: task.row, ...dropped } }
}

function rowChanges(
  { delivery: { partition }, task: { message }, logic, row, span }: Omit<Concluding, "nowMs">,
  decision: Decision,
  released: NonNullable<Entry["timers"]>,
): Pick<Entry, "state" | "stateVersion" | "gone" | "effects" | "forget" | "timers"> {
  const isEffect = message.type === "command" && message.name !== queryCommand
  const isKept = logic.kind === "service" || isFollowedOrder(message, decision, row)
  const isNew = isEffect && isKept && recallOutcome(row, message) === undefined
  // A saga takes only what it waits for: what changes nothing now may still be waited for later.
  const isTaken = logic.kind === "service" || decision.state !== row.state
  const overtaken = message.type === "settled" ? overtakenRedrives(partition, message) : []
  const taken = isTaken ? rememberedEvent(message) : []
  const effects = isNew ? rememberedEffects(row, message, decision.outcome) : [...overtaken, ...taken]
  const known = [...effects, ...inboxEffects(decision.inbox)]
  const timers = [
    ...released,
    ...(message.type === "timer" ? [{ type: "clear" as const, name: message.name }] : []),
    ...(decision.timers ?? []).map((change) =>
      change.type === "cancel"
        ? { type: "clear" as const, name: change.name }
        : { ...change, correlation: followsFrom(message).correlation, ...(span.trace !== undefined && { trace: span.trace }) },
    ),
  ]
  return {
    ...stateChange(row.state, decision.state, logic.states?.version),
    ...(known.length > 0 ? { effects: known } : {}),
    ...(message.type === "settled" && row.effects.size + partition.parked.size > 0 ? { forget: message.scope } : {}),
    ...(timers.length > 0 ? { timers } : {}),
  }
}

/** A signal, a cancel or the like that a saga has taken: asked again, it is answered the same and not taken again (R21). */
function isFollowedOrder(message: Message, { outcome, state }: Decision, row: Row): boolean {
  return message.type === "command" && message.direction === "do" && outcome?.type === "done" && state !== row.state
}

function stateChange(
  before: Json | undefined,
  after: Json | undefined,
  version: number | undefined,
): Pick<Entry, "state" | "stateVersion"> | Pick<Entry, "gone"> | Record<never, never> {
  if (after === before) return {}
  if (after === undefined) return { gone: true }
  return { state: after, ...(version === undefined || version === 1 ? {} : { stateVersion: version }) }
}

/** What the user's code made must survive the journal unchanged. Throws NotJson or DecisionTooLarge. */
export function checkDecision(decision: Decision, before: Json | undefined, who: string): void {
  if (decision.state !== undefined && decision.state !== before) checkJson(decision.state, `the state of ${who}`)
  for (const outcome of [decision.outcome, ...(decision.answer ?? []).map((answer) => answer.outcome)]) {
    if (outcome?.type === "done") checkJson(outcome.value, `the answer of ${who}`)
    if (outcome?.type === "refused") checkJson(outcome.detail, `the refusal of ${who}`)
  }
  for (const timer of decision.timers ?? []) if (timer.type === "set") checkJson(timer.payload, `a timer of ${who}`)
  for (const { name, payload } of decision.send ?? []) checkJson(payload, `the command ${name} of ${who}`)
  for (const event of decision.emit ?? []) {
    checkJson(event.payload, `the event ${event.name} of ${who}`)
    checkTiming(event, `the event ${event.name} of ${who}`)
  }
  if ((decision.timers?.length ?? 0) > limits.timersPerActorMax)
    throw new DecisionTooLarge(`${who} changes too many timers; its record is parked`)
}

/** The entry of a decision. Throws DecisionTooLarge: its record is parked, and never the block (R13). */
export function concludeChecked(concluding: Concluding, decision: Decision): Decided {
  const { message } = concluding.task
  checkDecision(decision, concluding.row.state, addressText(message.to))
  const decided = conclude(concluding, decision)
  if (decided.encoded.length <= limits.decisionBytesMax) return decided
  throw new DecisionTooLarge(
    `the decision of ${concluding.task.row} has ${decided.encoded.length} bytes, ` +
      `more than ${limits.decisionBytesMax}; its record is parked`,
  )
}

export class DecisionTooLarge extends Fault {
  readonly _tag = "DecisionTooLarge"
  readonly code = "DECISION_TOO_LARGE"
  readonly retry = "never"
}
