// A saga's row as tools may know it: how it stands, what it waits for, what it is found by.
import type { Accepted, Inspection, Phase, Wait, WaitKind } from "../../runtime/actor/inspection.ts"
import { addressText } from "../../runtime/message/message.ts"
import { foreignName } from "../../runtime/message/peer.ts"
import { activitiesOf, type Outline, parseInstance } from "../definition/outline.ts"
import { attributesOf } from "../machine/attributes.ts"
import { parseTarget } from "../machine/functions.ts"
import { progressOf, type EndedRow, type OpenCommand, type SagaRow } from "../machine/row.ts"
import { openByEffect } from "../machine/slots.ts"
import { stateText } from "../machine/stop.ts"
import type { Row } from "./answers.ts"
import type { SagaParts } from "./saga-parts.ts"

export function inspectSaga(parts: SagaParts, row: Row, key: string): Inspection {
  return "ended" in row ? inspectEnded(row) : inspectLive(parts, row, key)
}

function inspectEnded({ ended, attributes = {}, orders = [], parents = [] }: EndedRow): Inspection {
  const { outcome, reason, result, startedMs, endedMs } = ended
  return {
    phase: outcome, state: outcome, startedMs, endedMs,
    ...(reason === undefined ? {} : { reason }),
    ...(result === undefined ? {} : { result }),
    attributes, waits: [], orders, parents, children: [],
  }
}

function inspectLive({ definition, core: { outline } }: SagaParts, row: SagaRow, key: string): Inspection {
  const self = { service: definition.name, key }
  const { startedMs, deadlineMs, failure, parked, orders = [] } = row
  const reason = failure?.code ?? ("reason" in row && typeof row.reason === "string" ? row.reason : undefined)
  return {
    definition: row.definition,
    phase: phaseOf(row),
    state: stateText(row.value),
    startedMs,
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    ...(reason === undefined ? {} : { reason }),
    ...(parked === undefined ? {} : { parked }),
    attributes: attributesOf(definition, outline, progressOf(row, self)),
    waits: openByEffect(row, self).map(([effect, open]) => waitOf(outline, row, effect, open)),
    orders,
    parents: (row.waiters ?? []).flatMap((waiter) => ("actor" in waiter ? [nameOf(waiter.actor)] : [])),
    children: childrenOf(outline, row),
  }
}

function phaseOf({ parked, failure }: SagaRow): Phase {
  if (parked !== undefined) return parked.code === "PAUSED" ? "paused" : "parked"
  return failure === undefined ? "running" : "compensating"
}

function waitOf(outline: Outline, row: SagaRow, effect: string, open: OpenCommand): Wait {
  const { step, item, direction, attempt, dueMs, fault } = open
  const target = direction === "wait" ? undefined : row.sent[step]?.targets[item]
  const { service, name, key } = target === undefined ? { service: "", name: "", key: "" } : parseTarget(target)
  return {
    kind: kindOf(outline, open),
    step,
    effect,
    ...(direction === "wait" ? {} : { item, attempt }),
    ...(target === undefined ? {} : { to: { service, key }, ...(direction === "do" ? { command: name } : {}) }),
    ...(dueMs === undefined ? {} : { dueMs }),
    ...(fault === undefined ? {} : { fault }),
  }
}

function kindOf(outline: Outline, { step, direction, fault }: OpenCommand): WaitKind {
  const node = outline.places.get(parseInstance(step).name)?.node
  if (direction === "wait") return node?.type === "wait" ? node.for : "time"
  if (fault !== undefined) return "retry"
  if (direction === "undo") return "undo"
  return node?.type === "step" && node.child !== undefined ? "child" : "command"
}

function childrenOf(outline: Outline, row: SagaRow): Inspection["children"] {
  return Object.entries(row.sent).flatMap(([step, { targets }]) => {
    const node = outline.places.get(parseInstance(step).name)?.node
    if (node?.type !== "step" || node.child === undefined) return []
    return targets.map(parseTarget).map(({ service, key }) => ({ saga: service, key, step }))
  })
}

function nameOf({ app, service, key }: { readonly app?: string; readonly service: string; readonly key: string }): string {
  const scope = addressText({ service, key })
  return app === undefined ? scope : foreignName(app, scope)
}

export function acceptedBy({ definition, core: { outline } }: SagaParts): Accepted {
  const activities = activitiesOf(outline)
  const waits = (awaited: string) =>
    activities.flatMap((node) => (node.type === "wait" && node.for === awaited ? [node.name] : []))
  return {
    signals: waits("signal"),
    tokens: waits("token"),
    updates: Object.keys(definition.updates),
    steps: activities.flatMap((node) => (node.type === "step" ? [node.name] : [])),
  }
}
