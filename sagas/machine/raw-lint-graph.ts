// Rules on where a machine can go: it comes to an end that means something, and no loop of it runs without an event. Guards
// are taken to hold sometimes, so what is found here is certain.
import type { AnyStateMachine, AnyStateNode } from "xstate"
import { type Breach, breach, type LintedWith } from "./raw-breach.ts"
import { transitionsOf } from "./raw-lint-actions.ts"
import { isEnd, nodesOf } from "./raw-machine.ts"

export function graphBreaches(machine: AnyStateMachine, { as }: LintedWith): readonly Breach[] {
  return [...loopBreaches(machine), ...(as === "saga" ? endBreaches(machine) : [])]
}

function endBreaches(machine: AnyStateMachine): readonly Breach[] {
  const nodes = nodesOf(machine.root)
  const ends = nodes.filter(isEnd)
  const entered = reachable(machine.root)
  const mend = 'tag it "completed" or "compensated", or name it so'
  const unclear = ends.filter((node) => !meansSomething(node))
  const found = unclear.map((node) => breach(node, "end-without-meaning", "it ends the saga, and says not how", mend))
  if (!ends.some((node) => entered.has(node)))
    return [...found, breach(machine.root, "no-end", "no final state can be reached", 'add a state with type: "final"')]
  for (const node of nodes) {
    if (node.type !== "atomic" || !entered.has(node)) continue
    if ([...reachable(node)].some((one) => isEnd(one) || one.tags.includes("parked"))) continue
    const onward = 'lead it on, or tag it "parked" if it waits for an operator'
    found.push(breach(node, "dead-end", "no end can be reached from it", onward))
  }
  return found
}

function meansSomething({ key, tags, machine }: AnyStateNode): boolean {
  const meanings = new Set(["completed", "compensated"])
  // In a machine of regions one of them says how it ended.
  return meanings.has(key) || tags.some((tag) => meanings.has(tag)) || machine.root.type === "parallel"
}

/** Every state that it may come to from there on. */
function reachable(from: AnyStateNode): ReadonlySet<AnyStateNode> {
  /** States that a transition leads to, and states that are entered because one inside them is. */
  const [aimedAt, around] = [new Set<AnyStateNode>(), new Set<AnyStateNode>()]
  const next: AnyStateNode[] = [from]
  const surround = (node: AnyStateNode | undefined): void => {
    if (node === undefined || around.has(node)) return
    around.add(node)
    for (const { target } of transitionsOf(node)) next.push(...(target ?? []))
    if (node.type === "parallel") next.push(...Object.values(node.states))
    surround(node.parent)
  }
  for (let node = next.pop(); node !== undefined; node = next.pop()) {
    if (aimedAt.has(node)) continue
    aimedAt.add(node)
    surround(node)
    next.push(...(node.initial?.target ?? []))
    if (node.type === "history") next.push(...Object.values(node.parent?.states ?? {}))
  }
  return around
}

/** Transitions without an event and without a guard, from state to state and back to the first. */
function loopBreaches(machine: AnyStateMachine): readonly Breach[] {
  const found: Breach[] = []
  const told = new Set<AnyStateNode>()
  for (const start of nodesOf(machine.root)) {
    const path: AnyStateNode[] = []
    let node: AnyStateNode | undefined = start
    while (node !== undefined && !path.includes(node) && !told.has(node)) {
      path.push(node)
      node = forcedNext(node)
    }
    if (node !== undefined && path.includes(node)) {
      const loop = path.slice(path.indexOf(node))
      const names = [...loop, node].map((one) => one.path.join(".") || "(root)").join(" -> ")
      const message = `its "always" never comes to rest: ${names}`
      found.push(breach(node, "endless-always", message, "guard it, or let it wait for an event"))
    }
    for (const one of path) told.add(one)
  }
  return found
}

/** Where it goes at once, whatever happens. */
function forcedNext(node: AnyStateNode): AnyStateNode | undefined {
  const [first] = node.always ?? []
  if (first === undefined || first.guard !== undefined) return node.type === "compound" ? node.initial?.target[0] : undefined
  return first.target?.[0] ?? node
}
