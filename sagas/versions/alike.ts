// Whether two versions of a saga are alike up to where an instance stands: everything that it has begun is the same kind of
// thing, and what it has passed comes in the same order. What is still ahead of it may differ.
import type { ParallelNode, SagaNode } from "../definition/definition.ts"
import { type Outline, parseInstance } from "../definition/outline.ts"
import type { SagaRow } from "../machine/row.ts"
import type { StateValue } from "../machine/transition.ts"
import { Misfit } from "./misfit.ts"

type Body = readonly SagaNode[]

/** An instance in the names of the new version, and both versions in those names. */
export interface Comparison {
  readonly row: SagaRow
  readonly old: { readonly body: Body; readonly outline: Outline }
  readonly next: { readonly body: Body; readonly outline: Outline }
  /** Of the new version, for messages. */
  readonly version: number
}

/** Throws Misfit. */
export function checkAlike(comparison: Comparison): void {
  const { row, old, next } = comparison
  const begun = new Set(Object.keys(row.items).map((instance) => parseInstance(instance).name))
  for (const name of begun) checkBegun(comparison, name)
  // What is undone goes by what was begun, wherever it stands now.
  if (row.failure !== undefined || row.value === "new") return
  follow({ ...comparison, begun }, old.body, next.body, row.value)
}

function checkBegun({ old, next, version }: Comparison, name: string): void {
  const before = old.outline.places.get(name)
  const after = next.outline.places.get(name)
  const what = `"${name}"`
  if (after === undefined) throw new Misfit("STEP_GONE", `${what}, which has begun, is not in version ${version}`)
  // The map has put it there.
  if (before === undefined) return
  const [a, b] = [before.node, after.node]
  const now = `in version ${version}`
  if (a.type !== b.type || kindOf(a) !== kindOf(b))
    throw new Misfit("STEP_CHANGED", `${what} has begun as ${kindOf(a)} and is ${kindOf(b)} ${now}`)
  if ("place" in a && "place" in b && a.place !== b.place)
    throw new Misfit("PIVOT_MOVED", `${what} has begun ${wordsOf(a.place)} and stands ${wordsOf(b.place)} ${now}`)
  if (hasUndo(a) !== hasUndo(b))
    throw new Misfit("UNDO_CHANGED", `${what} has begun ${hasUndo(a) ? "with" : "without"} an undo, and not so ${now}`)
  const around = ({ loop, races }: typeof before) => JSON.stringify([loop, races])
  if (around(before) !== around(after))
    throw new Misfit("STEP_CHANGED", `${what} has begun in another loop or race than it is in ${now}`)
}

function kindOf(node: SagaNode): string {
  if (node.type === "step") {
    if (node.child !== undefined) return `a child ${node.child}`
    return node.kind === "each" ? "a step for each item" : "a step"
  }
  if (node.type !== "wait") return `a ${node.type}`
  return node.event === undefined ? `a wait for a ${node.for}` : `a wait for the event ${node.event.contract.eventName}`
}

function wordsOf(place: "before" | "pivot" | "after"): string {
  return place === "pivot" ? "as the pivot" : `${place} the pivot`
}

function hasUndo(node: SagaNode): boolean {
  return node.type === "step" && node.undo !== "nothing"
}

interface Walk extends Comparison {
  readonly begun: ReadonlySet<string>
}

/** One sequence of which a part has been passed: all before the node that holds the state. */
function follow(walk: Walk, old: Body, next: Body, value: StateValue): void {
  const state = typeof value === "string" ? value : (Object.keys(value)[0] ?? "")
  const at = old.findIndex((node) => holds(node, nameOf(state)))
  const node = old[at]
  if (node === undefined) return checkPassed(walk, old, next)
  const other = alikeAt(walk, node, next, passNodes(walk, old.slice(0, at), next))
  if (node.type === "choice" && other.type === "choice") {
    const way = node.yes.some((inner) => holds(inner, nameOf(state))) ? "yes" : "no"
    follow(walk, node[way], other[way], value)
  }
  if (node.type === "loop" && other.type === "loop") {
    // What an earlier round has brought is seen by the next one.
    if (state !== nameOf(state) || (walk.row.rounds?.[node.name] ?? 0) > 1) checkPassed(walk, node.body, other.body)
    else follow(walk, node.body, other.body, value)
  }
  if (node.type === "parallel" && other.type === "parallel") followBranches(walk, node, other, value)
}

