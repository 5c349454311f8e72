// How an instance stands on its definition: one mark for each step, wait, frame and lane that there is something to say
// about, read from its row.
import type { SagaDefinition, SagaNode } from "../definition/definition.ts"
import { innerBodies } from "../definition/building.ts"
import type { EndedRow, SagaRow } from "../machine/row.ts"
import { type Clock, endedNews, rowNews } from "./news.ts"
import { progressMarks } from "./progress-marks.ts"
import type { Mark } from "./standing.ts"

export interface Marks {
  /** By name of a step, wait, frame or branch; `<choice>:yes` and `<choice>:no` for the ways of a choice. */
  readonly of: ReadonlyMap<string, Mark>
  readonly news: readonly string[]
}

/** An instance to draw. Its row keeps no times of what is over, so only what is open is shown with one. */
export interface Instance extends Clock {
  readonly row: SagaRow | EndedRow
}

export const noMarks: Marks = { of: new Map(), news: [] }

export function marksOf(definition: SagaDefinition, { row, ...clock }: Instance): Marks {
  if (!("ended" in row)) {
    const news = rowNews(definition, row, clock)
    return { of: progressMarks(definition, row, { ...clock, isOver: false }), news }
  }
  const { ended, revertible } = row
  const kept = revertible === undefined ? [] : progressMarks(definition, revertible, { ...clock, isOver: true })
  const of = new Map<string, Mark>(kept)
  if (ended.outcome === "completed") {
    of.set("completed", { standing: "done", lines: ["✓ it ended here"] })
    const names = revertible === undefined ? surelyDone(definition.body) : []
    for (const name of names) of.set(name, { standing: "done", lines: ["✓ done"] })
  }
  if (ended.outcome === "compensated") of.set("compensated", { standing: "undone", lines: ["↶ it ended here"] })
  return { of, news: endedNews(ended, clock, revertible !== undefined) }
}

/** Of a saga that has completed nothing else is kept: what stands in no choice and in no race was done. */
function surelyDone(body: readonly SagaNode[]): readonly string[] {
  return body.flatMap((node): readonly string[] => {
    if (node.type === "choice" || (node.type === "parallel" && node.until === "first")) return []
    return node.type === "step" || node.type === "wait" ? [node.name] : innerBodies(node).flatMap(surelyDone)
  })
}
