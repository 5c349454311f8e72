// Crash points. A process passes them as it works: before and after each of the eight verbs, and, inside of commit, when its
// block is stored and it does not know yet. Whoever wants it to die at one of them is asked at each, and says yes:
//
//   watch.ask((passed) => passed.point.verb === "dispatch" && passed.point.moment === "before" && passed.count === 17)
//
// It is dead from there on: what it was doing is not finished, and nothing it does any more leaves it.
import type { Message } from "../message/message.ts"
import type { ActiveFaults } from "./active-faults.ts"
import type { CrashPoint } from "./plan.ts"
import type { SimulatedProcess } from "./process.ts"

export interface Passed {
  readonly point: CrashPoint
  readonly process: SimulatedProcess
  readonly partition: number
  /** What is under way, where it is one record: at load, decide, and mostly at admit. */
  readonly record: Message | undefined
  /** How often this point was passed in this run, this time included. */
  readonly count: number
}

/** True: the process crashes here. Asked once for each passing of each point, by each who asks. */
export type Question = (passed: Passed) => boolean

/** Unwinds what a process was doing when it died. Nobody but a dead process can catch it. */
export class Died extends Error {
  override readonly name = "Died"
}

export class CrashWatch {
  readonly #active: ActiveFaults
  readonly #questions = new Set<Question>()
  /** By moment and verb, which are looked up faster than a name is made: points are passed a hundred times a saga. */
  readonly #counts: Readonly<Record<CrashPoint["moment"], Map<string, number>>> = {
    before: new Map(), stored: new Map(), after: new Map(),
  }

  constructor(active: ActiveFaults) {
    this.#active = active
  }

  /** Asks until the returned function is called. */
  ask(question: Question): () => void {
    this.#questions.add(question)
    return () => void this.#questions.delete(question)
  }

  /** How often a point was passed so far. */
  count(point: CrashPoint): number {
    return this.#counts[point.moment].get(point.verb) ?? 0
  }

  /** Throws Died if the process dies here; "stored" is not passed inside of it, so nothing is thrown. */
  passed(process: SimulatedProcess, partition: number, point: CrashPoint, record?: Message): void {
    if (!process.isUp) return
    this.#active.passed(point)
    const count = this.count(point) + 1
    this.#counts[point.moment].set(point.verb, count)
    if (this.#questions.size === 0) return
    const passed: Passed = { point, process, partition, record, count }
    let dies = false
    for (const question of this.#questions) if (question(passed)) dies = true
    if (!dies) return
    process.crash()
    if (point.moment !== "stored") throw new Died(`${process.owner.name} died ${point.moment} ${point.verb}`)
  }
}
