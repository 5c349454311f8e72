// The network of a simulation: what one side sends reaches the other later, or never. A connection keeps its order, as TCP
// does, unless a fault says otherwise. A cut link lets nothing through; what was on its way is lost with it.
import type { Kernel, Pending } from "./kernel.ts"
import type { Owner } from "./owner.ts"
import type { Random } from "./random.ts"

/** How unpleasant the network is: probabilities, each for one message. */
export interface NetworkFaults {
  /** A message to or from a client, or on a lane, gets lost. */
  readonly drop: number
  /** A request to the server gets lost, and nobody says so. */
  readonly lostRequest: number
  /** A request is carried out and its answer gets lost. */
  readonly lostAnswer: number
  readonly duplicate: number
  readonly reorder: number
  /** A message takes a hundred times as long. */
  readonly slow: number
  readonly meanMs: number
}

export const calm: NetworkFaults = {
  drop: 0, lostRequest: 0, lostAnswer: 0, duplicate: 0, reorder: 0, slow: 0, meanMs: 1,
}

/** Told what a fault did to a message, for the coverage. */
export type NetworkNote = (fault: Exclude<keyof NetworkFaults, "meanMs"> | "lost link", kind: string) => void

interface Link {
  /** What was sent last: nothing overtakes it. */
  last: Pending | undefined
  cuts: number
}

export interface Request<Result> {
  readonly kind: string
  /** Carried out when it arrives. */
  readonly carryOut: () => Result
  readonly answered: (result: Result) => void
  /** No answer came within the time. */
  readonly silent: () => void
  readonly timeoutMs: number
  /** Without an answer its caller may hear nothing for ever. */
  readonly mayHang?: boolean
}

export class Network {
  faults: NetworkFaults = calm
  readonly #kernel: Kernel
  readonly #luck: Random
  readonly #note: NetworkNote
  readonly #links = new Map<number, Link>()

  constructor(kernel: Kernel, random: Random, note: NetworkNote = () => undefined) {
    this.#kernel = kernel
    this.#luck = random.fork("network")
    this.#note = note
  }

  cut(from: Owner, to: Owner): void {
    this.#link(from, to).cuts += 1
  }

  heal(from: Owner, to: Owner): void {
    this.#link(from, to).cuts -= 1
  }

  isOpen(from: Owner, to: Owner): boolean {
    return this.#link(from, to).cuts === 0
  }

  /** At most once, like everything that is not stored: answers, lanes, progress. */
  tell(from: Owner, to: Owner, kind: string, arrived: () => void): void {
    if (this.#isLost(from, to, kind, this.faults.drop, "drop")) return
    this.#carry(from, to, kind, arrived)
    if (!this.#luck.chance(this.faults.duplicate)) return
    this.#note("duplicate", kind)
    this.#carry(from, to, kind, arrived)
  }

  /** In order and without loss for as long as the link is open, like what a consumer gets; when it is cut, it is sent again. */
  stream(from: Owner, to: Owner, kind: string, arrived: () => void, again: () => void): void {
    if (!this.isOpen(from, to)) return again()
    const link = this.#link(from, to)
    const handOver = () => (this.isOpen(from, to) ? arrived() : again())
    link.last = this.#kernel.after(this.#delayMs(kind), to, kind, handOver, link.last)
  }

  /** To the server and back. */
  request<Result>(from: Owner, server: Owner, request: Request<Result>): void {
    const { kind, carryOut, answered, silent, timeoutMs, mayHang } = request
    const silence = () => {
      if (mayHang !== true || this.#luck.chance(0.5)) this.#kernel.after(timeoutMs, from, "silence", silent)
    }
    if (this.#isLost(from, server, kind, this.faults.lostRequest, "lostRequest")) return silence()
    this.#arrives(from, server, kind, () => {
      const result = carryOut()
      if (from.state === "dead") return
      if (this.#isLost(server, from, kind, this.faults.lostAnswer, "lostAnswer")) return silence()
      this.#arrives(server, from, "answer", () => answered(result))
    })
  }

  #carry(from: Owner, to: Owner, kind: string, arrived: () => void): void {
    if (!this.#luck.chance(this.faults.reorder)) return this.#arrives(from, to, kind, arrived)
    this.#note("reorder", kind)
    this.#kernel.after(this.#delayMs(kind) * (1 + this.#luck.below(20)), to, kind, arrived)
  }

  #arrives(from: Owner, to: Owner, kind: string, arrived: () => void): void {
    const link = this.#link(from, to)
    const handOver = () => {
      if (!from.keepsBuffers || from.state === "running") return arrived()
      if (from.state === "dead") return
      // It had not left when its sender was paused.
      this.#kernel.after(0, from, "buffered", () => this.#arrives(from, to, kind, arrived))
    }
    link.last = this.#kernel.after(this.#delayMs(kind), to, kind, handOver, link.last)
  }

  #delayMs(kind: string): number {
    const ms = Math.max(1, Math.ceil(this.#luck.exponential(this.faults.meanMs)))
    if (!this.#luck.chance(this.faults.slow)) return ms
    this.#note("slow", kind)
    return ms * 100
  }

  #isLost(from: Owner, to: Owner, kind: string, probability: number, fault: "drop" | "lostRequest" | "lostAnswer"): boolean {
    const isCut = !this.isOpen(from, to)
    if (!isCut && !this.#luck.chance(probability)) return false
    this.#note(isCut ? "lost link" : fault, kind)
    return true
  }

  #link(from: Owner, to: Owner): Link {
    const id = from.index * 0x1_0000 + to.index
    let link = this.#links.get(id)
    if (link === undefined) this.#links.set(id, (link = { last: undefined, cuts: 0 }))
    return link
  }
}
