// How many effectful handlers of each service run at once in this process, whatever partition they belong to. First come,
// first served across the partitions; what is urgent overtakes, but never starves the others.
import { limits } from "../kernel/limits.ts"

export interface Slot {
  /** Gives the slot back, or the place in the queue up. Once is enough; more does no harm. */
  release(): void
}

export interface SlotWanted {
  readonly service: string
  /** How many of the service may be under way. */
  readonly max: number
  readonly isUrgent: boolean
}

interface Pool {
  busy: number
  urgentInARow: number
  readonly urgent: Set<() => void>
  readonly ordinary: Set<() => void>
}

export class Slots {
  readonly #pools = new Map<string, Pool>()

  /** Calls `granted` once, at once or as soon as fewer than `max` handlers of the service are under way. */
  acquire({ service, max, isUrgent }: SlotWanted, granted: () => void): Slot {
    const pool = this.#pools.get(service) ?? { busy: 0, urgentInARow: 0, urgent: new Set(), ordinary: new Set() }
    this.#pools.set(service, pool)
    const queue = isUrgent ? pool.urgent : pool.ordinary
    let state: "waiting" | "busy" | "released" = "waiting"
    const grant = () => {
      queue.delete(grant)
      pool.busy += 1
      state = "busy"
      granted()
    }
    if (pool.busy < max) grant()
    else queue.add(grant)
    return {
      release() {
        queue.delete(grant)
        if (state === "busy") pool.busy -= 1
        state = "released"
        if (pool.busy < max) next(pool)?.()
      },
    }
  }
}

function next(pool: Pool): (() => void) | undefined {
  const [urgent] = pool.urgent
  const [ordinary] = pool.ordinary
  const isEnough = pool.urgentInARow >= limits.urgentInARowMax && ordinary !== undefined
  const isUrgent = urgent !== undefined && !isEnough
  pool.urgentInARow = isUrgent ? pool.urgentInARow + 1 : 0
  return isUrgent ? urgent : ordinary
}
