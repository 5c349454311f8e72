// The events that a saga waits for: which saga an event is for, and whether it is the one.
import type { ActorLogic, DecideContext } from "../../runtime/actor/logic.ts"
import type { EventMessage } from "../../runtime/message/message.ts"
import type { EventContract } from "../../runtime/message/contract.ts"
import { upcast } from "../../runtime/message/versions.ts"
import { parse } from "../../runtime/message/schema.ts"
import type { Json } from "../../runtime/message/json.ts"
import type { AwaitedEvent, WaitNode } from "../definition/definition.ts"
import { activitiesOf, type Outline } from "../definition/outline.ts"
import { askTest, contextOf } from "../machine/functions.ts"
import { progressOf, type SagaRow } from "../machine/row.ts"
import { quiet, type Step } from "../machine/stop.ts"
import type { SagaParts } from "./saga-parts.ts"

export function awaitedEvents(outline: Outline): ActorLogic["reactions"] {
  return new Map(
    waitsFor(outline).map(({ event: { contract, keyOf } }) => [
      contract.eventName,
      (payload: Json, subject: string, version?: number) => keyOf(readEvent(contract, payload, version), subject),
    ]),
  )
}

function readEvent<Payload>({ eventName, schema, versions }: EventContract<Payload>, payload: Json, version?: number): Payload {
  const what = `event ${eventName}`
  return parse(schema, upcast(versions, payload, version, what), what)
}

export function waitsFor(outline: Outline): readonly (WaitNode & { readonly event: AwaitedEvent })[] {
  return activitiesOf(outline).flatMap((node) =>
    node.type === "wait" && node.event !== undefined ? [{ ...node, event: node.event }] : [],
  )
}

/** Given to the first wait for such an event that wants it. */
export function receiveEvent({ core }: SagaParts, row: SagaRow, message: EventMessage, at: DecideContext): Step {
  for (const { name, event } of waitsFor(core.outline)) {
    if (event.contract.eventName !== message.name) continue
    const payload = readEvent(event.contract, message.payload, message.version)
    const context = contextOf(core.outline, progressOf(row, at.self))
    if (!askTest(`wait ${name}: when`, () => event.when(payload, context))) continue
    // A wait for an event that is over, or has one, takes no second one.
    const step = core.decide(row, { type: "arrival", wait: name, value: payload as Json }, at) // cast: it was read from JSON
    if (step.refused === undefined) return step
  }
  return quiet(row)
}
