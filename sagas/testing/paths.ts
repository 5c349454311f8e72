// The ways that a saga can go, read from its definition: how each step may come out, what is undone, both sides of each
// choice. Coverage counts them, so each has a name that a person can read.
import type { SagaDefinition, SagaNode, StepNode, WaitNode } from "../definition/definition.ts"

/** Such as `charge: refused`. */
export type Path = string

/** Every path, in the order of the definition. */
export function pathsOf({ body, maxMs }: SagaDefinition): readonly Path[] {
  const paths = body.flatMap(pathsOfNode)
  const hasUndo = paths.some((path) => path.endsWith(": undone"))
  return [...paths, ...(hasUndo ? [undoFailed] : []), ...(maxMs === undefined ? [] : [tooLong])]
}

export const undoFailed: Path = "an undo failed for good"
export const tooLong: Path = "longer than maxDuration"

function pathsOfNode(node: SagaNode): readonly Path[] {
  const named = (...ways: readonly string[]) => ways.map((way) => `${node.name}: ${way}`)
  switch (node.type) {
    case "step":
      return named(...waysOfStep(node))
    case "wait":
      return named(...waysOfWait(node))
    case "choice":
      return [...named("yes", "no"), ...node.yes.flatMap(pathsOfNode), ...node.no.flatMap(pathsOfNode)]
    case "parallel": {
      const inner = node.branches.flatMap(({ body }) => body.flatMap(pathsOfNode))
      if (node.until === "all") return inner
      const first = node.branches.map(({ name }) => `${name} first`)
      const canAllFail = node.branches.every(({ body }) => body.some(mayFail))
      return [...named(...first, ...(canAllFail ? ["all failed"] : [])), ...inner]
    }
    case "loop":
      return [...named("enough", ...(node.roundsMax > 1 ? ["again"] : []), "exhausted"), ...node.body.flatMap(pathsOfNode)]
  }
}

/** A child saga that may take its time is either done or refused. */
function waysOfStep({ place, undo, child, policy }: StepNode): readonly string[] {
  const unknown = child === undefined || policy.timeoutMs !== undefined ? ["unknown"] : []
  return ["done", "refused", ...unknown, ...(place === "before" && undo !== "nothing" ? ["undone"] : [])]
}

function waysOfWait(node: WaitNode): readonly string[] {
  if (node.for === "time") return ["over"]
  return ["came", ...(node.timeoutMs === undefined ? [] : ["timed out"])]
}

function mayFail(node: SagaNode): boolean {
  switch (node.type) {
    case "step":
    case "loop":
      return true
    case "wait":
      return node.timeoutMs !== undefined && node.onTimeout === "fail"
    case "choice":
      return [...node.yes, ...node.no].some(mayFail)
    case "parallel": {
      const fails = node.branches.map(({ body }) => body.some(mayFail))
      return node.until === "first" ? fails.every(Boolean) : fails.some(Boolean)
    }
  }
}
