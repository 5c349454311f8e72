// The marks of a saga under way: what was begun has items in its row, and what was not, and never will be, is out.
import type { ChoiceNode, ParallelNode, SagaDefinition, SagaNode } from "../definition/definition.ts"
import { innerBodies } from "../definition/building.ts"
import { type Outline, outlineOf } from "../definition/outline.ts"
import { currentInstance, roundOf } from "../machine/progress.ts"
import type { SagaRow } from "../machine/row.ts"
import { activityMark } from "./activity-mark.ts"
import type { Mark } from "./standing.ts"
import type { Clock } from "./news.ts"

interface Way {
  /** What comes after it has begun. */
  readonly isPassed: boolean
  /** Nothing that has not begun on it will begin. */
  readonly isOut: boolean
}

const notTaken: Mark = { standing: "out", lines: ["not taken"] }
const notRun: Mark = { standing: "out", lines: ["not run"] }

interface Progressed extends Clock {
  /** It has completed. */
  readonly isOver: boolean
}

/** By name, as `Marks.of` has them. */
export function progressMarks(definition: SagaDefinition, row: SagaRow, at: Progressed): Map<string, Mark> {
  const walk = new Walk(outlineOf(definition), row, at)
  walk.visit(definition.body, { isPassed: at.isOver, isOut: row.failure !== undefined })
  return walk.marks
}

class Walk {
  readonly marks = new Map<string, Mark>()
  readonly #outline: Outline
  readonly #row: SagaRow
  readonly #clock: Clock

  constructor(outline: Outline, row: SagaRow, clock: Clock) {
    this.#outline = outline
    this.#row = row
    this.#clock = clock
  }

  visit(body: readonly SagaNode[], { isPassed, isOut }: Way): void {
    for (const [index, node] of body.entries()) {
      this.#visitNode(node, { isPassed: isPassed || body.slice(index + 1).some((later) => this.#hasBegun(later)), isOut })
    }
  }

  #visitNode(node: SagaNode, way: Way): void {
    switch (node.type) {
      case "step":
      case "wait": {
        const instance = this.#instance(node.name)
        if (this.#row.items[instance] !== undefined) {
          this.marks.set(node.name, activityMark(node, instance, this.#row, this.#clock))
        } else if (way.isOut || way.isPassed) this.marks.set(node.name, notRun)
        return
      }
      case "choice":
        return this.#visitChoice(node, way)
      case "parallel":
        return node.until === "all" ? node.branches.forEach(({ body }) => this.visit(body, way)) : this.#visitRace(node, way)
      case "loop": {
        const round = roundOf(this.#row, node.name)
        const standing = way.isPassed ? "done" : "running"
        if (round > 0) this.marks.set(node.name, { standing, lines: [`round ${round} of ${node.roundsMax}`] })
        return this.visit(node.body, way)
      }
    }
  }

  #visitChoice({ name, yes, no }: ChoiceNode, way: Way): void {
    const ways = [{ id: `${name}:yes`, body: yes }, { id: `${name}:no`, body: no }]
    const begun = ways.find(({ body }) => body.some((node) => this.#hasBegun(node)))
    // A way without steps leaves no trace.
    const taken = begun ?? (way.isPassed ? ways.find(({ body }) => body.length === 0) : undefined)
    for (const { id, body } of ways) {
      const isOut = way.isOut || (taken !== undefined && taken.id !== id)
      if (taken !== undefined) this.marks.set(id, taken.id === id ? { standing: "done", lines: ["✓ taken"] } : notTaken)
      this.visit(body, { isPassed: way.isPassed, isOut })
    }
  }

  #visitRace({ name, branches }: ParallelNode, way: Way): void {
    const instance = this.#instance(name)
    const winner = this.#row.results[instance]?.[0]
    const lost = this.#row.lost?.[instance] ?? []
    for (const { name: branch, body } of branches) {
      const isOver = winner !== undefined || lost.includes(branch)
      if (winner === branch) this.marks.set(branch, { standing: "done", lines: ["✓ won"] })
      else if (isOver) this.marks.set(branch, { standing: "out", lines: [lost.includes(branch) ? "✗ failed" : "lost"] })
      this.visit(body, { isPassed: way.isPassed, isOut: way.isOut || isOver })
    }
  }

  #hasBegun(node: SagaNode): boolean {
    if (node.type === "loop") return roundOf(this.#row, node.name) > 0
    if (node.type === "step" || node.type === "wait") return this.#row.items[this.#instance(node.name)] !== undefined
    return innerBodies(node).some((body) => body.some((inner) => this.#hasBegun(inner)))
  }

  #instance(name: string): string {
    return currentInstance(this.#outline, this.#row, name)
  }
}
