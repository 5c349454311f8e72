// A saga as a Mermaid state diagram: the steps, the chain of undos, and the ends. Read from the compiled machine, so
// the picture is what runs.
import type { Saga } from "../orchestrator/saga.ts"

/** `stateDiagram-v2` text, one line per arrow, with a line end at its end. */
export function mermaid(saga: Pick<Saga<never>, "machine">): string {
  const { states } = saga.machine.root
  const ids = diagramIds(Object.keys(states))
  const id = (name: string) => ids.get(name) ?? name
  const lines = ["stateDiagram-v2"]
  for (const [name, alias] of ids) if (alias !== name) lines.push(`  state "${name}" as ${alias}`)
  for (const [name, state] of Object.entries(states)) {
    const arrows = [...state.transitions.values()].flat().concat(state.always ?? [])
    for (const { target, description } of arrows) {
      for (const { key } of target ?? []) {
        const from = name === "new" ? "[*]" : id(name)
        lines.push(`  ${from} --> ${id(key)}${description === undefined ? "" : `: ${description}`}`)
      }
    }
    if (state.type === "final") lines.push(`  ${id(name)} --> [*]`)
  }
  return `${[...new Set(lines)].join("\n")}\n`
}

/** Mermaid's state ids hold no "-". */
function diagramIds(names: readonly string[]): Map<string, string> {
  const taken = new Set(names)
  const ids = new Map<string, string>()
  for (const name of names) {
    let id = name.replaceAll("-", "_")
    while (id !== name && taken.has(id)) id += "_"
    taken.add(id)
    if (name !== "new") ids.set(name, id)
  }
  return ids
}
