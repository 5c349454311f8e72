// Random walks: beyond what can be gone through one by one, with all the tries and rounds that the definition allows. The
// same seed walks the same ways.
import { limits } from "../../runtime/kernel/limits.ts"
import { type Action, actionsOf } from "./actions.ts"
import { firstSituation, type Move, reloaded, secondLook, take } from "./decide.ts"
import type { Found } from "./explore.ts"
import { isOver } from "./situation.ts"
import type { Subject } from "./subject.ts"

export interface Walked {
  readonly walks: number
  readonly decisions: number
  readonly found?: Found
}

export function walk(subject: Subject, walks: number, seed: number): Walked {
  const random = seeded(seed)
  let decisions = 0
  for (let count = 1; count <= walks; count += 1) {
    const { found, steps } = walkOnce(subject, random)
    decisions += steps
    if (found !== undefined) return { walks: count, decisions, found }
  }
  return { walks, decisions }
}

function walkOnce(subject: Subject, random: () => number): { readonly steps: number; readonly found?: Found } {
  const path: Move[] = []
  let situation = reloaded(firstSituation(subject))
  // Some walks are calm and come far, others are wild.
  const wildness = random()
  for (let steps = 0; steps < limits.checkWalkStepsMax; steps += 1) {
    if (isOver(situation)) return { steps }
    const action = choose(actionsOf(subject, situation), wildness, random)
    if (action === undefined) {
      return { steps, found: { property: "always-ends", message: "nothing that may happen leads on from here", path } }
    }
    const moved = take(subject, situation, action, [], () => random() < 0.5)
    const breach = moved.breach ?? secondLook(subject, situation, action, moved)
    if (breach !== undefined) return { steps, found: { ...breach, path: [...path, moved.move] } }
    if (moved.after === situation) continue
    path.push(moved.move)
    situation = reloaded(moved.after)
  }
  return { steps: limits.checkWalkStepsMax }
}

function choose(actions: readonly Action[], wildness: number, random: () => number): Action | undefined {
  const isCalm = ({ kind, answer }: Action) => kind === "start" || kind === "arrival" || (kind === "answer" && answer === "done")
  const calm = random() > wildness ? actions.filter(isCalm) : []
  const among = calm.length > 0 ? calm : actions
  return among[Math.floor(random() * among.length)]
}

/** A small generator (mulberry32) of numbers from 0 to below 1. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
