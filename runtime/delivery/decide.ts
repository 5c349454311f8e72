// decide: one record on one row, by the user's handler or the saga's statechart. The result is an entry that is encoded
// and size-checked here, when it is made: what is too large parks its record, never the block (R13).
import type { ActorLogic, DecideContext, Decision } from "../actor/logic.ts"
import { describeError, Fault } from "../kernel/fault.ts"
import { limits } from "../kernel/limits.ts"
import { encodeEntry, type Entry, type ParkedEntry } from "../message/block.ts"
import { queryCommand } from "../message/contract.ts"
import { checkJson, type Json } from "../message/json.ts"
import { addressText, type Message } from "../message/message.ts"
import type { Outcome } from "../message/outcome.ts"
import type { ProcessSpan } from "../ports/telemetry.ts"
import type { Decided } from "./decided.ts"
import type { Delivery } from "./delivery.ts"
import type { Inbound } from "./inbound.ts"
import { isVoidUndo, nothingToUndo, recallOutcome, rememberedEffects, undoneEffect } from "./effect-memory.ts"
import { load } from "./load.ts"
import { Outgoing } from "./outgoing.ts"
import { applyEntry } from "./partition.ts"
import type { Row } from "./row.ts"

/** Decides one admitted record and applies the decision in memory; it becomes durable with its block. */
export function decide(delivery: Delivery, inbound: Inbound, nowMs: number): Decided {
  const decided = decideWork(delivery, inbound, nowMs)
  applyEntry(delivery.partition, decided.entry)
  return decided
}

function decideWork(delivery: Delivery, { from, work }: Inbound, nowMs: number): Decided {
  switch (work.type) {
    case "park":
      return seal({ from, parked: work.parked }, undefined, {})
    case "forward": {
      const out = new Outgoing(delivery, undefined)
      for (const message of work.messages) out.forward(message)
      return seal({ from, ...out.entry() }, undefined, {})
    }
    case "message":
      return decideMessage(delivery, from, work.message, nowMs)
  }
}

function decideMessage(delivery: Delivery, from: Entry["from"], message: Message, nowMs: number): Decided {
  if (message.type === "settled") return seal({ from, to: message.to, forget: message.scope }, undefined, {})
  const logic = delivery.app.logics.get(message.to.service)
  const row = load(delivery.partition, message.to)
  // Cancelled, or set anew, after it was queued: a cancelled timer never fires.
  if (message.type === "timer" && row.timers.get(message.name)?.dueMs !== message.dueMs)
    return seal({ from }, undefined, {})
  const span = delivery.ports.telemetry.process({
    message,
    kind: logic?.kind ?? "service",
    first: row.state === undefined,
    nowMs,
  })
  try {
    if (logic === undefined)
      throw new NoSuchService(`app ${delivery.app.name} has no service "${message.to.service}"; the record is parked`)
    const decided = decideOn(delivery, { from, message, logic, row, span, nowMs })
    if (decided.encoded.length <= limits.decisionBytesMax) return decided
    throw new DecisionTooLarge(
      `the decision of ${addressText(message.to)} has ${decided.encoded.length} bytes, ` +
        `more than ${limits.decisionBytesMax}; its record is parked`,
    )
  } catch (error) {
    return park(delivery, from, message, span, error)
  }
}

interface Deciding {
  readonly from: Entry["from"]
  readonly message: Message
  readonly logic: ActorLogic
  readonly row: Row
  readonly span: ProcessSpan
  readonly nowMs: number
}

function decideOn(delivery: Delivery, deciding: Deciding): Decided {
  const { message, logic, row } = deciding
  if (message.type === "command" && message.name === queryCommand) {
    return conclude(delivery, deciding, { state: row.state, outcome: { type: "done", value: row.state ?? null } }, [])
  }
  const isEffect = message.type === "command" && logic.kind === "service"
  const known = isEffect ? recallOutcome(row, message) : undefined
  if (known !== undefined) return conclude(delivery, deciding, { state: row.state, outcome: known }, [])
  const decision =
    isEffect && isVoidUndo(row, message)
      ? { state: row.state, outcome: nothingToUndo }
      : decideByLogic(deciding, isEffect ? undoneEffect(row, message) : undefined)
  const effects = isEffect ? rememberedEffects(row, message, decision.outcome) : []
  return conclude(delivery, deciding, decision, effects)
}

function decideByLogic({ logic, row, message, nowMs }: Deciding, did: DecideContext["did"]): Decision {
  const decision = logic.decide(row.state, message, { self: message.to, nowMs, ...(did === undefined ? {} : { did }) })
  checkDecision(decision, row.state, addressText(message.to))
  return decision
}

