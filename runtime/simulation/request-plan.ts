// When clients ask what: spread over the time in which things break, by several clients.
import type { Random } from "./random.ts"
import { type ClientWorld, TestClient } from "./test-client.ts"
import type { Ask } from "./workload.ts"

type Phase = "accepted" | "answered"

const clientCount = 2

export class Requests {
  readonly #clients: readonly TestClient[]
  readonly #luck: Random
  readonly #reached = new Map<string, Set<Phase>>()
  readonly #waiting = new Map<string, Ask[]>()
  readonly #open = new Set<string>()
  count = 0

  constructor(world: ClientWorld, random: Random) {
    this.#luck = random.fork("clients")
    this.#clients = Array.from({ length: clientCount }, (_, n) => new TestClient(world, `c${n + 1}`))
  }

  /** Asks without an answer. */
  get open(): number {
    return this.#open.size
  }

  openNames(): readonly string[] {
    return [...this.#open].slice(0, 5)
  }

  plan(asks: readonly Ask[], withinMs: number): void {
    const planned = new Set(asks.map(({ effect }) => effect))
    for (const ask of asks) {
      // Drawn for each by itself, so that leaving others out does not change it.
      const afterMs = this.#luck.fork(ask.effect).below(Math.max(1, withinMs))
      this.count += 1
      this.#open.add(ask.effect)
      const first = ask.after
      // What is left out of a smaller run holds nothing up.
      const isOver = first === undefined || this.#reached.get(first.effect)?.has(first.phase) === true
      if (isOver || !planned.has(first.effect)) this.#ask(ask, afterMs)
      else this.#waiting.set(first.effect, [...(this.#waiting.get(first.effect) ?? []), ask])
    }
  }

  #ask(ask: Ask, afterMs: number): void {
    this.#luck.pick(this.#clients).ask(ask, afterMs, (phase) => this.#reach(ask.effect, phase))
  }

  #reach(effect: string, phase: Phase): void {
    let reached = this.#reached.get(effect)
    if (reached === undefined) this.#reached.set(effect, (reached = new Set()))
    reached.add(phase)
    if (phase === "answered") reached.add("accepted")
    if (phase === "answered") this.#open.delete(effect)
    const waiting = this.#waiting.get(effect) ?? []
    const isFree = (ask: Ask) => ask.after !== undefined && reached.has(ask.after.phase)
    this.#waiting.set(effect, waiting.filter((ask) => !isFree(ask)))
    for (const ask of waiting.filter(isFree)) this.#ask(ask, this.#luck.below(50))
  }
}