function followBranches(walk: Walk, node: ParallelNode, other: ParallelNode, value: StateValue): void {
  if (typeof value === "string") return checkWhole(walk, node, other)
  const regions = value[node.name]
  for (const [name, before, after] of branchPairs(walk, node, other)) {
    const region = typeof regions === "object" ? regions[name] : undefined
    if (region !== undefined && region !== `${name}:lost`) follow(walk, before, after, region)
  }
}

/** `charge` of `charge`, `book` of `book:settle`. */
function nameOf(state: string): string {
  return state.split(":")[0] ?? state
}

/** Choices and loops have their states beside them, parallels inside. */
function holds(node: SagaNode, state: string): boolean {
  if (node.name === state) return true
  if (node.type === "choice") return [...node.yes, ...node.no].some((inner) => holds(inner, state))
  return node.type === "loop" && node.body.some((inner) => holds(inner, state))
}

/** A sequence that has been passed to its end. */
function checkPassed(walk: Walk, old: Body, next: Body): void {
  const extra = next[skipGiven(walk, next, passNodes(walk, old, next))]
  if (extra !== undefined) throw passedBy(walk, extra.name)
}

/** Nodes that have been passed; gives the place in `next` behind them. */
function passNodes(walk: Walk, passed: Body, next: Body): number {
  let place = 0
  for (const node of passed) {
    const other = alikeAt(walk, node, next, place)
    place = next.indexOf(other) + 1
    checkWhole(walk, node, other)
  }
  return place
}

/** The node of that name at that place, behind what the map says was done. */
function alikeAt(walk: Walk, node: SagaNode, next: Body, from: number): SagaNode {
  const other = next[skipGiven(walk, next, from)]
  if (other?.name === node.name && other.type === node.type) return other
  if (other === undefined || !next.some(({ name }) => name === node.name))
    throw new Misfit("ORDER_CHANGED", `"${node.name}" is not where it was in version ${walk.version}`)
  throw passedBy(walk, other.name)
}

function passedBy({ version }: Walk, name: string): Misfit {
  return new Misfit("ORDER_CHANGED", `"${name}" of version ${version} stands where it has been already`)
}

/** What only the new version has, and the map says that it has happened. */
function skipGiven({ row, old }: Walk, next: Body, from: number): number {
  let place = from
  for (let node = next[place]; node !== undefined; node = next[place]) {
    const statuses = old.outline.places.has(node.name) ? undefined : row.items[node.name]
    if (statuses === undefined || statuses.some((status) => status !== "done" && status !== "skipped")) break
    place += 1
  }
  return place
}

/** A node that has been passed, with all that is in it. */
function checkWhole(walk: Walk, node: SagaNode, other: SagaNode): void {
  if (node.type === "choice" && other.type === "choice") {
    for (const way of ["yes", "no"] as const) if (isBegun(walk, node[way])) checkPassed(walk, node[way], other[way])
  }
  if (node.type === "loop" && other.type === "loop") checkPassed(walk, node.body, other.body)
  if (node.type !== "parallel" || other.type !== "parallel") return
  const isRace = node.until === "first"
  const results = Object.entries(walk.row.results).filter(([instance]) => parseInstance(instance).name === node.name)
  const won = new Set(results.map(([, [branch]]) => branch))
  for (const [name, before, after] of branchPairs(walk, node, other))
    if (!isRace || won.has(name)) checkPassed(walk, before, after)
}

function isBegun({ begun }: Pick<Walk, "begun">, body: Body): boolean {
  return body.some((node) => {
    if (node.type === "choice") return isBegun({ begun }, node.yes) || isBegun({ begun }, node.no)
    if (node.type === "loop") return isBegun({ begun }, node.body)
    if (node.type === "parallel") return node.branches.some((branch) => isBegun({ begun }, branch.body))
    return begun.has(node.name)
  })
}

function branchPairs(
  { version }: Walk,
  node: ParallelNode,
  other: ParallelNode,
): readonly (readonly [name: string, before: Body, after: Body])[] {
  if (node.until !== other.until || node.branches.length !== other.branches.length)
    throw new Misfit("STEP_CHANGED", `"${node.name}" has begun, and has other branches in version ${version}`)
  return node.branches.map(({ name, body }) => {
    const branch = other.branches.find((found) => found.name === name)
    if (branch === undefined)
      throw new Misfit("STEP_GONE", `branch "${name}", which has begun, is not in version ${version}`)
    return [name, body, branch.body]
  })
}
