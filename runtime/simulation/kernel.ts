// The kernel of a simulation: virtual time, and one thing after the other. An event is run, then everything that it made
// runnable, until nothing is left but to let time pass. Fibers run on a scheduler of ours; promises in the queue of Node, which
// is emptied after each event, so that nothing of one owner runs while another one has its turn.
import { nextTick } from "node:process"
import { setImmediate as nextTurn } from "node:timers"
import type * as Scheduler from "effect/Scheduler"
import { EventHeap } from "./event-heap.ts"
import { type Happening, Owner } from "./owner.ts"
import type { Random } from "./random.ts"
import { TraceHash } from "./trace-hash.ts"

/** Something that is going to happen, and may be called off. */
export interface Pending {
  readonly timeMs: number
  readonly tie: number
  cancel(): void
}

/** An error of the simulation itself, or of code that runs outside of every fiber and promise. */
export type Failure = (error: unknown) => void

const longestMs = 1e12
/** The event loop has its turn so often, for what is none of the simulation's business: signals, what is printed. */
const turnEvery = 64

export class Kernel {
  readonly hash = new TraceHash()
  readonly #heap = new EventHeap()
  readonly #ties: Random
  #owners = 0
  #nowMs = 0
  #planned = 0
  #settled = 0
  /** Whose turn it is. */
  #current: Owner | undefined
  events = 0

  constructor(random: Random) {
    this.#ties = random.fork("ties")
  }

  get nowMs(): number {
    return this.#nowMs
  }

  get current(): Owner | undefined {
    return this.#current
  }

  owner(name: string, isPlain = false): Owner {
    this.#owners += 1
    return new Owner(name, this.#owners, isPlain)
  }

  /** Lets something happen to its owner in so many ms, rounded up, and behind `before` if that is to happen. */
  after(delayMs: number, owner: Owner, kind: string, run: () => void, before?: Pending): Pending {
    const dueMs = this.#nowMs + Math.max(0, Math.min(Math.ceil(delayMs), longestMs))
    const timeMs = Math.max(dueMs, before?.timeMs ?? 0)
    // Half of the ties that are left, so that there are some left for what follows.
    const least = before?.timeMs === timeMs ? before.tie : 0
    const tie = least + (this.#ties.float() * (1 - least)) / (least === 0 ? 1 : 64)
    this.#planned += 1
    const happening: Happening = { timeMs, tie, number: this.#planned, owner, kind, run, cancelled: false }
    this.#heap.push(happening)
    return { timeMs, tie, cancel: () => void (happening.cancelled = true) }
  }

  /** Fibers of this owner run on it, and no longer than it lives. */
  scheduler(owner: Owner): Scheduler.Scheduler {
    return {
      executionMode: "async",
      shouldYield: (fiber) => fiber.currentOpCount >= fiber.cache.maxOpsBeforeYield,
      makeDispatcher: () => ({
        scheduleTask: (task) => {
          if (owner.state === "dead") return
          // Made runnable by somebody else: it has its turn when nothing else is under way.
          if (owner !== this.#current && owner.tasks.length === 0) this.after(0, owner, "woken", () => undefined)
          owner.tasks.push(task)
        },
        flush: () => this.#drain(owner),
      }),
    }
  }

  kill(owner: Owner): void {
    owner.state = "dead"
    owner.tasks = []
    owner.held = []
  }

  pause(owner: Owner): void {
    if (owner.state === "running") owner.state = "paused"
  }

  /** What happened to it meanwhile happens now, in the same order. */
  resume(owner: Owner): void {
    if (owner.state !== "paused") return
    owner.state = "running"
    let before: Pending | undefined
    for (const { kind, run, cancelled } of owner.held.splice(0))
      if (!cancelled) before = this.after(0, owner, kind, run, before)
    this.after(0, owner, "resumed", () => undefined, before)
  }

  /** Lets time pass until there is nothing left to happen before `untilMs`, or `isOver`, which is asked between events. */
  async run(untilMs: number, isOver: () => boolean = () => false): Promise<void> {
    for (;;) {
      const next = this.#heap.first
      if (next === undefined || next.timeMs > untilMs || isOver()) break
      this.#heap.pop()
      this.#nowMs = Math.max(this.#nowMs, next.timeMs)
      if (!this.#happens(next)) continue
      const following = this.#heap.first
      const goesOn = following !== undefined && following.timeMs === next.timeMs && following.owner === next.owner
      if (!next.owner.isPlain && !goesOn) await this.#settle(next.owner)
    }
    if (!isOver()) this.#nowMs = Math.max(this.#nowMs, untilMs)
  }

  /** Runs something as this owner, and then all that follows from it at once. */
  async as(owner: Owner, run: () => void): Promise<void> {
    this.#current = owner
    run()
    this.#drain(owner)
    await this.#settle(owner)
  }

  #happens(happening: Happening): boolean {
    const { owner, kind, timeMs } = happening
    if (happening.cancelled || owner.state === "dead") return false
    if (owner.state === "paused") {
      owner.held.push(happening)
      return false
    }
    this.events += 1
    this.hash.number(timeMs)
    this.hash.number(owner.index)
    this.hash.text(kind)
    this.#current = owner
    this.#attempt(owner, happening.run)
    this.#drain(owner)
    return true
  }

  /** Who dies of what it does leaves it in the middle. */
  #attempt(owner: Owner, run: () => void): void {
    try {
      run()
    } catch (error) {
      // It was changed by what ran.
      if (owner.state !== "dead") throw error
    }
  }

  #drain(owner: Owner): void {
    while (owner.tasks.length > 0 && owner.state === "running") {
      const tasks = owner.tasks
      owner.tasks = []
      for (const task of tasks) {
        // It may have died of the one before.
        if (owner.state === "running") this.#attempt(owner, task)
        else if (owner.state === "paused") owner.tasks.push(task)
      }
    }
  }

  /** Runs all promises that can go on; they may have made fibers runnable, and so on. */
  async #settle(owner: Owner): Promise<void> {
    do {
      await this.#promises()
      this.#drain(owner)
    } while (owner.tasks.length > 0 && owner.state === "running")
    this.#current = undefined
  }

  /** A tick comes when no promise can go on (Node empties that queue first), and costs less than a turn of the event loop. */
  #promises(): Promise<void> {
    this.#settled += 1
    const isTurn = this.#settled % turnEvery === 0
    return new Promise((resolve) => (isTurn ? nextTurn(resolve) : nextTick(resolve)))
  }
}
