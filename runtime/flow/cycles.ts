// Cycles among events: one whose handling leads to itself again. Every one is a loop that only data can end.
import { limits } from "../kernel/limits.ts"
import type { FlowGraph } from "./graph.ts"

interface Step {
  readonly event: string
  readonly actor: string
}

/**
 * Each cycle once, as `[event, actor, event, actor, ...]`: it begins with the event that is met first and ends before it.
 * At most `limits.flowCyclesMax`.
 */
export function cyclesOf({ actors, events }: FlowGraph): readonly (readonly string[])[] {
  const order = events.map(({ name }) => name)
  const next = new Map<string, Step[]>(order.map((name) => [name, []]))
  for (const { id: actor, kind, handlers } of actors) {
    if (kind === "observer") continue
    for (const { trigger, emits = [] } of handlers) {
      if (trigger.type === "event") for (const event of emits) next.get(trigger.name)?.push({ event, actor })
    }
  }
  const cycles: (readonly string[])[] = []
  for (const [index, start] of order.entries()) {
    // A cycle is found from the first of its events only, so those before it are left out.
    const allowed = leadingTo(start, next, new Set(order.slice(index)))
    collect(start, start, [], { next, allowed, cycles })
  }
  return cycles
}

/** Of the allowed events those from which `goal` can be reached. */
function leadingTo(goal: string, next: ReadonlyMap<string, readonly Step[]>, allowed: ReadonlySet<string>): Set<string> {
  const found = new Set([goal])
  for (let before = 0; before < found.size; ) {
    before = found.size
    for (const event of allowed) if (next.get(event)?.some((step) => found.has(step.event))) found.add(event)
  }
  return found
}

interface Search {
  readonly next: ReadonlyMap<string, readonly Step[]>
  readonly allowed: Set<string>
  readonly cycles: (readonly string[])[]
}

function collect(start: string, at: string, path: readonly string[], search: Search): void {
  const { next, allowed, cycles } = search
  for (const { event, actor } of next.get(at) ?? []) {
    if (cycles.length >= limits.flowCyclesMax) return
    const extended = [...path, at, actor]
    if (event === start) cycles.push(extended)
    else if (allowed.has(event) && !extended.includes(event)) collect(start, event, extended, search)
  }
}
