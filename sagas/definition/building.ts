// Puts a definition together, node by node, and refuses what does not fit where it is written.
import { InvalidInput } from "../../runtime/kernel/fault.ts"
import { limits } from "../../runtime/kernel/limits.ts"
import { checkName } from "../../runtime/message/key.ts"
import type { PivotPlace, SagaDefinition, SagaNode, StepNode } from "./definition.ts"
import { outlineOf } from "./outline.ts"

const reserved = new Set([
  "input",
  "sagaId",
  "updates",
  "token",
  "reason",
  "result",
  "outcome",
  "item",
  "new",
  "unwinding",
  "completed",
  "compensated",
  "parked",
])

/** A step as the builder was given it. */
export interface StepOffer extends Omit<StepNode, "type" | "place" | "undo"> {
  readonly undo: StepNode["undo"] | undefined
  readonly pivot: boolean
}

/** Nodes that follow each other, and where what is added next stands. */
export interface Draft {
  readonly body: readonly SagaNode[]
  readonly place: "before" | "after"
  /** Inside a branch or a loop: there is no pivot there. */
  readonly isInner: boolean
  readonly isInLoop: boolean
}

export const emptyDraft: Draft = { body: [], place: "before", isInner: false, isInLoop: false }

/** The draft with one more step at its end. Throws InvalidInput, naming `where`, if the step does not fit. */
export function addStep(draft: Draft, offer: StepOffer, where: string): Draft {
  const { pivot, undo, ...step } = offer
  checkNodeName(step.name, where)
  if (typeof step.run !== "function" || typeof step.list !== "function")
    throw new InvalidInput(`${where}: run is not a function`)
  if (pivot && draft.place === "after") throw new InvalidInput(`${where}: a saga has one pivot`)
  if (pivot && step.kind === "each") throw new InvalidInput(`${where}: a pivot is one command, not a fan-out`)
  if (pivot && draft.isInner) throw new InvalidInput(`${where}: a pivot stands in no branch and in no loop`)
  const place: PivotPlace = pivot ? "pivot" : draft.place
  if (place === "before" && typeof undo !== "function" && undo !== "nothing") {
    throw new InvalidInput(`${where}: a step before the pivot needs an undo, or undo: "nothing"`)
  }
  if (place !== "before" && undo !== undefined) throw new InvalidInput(`${where}: from the pivot on there is no undo`)
  const added = addNode(draft, { type: "step", ...step, place, undo: undo ?? "nothing" }, where)
  return pivot ? { ...added, place: "after" } : added
}

/** The draft with one more node of any other kind. */
export function addNode(draft: Draft, node: SagaNode, where: string): Draft {
  checkNodeName(node.name, where)
  if (node.type === "loop" && draft.isInLoop) throw new InvalidInput(`${where}: a loop stands in no other loop`)
  if (node.type === "parallel") {
    if (node.branches.length < 2) throw new InvalidInput(`${where}: it needs two branches at least`)
    for (const { name } of node.branches) checkName("branch", name)
  }
  if (
    node.type === "loop" &&
    (!Number.isSafeInteger(node.roundsMax) || node.roundsMax < 1 || node.roundsMax > limits.loopRoundsMax)
  )
    throw new InvalidInput(`${where}: max ${node.roundsMax} is not a whole number from 1 to ${limits.loopRoundsMax}`)
  if (node.type === "loop" && node.body.length === 0) throw new InvalidInput(`${where}: its body has no steps`)
  return { ...draft, body: [...draft.body, node] }
}

function checkNodeName(name: string, where: string): void {
  checkName("step", name)
  if (reserved.has(name) || name in Object.prototype) throw new InvalidInput(`${where}: the name is reserved`)
}

/** Names are the names of states and of results, so each stands once in a whole saga; branches share them. */
export function checkNames(definition: SagaDefinition, where: string): void {
  const names: string[] = []
  const visit = (body: readonly SagaNode[]): void => {
    for (const node of body) {
      names.push(node.name)
      for (const inner of innerBodies(node)) visit(inner)
      if (node.type === "parallel") names.push(...node.branches.map(({ name }) => name))
    }
  }
  visit(definition.body)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new InvalidInput(`${where}: another step has that name, "${twice}"`)
  const count = outlineOf(definition).names.length
  if (count > limits.sagaStepsMax) throw new InvalidInput(`${where}: a saga has at most ${limits.sagaStepsMax} steps`)
}

export function innerBodies(node: SagaNode): readonly (readonly SagaNode[])[] {
  switch (node.type) {
    case "choice":
      return [node.yes, node.no]
    case "parallel":
      return node.branches.map(({ body }) => body)
    case "loop":
      return [node.body]
    case "step":
    case "wait":
      return []
  }
}

/** Of the node and everything in it. */
export function stepNames(node: SagaNode): readonly string[] {
  return node.type === "step" ? [node.name] : innerBodies(node).flatMap((body) => body.flatMap(stepNames))
}

export function hasRace(node: SagaNode): boolean {
  return (node.type === "parallel" && node.until === "first") || innerBodies(node).some((body) => body.some(hasRace))
}