/** Turns a decision into its entry: numbers what goes out, and says what is remembered. */
function conclude(
  delivery: Delivery,
  deciding: Deciding,
  decision: Decision,
  effects: NonNullable<Entry["effects"]>,
): Decided {
  const { from, message, row, span } = deciding
  const out = new Outgoing(delivery, span)
  for (const command of decision.send ?? []) out.command(message.to, command)
  for (const event of decision.emit ?? []) out.event(message.to, event, deciding.nowMs)
  for (const address of decision.release ?? []) out.settled(message.to, address)
  const answers = [...(decision.answer ?? []), ...out.reply(message, decision.outcome)]
  const timers = [
    ...(message.type === "timer" ? [{ type: "clear" as const, name: message.name }] : []),
    ...(decision.timers ?? []).map((change) =>
      change.type === "cancel"
        ? { type: "clear" as const, name: change.name }
        : { ...change, ...(span.trace === undefined ? {} : { trace: span.trace }) },
    ),
  ]
  const state = stateChange(row.state, decision.state)
  const touches = effects.length > 0 || timers.length > 0 || "state" in state || "gone" in state
  const entry: Entry = {
    from,
    ...(touches ? { to: message.to } : {}),
    ...state,
    ...(effects.length > 0 ? { effects } : {}),
    ...(timers.length > 0 ? { timers } : {}),
    ...out.entry(),
    ...(decision.parked === undefined ? {} : { parked: { id: addressText(message.to), ...decision.parked } }),
  }
  const { outcome, ended, parked } = decision
  const closing = { ...(outcome && { outcome }), ...(ended && { ended }), ...(parked && { parked }) }
  return seal(entry, span, closing, answers)
}

function stateChange(
  before: Json | undefined,
  after: Json | undefined,
): Pick<Entry, "state"> | Pick<Entry, "gone"> | Record<never, never> {
  if (after === before) return {}
  return after === undefined ? { gone: true } : { state: after }
}

/** Poison: the record is set aside with its cause, the sender is told, and the row stays as it was. */
function park(delivery: Delivery, from: Entry["from"], message: Message, span: ProcessSpan, error: unknown): Decided {
  const code = error instanceof Fault ? error.code : "HANDLER_THREW"
  const text = describeError(error)
  const id =
    message.type === "command"
      ? message.effect
      : `${addressText(message.to)} ${from.map((mark) => mark.join("#")).join(" ")}`
  const parked: ParkedEntry = { id, code, message: text, record: message }
  const out = new Outgoing(delivery, span)
  const faulted: Outcome = { type: "faulted", code, message: text }
  const answers = out.reply(message, faulted)
  const timers: Entry["timers"] = message.type === "timer" ? [{ type: "clear", name: message.name }] : []
  const entry: Entry = { from, ...(timers.length > 0 ? { to: message.to, timers } : {}), ...out.entry(), parked }
  return seal(entry, span, { outcome: faulted, parked: { code, message: text } }, answers)
}

function seal(
  entry: Entry,
  span: ProcessSpan | undefined,
  closing: Decided["closing"],
  answers: Decided["answers"] = [],
): Decided {
  return { entry, encoded: encodeEntry(entry), span, closing, answers }
}

/** What the user's code made must survive the journal unchanged. */
function checkDecision(decision: Decision, before: Json | undefined, who: string): void {
  if (decision.state !== undefined && decision.state !== before) checkJson(decision.state, `the state of ${who}`)
  for (const outcome of [decision.outcome, ...(decision.answer ?? []).map((answer) => answer.outcome)]) {
    if (outcome?.type === "done") checkJson(outcome.value, `the answer of ${who}`)
    if (outcome?.type === "refused") checkJson(outcome.detail, `the refusal of ${who}`)
  }
  for (const timer of decision.timers ?? []) if (timer.type === "set") checkJson(timer.payload, `a timer of ${who}`)
  for (const { name, payload } of decision.send ?? []) checkJson(payload, `the command ${name} of ${who}`)
  for (const { name, payload } of decision.emit ?? []) checkJson(payload, `the event ${name} of ${who}`)
  if ((decision.timers?.length ?? 0) > limits.timersPerActorMax)
    throw new DecisionTooLarge(`${who} changes too many timers; its record is parked`)
}

class NoSuchService extends Fault {
  readonly _tag = "NoSuchService"
  readonly code = "NO_SUCH_SERVICE"
  readonly retry = "never"
}

class DecisionTooLarge extends Fault {
  readonly _tag = "DecisionTooLarge"
  readonly code = "DECISION_TOO_LARGE"
  readonly retry = "never"
}
