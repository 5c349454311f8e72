// Names of steps, waits and branches that differ between two versions: in a definition, and in the row of an instance.
import type { SagaNode } from "../definition/definition.ts"
import { parseInstance } from "../definition/outline.ts"
import type { SagaRow } from "../machine/row.ts"
import type { StateValue } from "../machine/transition.ts"

/** Old name -> new name; a name that is not there stays. */
export type Renames = Readonly<Record<string, string>>

export function renamedBody(body: readonly SagaNode[], renames: Renames): readonly SagaNode[] {
  return body.map((node) => renamedNode(node, renames))
}

function renamedNode(node: SagaNode, renames: Renames): SagaNode {
  const name = renamed(renames, node.name)
  switch (node.type) {
    case "step":
    case "wait":
      return { ...node, name }
    case "choice":
      return { ...node, name, yes: renamedBody(node.yes, renames), no: renamedBody(node.no, renames) }
    case "loop":
      return { ...node, name, body: renamedBody(node.body, renames) }
    case "parallel": {
      const branches = node.branches.map((branch) => ({
        name: renamed(renames, branch.name), body: renamedBody(branch.body, renames),
      }))
      return { ...node, name, branches }
    }
  }
}

/** The row in the names of the new version. Effect keys hold no names of steps, and stay. */
export function renamedRow(row: SagaRow, renames: Renames): SagaRow {
  if (Object.keys(renames).length === 0) return row
  const instance = (old: string) => instanceRenamed(renames, old)
  const name = (old: string) => renamed(renames, old)
  const { rounds, lost, failure, early, parked } = row
  return {
    ...row,
    value: stateRenamed(renames, row.value),
    items: keysRenamed(row.items, instance),
    results: keysRenamed(resultsRenamed(row, renames), instance),
    sent: keysRenamed(row.sent, instance),
    open: Object.fromEntries(Object.entries(row.open).map(([slot, open]) => [slot, { ...open, step: instance(open.step) }])),
    ...(rounds && { rounds: keysRenamed(rounds, name) }),
    ...(lost && { lost: keysRenamed(mapValues(lost, (branches) => branches.map(name)), instance) }),
    ...(failure && { failure: { ...failure, step: instance(failure.step) } }),
    ...(early && { early: keysRenamed(early, name) }),
    ...(parked?.step !== undefined && { parked: { ...parked, step: instance(parked.step) } }),
  }
}

/** The result of a race is the name of a branch: it is what has a result and no items. */
function resultsRenamed({ items, results }: SagaRow, renames: Renames): SagaRow["results"] {
  const entries = Object.entries(results).map(([instance, values]): [string, typeof values] => {
    if (items[instance] !== undefined) return [instance, values]
    return [instance, values.map((value) => (typeof value === "string" ? renamed(renames, value) : value))]
  })
  return Object.fromEntries(entries)
}

function stateRenamed(renames: Renames, value: StateValue): StateValue {
  // `settle` of a race and `again` of a loop stand behind the name; no name holds a colon.
  const one = (state: string) => {
    const [name = "", ...role] = state.split(":")
    return [renamed(renames, name), ...role].join(":")
  }
  if (typeof value === "string") return one(value)
  return Object.fromEntries(Object.entries(value).map(([region, inner]) => [one(region), stateRenamed(renames, inner)]))
}

function instanceRenamed(renames: Renames, instance: string): string {
  const { name, round } = parseInstance(instance)
  return round === 0 ? renamed(renames, name) : `${renamed(renames, name)}#${round}`
}

function renamed(renames: Renames, name: string): string {
  return Object.hasOwn(renames, name) ? (renames[name] ?? name) : name
}

function keysRenamed<Value>(table: Readonly<Record<string, Value>>, change: (key: string) => string): Record<string, Value> {
  return Object.fromEntries(Object.entries(table).map(([key, value]) => [change(key), value]))
}

function mapValues<In, Out>(table: Readonly<Record<string, In>>, change: (value: In) => Out): Record<string, Out> {
  return Object.fromEntries(Object.entries(table).map(([key, value]) => [key, change(value)]))
}
