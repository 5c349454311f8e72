// How many effectful handlers of each service run at once in this process, whatever partition they belong to. First come,
// first served across the partitions.

export interface Slot {
  /** Gives the slot back, or the place in the queue up. Once is enough; more does no harm. */
  release(): void
}

interface Pool {
  busy: number
  readonly waiting: Set<() => void>
}

export class Slots {
  readonly #pools = new Map<string, Pool>()

  /** Calls `granted` once, at once or as soon as fewer than `max` handlers of the service are under way. */
  acquire(service: string, max: number, granted: () => void): Slot {
    const pool = this.#pools.get(service) ?? { busy: 0, waiting: new Set() }
    this.#pools.set(service, pool)
    let state: "waiting" | "busy" | "released" = "waiting"
    const grant = () => {
      pool.busy += 1
      state = "busy"
      granted()
    }
    if (pool.busy < max) grant()
    else pool.waiting.add(grant)
    return {
      release() {
        if (state === "waiting") pool.waiting.delete(grant)
        if (state === "busy") pool.busy -= 1
        state = "released"
        const [next] = pool.waiting
        if (next === undefined || pool.busy >= max) return
        pool.waiting.delete(next)
        next()
      },
    }
  }
}
