// What the actions and the guards of a saga's config mean: plain functions of the context and of what is told. XState and the
// tables (./tables.ts) both ask here, so that they cannot differ in it.
import { againOf, type Outline, placeOf } from "../definition/outline.ts"
import type { ActionConfig, GuardConfig } from "./config.ts"
import { askTest, contextOf, listItems } from "./functions.ts"
import {
  allDone, type Change, currentInstance, isUnderWay, loseRace, nextRound, nextToUndo, planItems, type Progress,
  type ProgressEvent, recordItem, roundOf, winRace, withFailure,
} from "./progress.ts"

/** What the action does to the context; undefined: nothing, it is the core's to carry out. */
export function changeBy(
  outline: Outline,
  action: ActionConfig,
  progress: Progress,
  told: ProgressEvent,
): Change | undefined {
  switch (action.type) {
    case "plan":
      return plan(outline, progress, action.params.step)
    case "record":
      return recordItem(outline, progress, told)
    case "round":
      return nextRound(progress, action.params.loop)
    case "win":
      return winRace(outline, progress, action.params.race, action.params.branch)
    case "lose":
      return loseRace(outline, progress, action.params.race, action.params.branch)
    case "fail":
      return withFailure(progress, { ...action.params, item: 0, detail: null })
    case "send":
    case "await":
    case "undo":
    case "park":
      return undefined
  }
}

/** Whether the guard lets the transition be taken. Throws what a function of the user's throws. */
export function isHeld(outline: Outline, guard: GuardConfig, progress: Progress, told: ProgressEvent): boolean {
  switch (guard.type) {
    case "allDone":
      return allDone(progress, currentInstance(outline, progress, guard.params.step))
    case "isCurrent":
      return "step" in told && told.step === currentInstance(outline, progress, guard.params.step)
    case "chosen":
      return isChosen(outline, progress, guard.params.step)
    case "isOver":
      return isOver(outline, progress, guard.params.loop)
    case "isExhausted":
      return isExhausted(outline, progress, guard.params.loop)
    case "allLost":
      return isLost(outline, progress, guard.params.race)
    case "isUnwound":
      return !isUnderWay(outline, progress, guard.params) && nextToUndo(outline, progress, guard.params) === undefined
  }
}

function plan(outline: Outline, progress: Progress, name: string): Change {
  const instance = currentInstance(outline, progress, name)
  const { node } = placeOf(outline, name)
  const isEach = node.type === "step" && node.kind === "each"
  return planItems(progress, instance, isEach ? listItems(node, contextOf(outline, progress, instance)).length : 1)
}

function isChosen(outline: Outline, progress: Progress, name: string): boolean {
  const { node } = placeOf(outline, name)
  if (node.type !== "choice") return false
  return askTest(`choice ${name}`, () => node.test(contextOf(outline, progress, currentInstance(outline, progress, name))))
}

function isOver(outline: Outline, progress: Progress, loop: string): boolean {
  const { node } = placeOf(outline, loop)
  if (node.type !== "loop") return false
  const context = contextOf(outline, progress, currentInstance(outline, progress, againOf(loop)))
  return askTest(`loop ${loop}: until`, () => node.until(context))
}

function isExhausted(outline: Outline, progress: Progress, loop: string): boolean {
  const { node } = placeOf(outline, loop)
  return node.type === "loop" && roundOf(progress, loop) >= node.roundsMax
}

function isLost(outline: Outline, progress: Progress, race: string): boolean {
  const { node } = placeOf(outline, race)
  const lost = progress.lost?.[currentInstance(outline, progress, race)] ?? []
  return node.type === "parallel" && lost.length === node.branches.length
}
