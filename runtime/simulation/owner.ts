// Whoever does something in a simulation: a process, a client, the server, the world around them. All that runs belongs to
// one owner. Of a dead one nothing runs any more, in the middle of whatever it was doing; what belongs to a paused one waits.

/** Something that is going to happen to its owner. */
export interface Happening {
  readonly timeMs: number
  readonly tie: number
  /** Of two with the same tie the one that was planned first comes first. */
  readonly number: number
  readonly owner: Owner
  /** What it is, in one word: part of the hash of the run. */
  readonly kind: string
  readonly run: () => void
  cancelled: boolean
}

/** How an owner's own clock differs from the time of the simulation. */
export interface Skew {
  offsetMs: number
  /** What its monotonic clock has gained or lost by former rates. */
  sinceMs: number
  /** 1.01 gains a hundredth. */
  rate: number
}

export class Owner {
  readonly name: string
  readonly index: number
  /** Runs no promises: nothing of it is left to run when it returns. */
  readonly isPlain: boolean
  state: "running" | "paused" | "dead" = "running"
  /** What it has sent and what is still on its way: leaves it only when it goes on, or dies with it. */
  keepsBuffers = false
  readonly skew: Skew = { offsetMs: 0, sinceMs: 0, rate: 1 }
  /** What runs next: tasks of its fibers. */
  tasks: (() => void)[] = []
  /** What happened to it while it was paused. */
  held: Happening[] = []

  constructor(name: string, index: number, isPlain = false) {
    this.name = name
    this.index = index
    this.isPlain = isPlain
  }
}
