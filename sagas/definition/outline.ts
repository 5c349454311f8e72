// Where each node of a definition stands: what comes before it, in which loop and in which branches it is. Made once for
// each definition.
import { InvalidInput } from "../../runtime/kernel/fault.ts"
import type { SagaDefinition, SagaNode, StepNode, WaitNode } from "./definition.ts"

export interface Place {
  readonly node: SagaNode
  /** Names whose results are there when it begins; those of other parallel branches are not, and never will be for it. */
  readonly before: readonly string[]
  /** The loop that it is in. Loops are not nested. */
  readonly loop: string | undefined
  /** In that loop: names whose results it sees as the round before left them. */
  readonly lastRound: readonly string[]
  /** The branches of races ("first") that it is in, from the outside in. */
  readonly races: readonly { readonly race: string; readonly branch: string }[]
}

export interface Outline {
  readonly saga: string
  /** By name: steps, waits, choices, parallels and loops, and the end of a loop under `againOf(loop)`. */
  readonly places: ReadonlyMap<string, Place>
  /** Everything that has a result, in the order of the definition. */
  readonly names: readonly string[]
}

/** The name of the place where a loop decides whether it goes on: it sees what the round has brought. */
export function againOf(loop: string): string {
  return `${loop}:again`
}

type Around = Pick<Place, "before" | "loop" | "races">

export function outlineOf(definition: SagaDefinition): Outline {
  const places = new Map<string, Place>()
  const names = walk(places, definition.body, { before: [], loop: undefined, races: [] })
  return { saga: definition.name, places, names }
}

/** Gives the names of everything in `body` that has a result. */
function walk(places: Map<string, Place>, body: readonly SagaNode[], around: Around): readonly string[] {
  const names: string[] = []
  for (const node of body) {
    const here = { ...around, before: [...around.before, ...names] }
    places.set(node.name, { node, ...here, lastRound: [] })
    names.push(...walkNode(places, node, here))
  }
  return names
}

function walkNode(places: Map<string, Place>, node: SagaNode, here: Around): readonly string[] {
  switch (node.type) {
    case "step":
    case "wait":
      return [node.name]
    case "choice":
      return [...walk(places, node.yes, here), ...walk(places, node.no, here)]
    case "parallel": {
      const inner = node.branches.flatMap(({ name, body }) => {
        const races = node.until === "first" ? [...here.races, { race: node.name, branch: name }] : here.races
        return walk(places, body, { ...here, races })
      })
      return node.until === "first" ? [...inner, node.name] : inner
    }
    case "loop": {
      const before = new Set(places.keys())
      const inner = walk(places, node.body, { ...here, loop: node.name })
      for (const [name, place] of places) {
        if (before.has(name)) continue
        places.set(name, { ...place, lastRound: inner.filter((other) => !place.before.includes(other)) })
      }
      const again = { ...here, loop: node.name, before: [...here.before, ...inner], lastRound: [] }
      places.set(againOf(node.name), { node, ...again })
      return inner
    }
  }
}

export function placeOf(outline: Outline, name: string): Place {
  const place = outline.places.get(name)
  if (place === undefined) throw new InvalidInput(`the saga has no step "${name}"`)
  return place
}

/** The step or the wait of that name. */
export function activityNamed(outline: Outline, name: string): StepNode | WaitNode {
  const { node } = placeOf(outline, name)
  if (node.type === "step" || node.type === "wait") return node
  throw new InvalidInput(`"${name}" is neither a step nor a wait`)
}

export function stepNamed(outline: Outline, name: string): StepNode {
  const { node } = placeOf(outline, name)
  if (node.type === "step") return node
  throw new InvalidInput(`"${name}" is no step`)
}

/** Every step and wait of a definition, in its order. */
export function activitiesOf(outline: Outline): readonly (StepNode | WaitNode)[] {
  return [...outline.places.values()].flatMap(({ node }) => (node.type === "step" || node.type === "wait" ? [node] : []))
}

/**
 * One doing of a step: its name, or, in a loop, its name with the number of the round. Everything that is kept of a saga
 * under way is kept by instance.
 */
export type Instance = string

export function instanceOf(outline: Outline, name: string, round: number): Instance {
  return outline.places.get(name)?.loop === undefined ? name : `${name}#${round}`
}

/** The name that `instanceOf` made the instance from, and the round; no name holds a "#". */
export function parseInstance(instance: Instance): { readonly name: string; readonly round: number } {
  const at = instance.indexOf("#")
  return at === -1 ? { name: instance, round: 0 } : { name: instance.slice(0, at), round: Number(instance.slice(at + 1)) }
}
