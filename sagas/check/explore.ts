// Goes through every situation that a saga can come into, nearest first, so that the first breach found has a shortest path.
import { actionsOf } from "./actions.ts"
import { firstSituation, type Move, type Moved, reloaded, secondLook, take } from "./decide.ts"
import type { Breach } from "./properties.ts"
import { endOf, isOver, type Situation, situationKey } from "./situation.ts"
import { nameOf, type Subject } from "./subject.ts"
import { type Graph, pathsThrough, withoutEnd } from "./graph.ts"

export interface Found extends Breach {
  /** From the start: shortest if it was found by going through all situations. */
  readonly path: readonly Move[]
}

export interface Explored {
  readonly situations: number
  /** Ways from one situation into another. */
  readonly transitions: number
  /** Ways from the start to an end; undefined if there are circles, or not all situations were seen. */
  readonly paths: bigint | undefined
  /** Every situation was seen. */
  readonly isExhaustive: boolean
  /** By end, how many situations it was reached in: `completed`, `compensated`, and the codes of parked ones. */
  readonly ends: Readonly<Record<string, number>>
  readonly found?: Found
}

/** `from`: where it begins; by default before the saga's start. */
export function explore(subject: Subject, situationsMax: number, from: Situation = firstSituation(subject)): Explored {
  const exploration = new Exploration(subject, situationsMax)
  const found = exploration.run(from)
  return exploration.report(found)
}

class Exploration {
  readonly #subject: Subject
  readonly #max: number
  /** Key of a situation -> its number. */
  readonly #numbers = new Map<string, number>()
  readonly #parents: number[] = []
  readonly #moves: (Move | undefined)[] = []
  readonly #graph: Graph = { edges: [], ends: new Set() }
  readonly #ends: Record<string, number> = {}
  readonly #begun = new Set<string>()
  #waiting: { readonly number: number; readonly situation: Situation }[] = []
  #transitions = 0
  #isExhaustive = true

  constructor(subject: Subject, situationsMax: number) {
    this.#subject = subject
    this.#max = situationsMax
  }

  run(from: Situation): Found | undefined {
    this.#number(from, -1, undefined)
    while (this.#waiting.length > 0) {
      const nearest = this.#waiting
      this.#waiting = []
      for (const { number, situation } of nearest) {
        const found = this.#expand(number, reloaded(situation))
        if (found !== undefined) return found
      }
    }
    if (!this.#isExhaustive) return undefined
    const isWhole = !("ended" in from.row) && from.row.seq === 0
    return this.#stuck() ?? (isWhole ? this.#unreached() : undefined)
  }

  /** Takes every action that may happen next, with every answer of the conditions that it asks. */
  #expand(number: number, situation: Situation): Found | undefined {
    const edges: number[] = []
    let leadsOn = false
    this.#graph.edges[number] = edges
    for (const action of actionsOf(this.#subject, situation)) {
      const plans: (readonly boolean[])[] = [[]]
      for (let plan = plans.pop(); plan !== undefined; plan = plans.pop()) {
        const moved = take(this.#subject, situation, action, plan)
        if (moved.breach !== undefined) return this.#found(moved.breach, number, moved.move)
        const answers = moved.asked.map(({ answer }) => answer)
        for (let at = plan.length; at < answers.length; at += 1) plans.push([...answers.slice(0, at), answers[at] !== true])
        if (moved.after === situation) continue
        const known = this.#numbers.size
        if (this.#follow(number, moved, action.text === "cancel", edges)) leadsOn = true
        const breach = this.#numbers.size > known ? secondLook(this.#subject, situation, action, moved) : undefined
        if (breach !== undefined) return this.#found(breach, number, moved.move)
      }
    }
    if (leadsOn) return undefined
    return this.#found({ property: "always-ends", message: "nothing that may happen leads on from here" }, number)
  }

  /** Whether it leads to another situation. */
  #follow(number: number, { after, move }: Moved, isCancel: boolean, edges: number[]): boolean {
    const next = this.#number(after, number, move)
    if (next === number) return false
    if (next === undefined) return true
    this.#transitions += 1
    edges.push(next * 2 + (isCancel ? 1 : 0))
    return true
  }

  /** The number of a situation, perhaps a new one; undefined: there are too many. */
  #number(situation: Situation, parent: number, move: Move | undefined): number | undefined {
    const key = situationKey(situation, this.#subject.self)
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    const number = this.#numbers.size
    if (number >= this.#max) {
      this.#isExhaustive = false
      return undefined
    }
    this.#numbers.set(key, number)
    this.#parents.push(parent)
    this.#moves.push(move)
    this.#note(number, situation)
    return number
  }

  #note(number: number, situation: Situation): void {
    const { row, effects } = situation
    if (isOver(situation)) {
      const end = endOf(situation)
      this.#ends[end] = (this.#ends[end] ?? 0) + 1
      this.#graph.ends.add(number)
      this.#graph.edges[number] = []
    } else this.#waiting.push({ number, situation })
    for (const { step } of Object.values(effects)) this.#begun.add(nameOf(step))
    if ("ended" in row) return
    for (const { step, direction } of Object.values(row.open)) if (direction === "wait") this.#begun.add(nameOf(step))
  }

  /** The nearest situation from which no end is reached. */
  #stuck(): Found | undefined {
    const number = withoutEnd(this.#graph)
    if (number === undefined) return undefined
    return this.#found({ property: "always-ends", message: "from here on it goes round and never ends" }, number)
  }

  #unreached(): Found | undefined {
    const never = this.#subject.activities.find((name) => !this.#begun.has(name))
    if (never !== undefined)
      return { property: "all-reached", message: `step "${never}" sends no command, and does not wait, on any path`, path: [] }
    if ((this.#ends["completed"] ?? 0) > 0) return undefined
    return { property: "all-reached", message: "it completes on no path", path: [] }
  }

  #found(breach: Breach, number: number, last?: Move): Found {
    const path: Move[] = last === undefined ? [] : [last]
    for (let at = number; at > 0; at = this.#parents[at] ?? 0) {
      const move = this.#moves[at]
      if (move !== undefined) path.unshift(move)
    }
    return { ...breach, path }
  }

  report(found: Found | undefined): Explored {
    return {
      situations: this.#numbers.size,
      transitions: this.#transitions,
      paths: this.#isExhaustive && found === undefined ? pathsThrough(this.#graph) : undefined,
      isExhaustive: this.#isExhaustive && found === undefined,
      ends: this.#ends,
      ...(found && { found }),
    }
  }
}
