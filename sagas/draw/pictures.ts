// Drawings for tools that have a saga as an actor only. A run that has ended keeps little in its row: with the state before
// the end its steps are shown as well.
import type { ActorLogic } from "../../runtime/actor/logic.ts"
import type { DrawnRun, Pictures } from "../../runtime/actor/pictures.ts"
import type { Json } from "../../runtime/message/json.ts"
import type { SagaDefinition } from "../definition/definition.ts"
import type { ItemStatus } from "../machine/progress.ts"
import type { Ended, EndedRow, SagaRow } from "../machine/row.ts"
import type { Instance } from "./marks.ts"
import { pictureOf } from "./picture.ts"
import { svg } from "./svg.ts"

export const sagaPictures: Pictures = {
  svg(logic, run) {
    const definition = definitionOf(logic, run)
    return definition && svg({ definition }, run && instanceOf(run))
  },
  graph(logic, run) {
    const definition = definitionOf(logic, run)
    // cast: boxes, frames and texts; what is undefined is not there
    return definition && (JSON.parse(JSON.stringify(pictureOf(definition, run && instanceOf(run)))) as Json)
  },
}

/** A saga with a machine of its own has no steps that could be drawn. */
function definitionOf({ kind, madeOf }: ActorLogic, run: DrawnRun | undefined): SagaDefinition | undefined {
  if (kind !== "saga") return undefined
  // cast: what sagas are made of
  const definition = madeOf?.(run?.before ?? run?.state) as SagaDefinition | undefined
  return definition === undefined || definition.body.length === 0 ? undefined : definition
}

function instanceOf({ key, state, before, nowMs }: DrawnRun): Instance {
  const row = state as SagaRow | EndedRow // cast: the row of a saga, as its actor stored it
  const last = before as SagaRow | EndedRow | undefined // cast: likewise
  if (!("ended" in row) || row.revertible !== undefined || last === undefined || "ended" in last) return { row, key, nowMs }
  return { row: { ended: row.ended, revertible: settled(last, row.ended) }, key, nowMs }
}

/** The last state says what was open; the end says how that went. */
function settled(last: SagaRow, { outcome, reason = "" }: Ended): SagaRow {
  const { parked: _, ...row } = last
  const items: Record<string, readonly ItemStatus[]> = { ...row.items }
  const turned = outcome === "compensated" && row.failure === undefined
  let { failure } = row
  for (const { step, item, direction } of Object.values(row.open)) {
    if (outcome === "killed") continue
    const status = direction === "undo" ? "undone" : turned ? "refused" : "done"
    items[step] = (items[step] ?? []).map((was, index) => (index === item && was !== "undone" ? status : was))
    if (turned) failure ??= { step, item, code: reason, detail: null }
  }
  return { ...row, items, open: {}, ...(failure === undefined ? {} : { failure }) }
}
