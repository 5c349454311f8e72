// The commands by which callers and operators speak to a saga. Each is answered at once: done, or refused with a code. What
// operators do is remembered with who and why.
import { InvalidInput } from "../../runtime/kernel/fault.ts"
import { limits } from "../../runtime/kernel/limits.ts"
import type { DecideContext, Decision } from "../../runtime/actor/logic.ts"
import type { Json } from "../../runtime/message/json.ts"
import type { CommandMessage } from "../../runtime/message/message.ts"
import type { Outcome } from "../../runtime/message/outcome.ts"
import { parse, SchemaMismatch } from "../../runtime/message/schema.ts"
import type { WaitNode } from "../definition/definition.ts"
import type { CoreEvent } from "../machine/core.ts"
import { tokenOf } from "../machine/functions.ts"
import type { Order } from "../machine/orders.ts"
import { attributesOf } from "../machine/attributes.ts"
import { progressOf, type SagaRow } from "../machine/row.ts"
import type { Step } from "../machine/stop.ts"
import { parkOutcome, type Row } from "./answers.ts"
import type { SagaParts } from "./saga-parts.ts"
import { toDecision } from "./to-decision.ts"

/** Who gives an order, and why. */
export interface OrderedBy {
  readonly by: string
  readonly why: string
}

const orders = ["cancel", "kill", "pause", "resume", "retryNow", "skip", "compensate", "abandonUndo"] as const

/** The payload of a command to a saga. */
type Asked = { readonly [field: string]: Json | undefined }

/** `undefined`: the saga has no such command. */
export function runOrder(
  parts: SagaParts,
  row: Row | undefined,
  message: CommandMessage,
  context: DecideContext,
): Decision | undefined {
  const asked = fieldsOf(message.payload)
  const order = orders.find((name) => name === message.name)
  if (order === undefined && !["update", "signal", "complete"].includes(message.name)) return undefined
  if (row === undefined) return refusedFor(row, "not-started", "it was never started")
  if ("ended" in row) return refusedFor(row, "ended", `it has ended: ${row.ended.outcome}`)
  if (order !== undefined) return decideOn(parts, row, toOrder(order, asked), context, authorOf(order, asked, context))
  const event = message.name === "update" ? toUpdate(asked) : arrivalOf(parts, row, message.name, asked, context)
  if ("refused" in event) return refusedFor(row, event.refused.code, event.refused.detail)
  // What a program says of itself is not noted; what somebody gives a reason for is.
  const said = `${message.name} ${textOf(asked["name"] ?? null)}`
  const author = asked["by"] === undefined ? undefined : authorOf(said, asked, context)
  return decideOn(parts, row, event, context, author)
}

function fieldsOf(payload: Json): Asked {
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) return {}
  return payload as Asked // cast: neither null nor a list
}

function toOrder(type: (typeof orders)[number], { step, value = null }: Asked): Order {
  if (type !== "skip") return { type }
  if (typeof step !== "string") throw new InvalidInput("skip needs the name of a step")
  return { type, step, value }
}

function toUpdate({ name, payload = null }: Asked): Order {
  if (typeof name !== "string") throw new InvalidInput("an update needs a name")
  return { type: "update", name, payload }
}

type Refusal = { readonly refused: { readonly code: string; readonly detail: Json } }

/** A signal, or a token that is completed: for a wait of that kind, with a value that fits it. */
function arrivalOf(
  { core, definition }: SagaParts,
  row: SagaRow,
  by: string,
  { name, payload = null, token }: Asked,
  { self }: DecideContext,
): CoreEvent | Refusal {
  const node = typeof name === "string" ? core.outline.places.get(name)?.node : undefined
  const isMeant = node?.type === "wait" && node.for === (by === "signal" ? "signal" : "token")
  if (!isMeant)
    return { refused: { code: "unknown-wait", detail: `saga ${definition.name} waits for no ${by} "${textOf(name ?? null)}"` } }
  const known = { sagaId: self.key, ...(row.secret === undefined ? {} : { secret: row.secret }) }
  if (by === "complete" && token !== tokenOf(core.outline, known, node.name))
    return { refused: { code: "wrong-token", detail: null } }
  return arrival(node, payload)
}

function arrival({ name, schema }: WaitNode, payload: Json): CoreEvent | Refusal {
  try {
    // cast: a schema's output; that it survives JSON is checked when the decision is
    const value = (schema === undefined ? null : parse(schema, payload, `the payload of ${name}`)) as Json
    return { type: "arrival", wait: name, value }
  } catch (error) {
    if (!(error instanceof SchemaMismatch)) throw error
    return { refused: { code: "invalid-payload", detail: error.message } }
  }
}

function refusedFor(row: Row | undefined, code: string, detail: Json): Decision {
  return { state: row, outcome: { type: "refused", code, detail } }
}

function decideOn(
  { core, definition }: SagaParts,
  row: SagaRow,
  event: CoreEvent,
  context: DecideContext,
  author?: NonNullable<SagaRow["orders"]>[number],
): Decision {
  const noted =
    author === undefined ? row : { ...row, orders: [...(row.orders ?? []), author].slice(-limits.ordersPerSagaKept) }
  const decided = core.decide(noted, event, context)
  if (decided.refused !== undefined) return refusedFor(row, decided.refused.code, decided.refused.detail)
  const step = { ...decided, row: withAttributes({ core, definition }, row, decided.row, context) }
  const isFree = row.parked !== undefined && ("ended" in step.row || step.row.parked === undefined)
  const decision = toDecision({ ...noted, ...(row.parked && { parked: row.parked }) }, step, { self: context.self })
  const outcome = failedOutcome(row, step) ?? { type: "done", value: null }
  return { ...decision, ...(isFree ? { resumed: true as const } : {}), outcome }
}

/** One that was ended by an order is found by what it was found by before. */
function withAttributes({ core, definition }: SagaParts, before: SagaRow, after: Row, { self }: DecideContext): Row {
  if (!("ended" in after) || after.attributes !== undefined || definition.attributes === undefined) return after
  return { ...after, attributes: attributesOf(definition, core.outline, progressOf(before, self)) }
}

/** A function of the definition threw: the row is as it was before, so what was asked for did not happen. */
function failedOutcome(before: SagaRow, { row }: Step): Outcome | undefined {
  if ("ended" in row || row.parked === undefined || row.parked === before.parked) return undefined
  return row.parked.code === "PAUSED" ? undefined : parkOutcome(row.parked)
}

function authorOf(
  order: string,
  { by = "", why = "" }: Asked,
  { nowMs }: DecideContext,
): NonNullable<SagaRow["orders"]>[number] {
  return { order, by: textOf(by), why: textOf(why), atMs: nowMs }
}

function textOf(value: Json): string {
  return typeof value === "string" ? value : ""
}
