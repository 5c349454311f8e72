// Where a saga stands: what is past its pivot, and what will be undone whatever becomes of it.
import { activitiesOf, instanceOf, type Outline, parseInstance, placeOf } from "../definition/outline.ts"
import { isInScope } from "./progress.ts"
import type { OpenCommand, SagaRow } from "./row.ts"

/** The pivot's command was sent: from then on a saga is not turned back. A pivot that was refused is none any more. */
export function isPastPivot(outline: Outline, row: SagaRow): boolean {
  return activitiesOf(outline).some(({ name, place }) => place === "pivot" && row.items[name]?.includes("refused") === false)
}

/** A command that will be undone in any case is not tried again. */
export function isDoomed(outline: Outline, row: SagaRow, { step, direction }: OpenCommand): boolean {
  if (direction !== "do") return false
  if (row.failure !== undefined) return true
  const { name, round } = parseInstance(step)
  const { races } = placeOf(outline, name)
  if (races.length === 0) return false
  const progress = { ...row, sagaId: "" }
  return races.some(({ race, branch }) => {
    const instance = instanceOf(outline, race, round)
    if (row.lost?.[instance]?.includes(branch) === true) return true
    return row.results[instance] !== undefined && isInScope(outline, progress, step, { race })
  })
}

/** Whether something of the loop is where the saga stands. */
export function isInLoopNow(outline: Outline, { value }: Pick<SagaRow, "value">, loop: string): boolean {
  return statesOf(value).some((state) => outline.places.get(state.split(":")[0] ?? "")?.loop === loop)
}

function statesOf(value: SagaRow["value"]): readonly string[] {
  if (typeof value === "string") return [value]
  return Object.entries(value).flatMap(([name, inner]) => [name, ...statesOf(inner)])
}
