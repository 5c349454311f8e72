// A saga whose every transition is watched for the paths that it takes. Choices and loops are watched through their own
// functions, everything else through what the machine is told.
import type { ActorLogic } from "../../runtime/actor/logic.ts"
import { textOf } from "../../runtime/testing/difference.ts"
import type { SagaDefinition, SagaNode } from "../definition/definition.ts"
import { activityNamed, type Outline, outlineOf, parseInstance } from "../definition/outline.ts"
import { compile } from "../machine/compile.ts"
import { createCore } from "../machine/core.ts"
import type { ProgressEvent } from "../machine/progress.ts"
import type { State } from "../machine/transition.ts"
import { sagaActor } from "../orchestrator/saga-actor.ts"
import { type Path, tooLong, undoFailed } from "./paths.ts"

export interface Watched {
  /** A fresh actor, with nothing in it but the definition: as after the start of a process. */
  actor(): ActorLogic
  /** What the actor is told next is a timer. */
  isTimer: boolean
}

export function watch(original: SagaDefinition, took: (path: Path) => void): Watched {
  const notOver = new Map<string, number>()
  const watchers = { took, notOver }
  const definition = { ...original, body: original.body.map((node) => watchNode(node, watchers)) }
  const outline = outlineOf(definition)
  const watched: Watched = {
    isTimer: false,
    actor: () =>
      sagaActor(
        definition,
        createCore(definition, compile(definition, outline), (before, event, after) => {
          const { isTimer } = watched
          // What had come early is told in further transitions of the same message.
          watched.isTimer = false
          for (const path of pathsTaken(outline, before, event, { after, isTimer, notOver })) took(path)
          notOver.clear()
        }),
      ),
  }
  return watched
}

interface Watchers {
  readonly took: (path: Path) => void
  /** How often each loop was found not to be over, in the transition under way. */
  readonly notOver: Map<string, number>
}

function watchNode(node: SagaNode, watchers: Watchers): SagaNode {
  const { took, notOver } = watchers
  const watchAll = (body: readonly SagaNode[]) => body.map((inner) => watchNode(inner, watchers))
  switch (node.type) {
    case "step":
    case "wait":
      return node
    case "choice": {
      const test: typeof node.test = (context) => {
        const answer = node.test(context)
        took(`${node.name}: ${answer ? "yes" : "no"}`)
        return answer
      }
      return { ...node, test, yes: watchAll(node.yes), no: watchAll(node.no) }
    }
    case "parallel":
      return { ...node, branches: node.branches.map(({ name, body }) => ({ name, body: watchAll(body) })) }
    case "loop": {
      const until: typeof node.until = (context) => {
        const answer = node.until(context)
        if (answer) took(`${node.name}: enough`)
        else notOver.set(node.name, (notOver.get(node.name) ?? 0) + 1)
        return answer
      }
      return { ...node, until, body: watchAll(node.body) }
    }
  }
}

interface Told extends Pick<Watchers, "notOver"> {
  readonly after: State
  readonly isTimer: boolean
}

function pathsTaken(
  outline: Outline,
  { context: before }: State,
  event: ProgressEvent,
  { after: { context: after }, isTimer, notOver }: Told,
): readonly Path[] {
  const paths: Path[] = []
  if (event.kind === "undoFailed") paths.push(undoFailed)
  if (event.kind === "cancel" && event.code === "SAGA_TIMEOUT") paths.push(tooLong)
  if ("step" in event && event.kind !== "undoFailed") paths.push(pathOfItem(outline, event, isTimer))
  for (const [loop, round] of Object.entries(after.rounds ?? {})) {
    const more = round - Math.max(1, before.rounds?.[loop] ?? 0)
    if (more > 0) paths.push(`${loop}: again`)
    if ((notOver.get(loop) ?? 0) > Math.max(0, more)) paths.push(`${loop}: exhausted`)
  }
  for (const [instance, results] of Object.entries(after.results)) {
    const { name } = parseInstance(instance)
    const isRace = outline.places.get(name)?.node.type === "parallel"
    if (isRace && before.results[instance] === undefined) paths.push(`${name}: ${textOf(results[0])} first`)
  }
  for (const [instance, lost] of Object.entries(after.lost ?? {})) {
    const { name } = parseInstance(instance)
    const node = outline.places.get(name)?.node
    if (node?.type === "parallel" && lost.length === node.branches.length) paths.push(`${name}: all failed`)
  }
  return paths
}

function pathOfItem(
  outline: Outline,
  { kind, step }: Exclude<ProgressEvent, { readonly kind: "start" | "cancel" }>,
  isTimer: boolean,
): Path {
  const { name } = parseInstance(step)
  const node = activityNamed(outline, name)
  if (node.type === "step") return `${name}: ${kind}`
  if (node.for === "time") return `${name}: over`
  return `${name}: ${isTimer ? "timed out" : "came"}`
}
