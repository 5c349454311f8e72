// Which effectful handlers may begin in this process, whatever partition they belong to: so many of a service at once, each
// with a permit where the service has a rate, and none while its breaker is open. First come, first served across the
// partitions; what is urgent overtakes, but never starves the others.
import type { Flow } from "../actor/flow-control.ts"
import { limits } from "../kernel/limits.ts"
import { Breaker, type BreakerState } from "./breaker.ts"
import { PermitStock } from "./permit-stock.ts"

export interface Slot {
  /** What keeps the handler from beginning; undefined once it was told that it may. */
  readonly waitsFor: FlowWait | undefined
  /** Its call is the one that an open breaker tries. */
  readonly isProbe: boolean
  /** Whether the handler may begin now. If what allowed it does not hold any more, it waits again, before all others. */
  begin(): boolean
  /** What came of the call: a fault of the outside, or an outcome, whatever it says. */
  note(failed: boolean): void
  /** Gives the slot back, or the place in the queue up. Once is enough; more does no harm. */
  release(): void
}

/** "slot": others of the service are under way. The others may last. */
export type FlowWait = "slot" | "rate" | "breaker"

export interface SlotWanted {
  readonly service: string
  readonly flow: Flow
  readonly isUrgent: boolean
}

/** How it stands with the calls of one service in this process. */
export interface FlowGauges {
  readonly service: string
  /** Handlers under way. */
  readonly running: number
  /** Records, one of each actor, whose handlers could begin but for what they wait for. */
  readonly waiting: number
  readonly waitsFor: FlowWait | undefined
  /** Absent: the service has none. */
  readonly breaker?: BreakerState
  /** How often the breaker has opened in this process. */
  readonly breakerOpened: number
}

export type BreakerChanged = (service: string, state: "open" | "closed") => void

interface Pool {
  readonly service: string
  readonly nowMs: () => number
  readonly flow: Flow
  busy: number
  urgentInARow: number
  readonly returned: Set<Place>
  readonly urgent: Set<Place>
  readonly ordinary: Set<Place>
  readonly breaker: Breaker | undefined
  readonly permits: PermitStock | undefined
}

export class Slots {
  readonly #pools = new Map<string, Pool>()
  /** Monotonic. */
  readonly nowMs: () => number
  readonly #changed: BreakerChanged

  constructor(nowMs: () => number = () => 0, changed: BreakerChanged = () => undefined) {
    this.nowMs = nowMs
    this.#changed = changed
  }

  /** Calls `granted` at once or as soon as the service's flow allows, and again if `begin` then says no. */
  acquire({ service, flow, isUrgent }: SlotWanted, granted: () => void): Slot {
    const pool = this.#poolOf(service, flow)
    const place = new Place(pool, isUrgent ? pool.urgent : pool.ordinary, granted)
    grant(pool)
    return place
  }

  /** Time has passed: an open breaker may let a call through. */
  tend(): void {
    for (const pool of this.#pools.values()) if (pool.breaker !== undefined) grant(pool)
  }

  /** The permits that a service with a rate wants; made when it is first asked for. */
  permitsOf(service: string, flow: Flow): PermitStock | undefined {
    return this.#poolOf(service, flow).permits
  }

  /** Somebody got permits. */
  supplied(service: string): void {
    const pool = this.#pools.get(service)
    if (pool !== undefined) grant(pool)
  }

  /** An operator says that calls may go out. */
  closeBreaker(service: string): void {
    const pool = this.#pools.get(service)
    pool?.breaker?.close()
    if (pool !== undefined) grant(pool)
  }

  get gauges(): readonly FlowGauges[] {
    return [...this.#pools.values()].map((pool) => ({
      service: pool.service,
      running: pool.busy,
      waiting: waitingCount(pool),
      waitsFor: waitingCount(pool) === 0 ? undefined : obstacleOf(pool),
      ...(pool.breaker === undefined ? {} : { breaker: pool.breaker.state }),
      breakerOpened: pool.breaker?.openedCount ?? 0,
    }))
  }

  #poolOf(service: string, flow: Flow): Pool {
    let pool = this.#pools.get(service)
    if (pool !== undefined) return pool
    const { breaker, rate } = flow
    pool = {
      service, flow, nowMs: this.nowMs, busy: 0, urgentInARow: 0, returned: new Set(), urgent: new Set(), ordinary: new Set(),
      breaker: breaker === undefined ? undefined : new Breaker(breaker, (state) => this.#changed(service, state)),
      permits: rate === undefined ? undefined : new PermitStock({ service, ...rate }, this.nowMs),
    }
    this.#pools.set(service, pool)
    return pool
  }
}

class Place implements Slot {
  readonly #pool: Pool
  readonly #queue: Set<Place>
  readonly #granted: () => void
  #state: "waiting" | "granted" | "begun" | "released" = "waiting"
  #isProbe = false
  #permitUntilMs = 0

  constructor(pool: Pool, queue: Set<Place>, granted: () => void) {
    this.#pool = pool
    this.#queue = queue
    this.#granted = granted
    queue.add(this)
  }

  get waitsFor(): FlowWait | undefined {
    return this.#state === "waiting" ? (obstacleOf(this.#pool) ?? "slot") : undefined
  }

  get isProbe(): boolean {
    return this.#isProbe
  }

  grant(): void {
    const { permits, breaker } = this.#pool
    this.#leaveQueues()
    this.#permitUntilMs = permits?.use() ?? Number.POSITIVE_INFINITY
    this.#isProbe = breaker?.admits(this.#pool.nowMs()) === "probe"
    if (this.#isProbe) breaker?.beginProbe()
    this.#pool.busy += 1
    this.#state = "granted"
    this.#granted()
  }

  begin(): boolean {
    if (this.#state !== "granted") return this.#state === "begun"
    const { breaker, nowMs } = this.#pool
    const isAdmitted = this.#isProbe || breaker === undefined || breaker.admits(nowMs()) === "calls"
    if (isAdmitted && nowMs() <= this.#permitUntilMs) {
      this.#state = "begun"
      return true
    }
    this.#giveBack()
    this.#state = "waiting"
    this.#pool.returned.add(this)
    grant(this.#pool)
    return false
  }

  note(failed: boolean): void {
    const { breaker, nowMs } = this.#pool
    const wasProbe = this.#isProbe
    this.#isProbe = false
    breaker?.note(failed, wasProbe, nowMs())
  }

  release(): void {
    this.#leaveQueues()
    this.#giveBack()
    this.#state = "released"
    grant(this.#pool)
  }

  #leaveQueues(): void {
    this.#queue.delete(this)
    this.#pool.returned.delete(this)
  }

  #giveBack(): void {
    if (this.#state === "granted" || this.#state === "begun") this.#pool.busy -= 1
    if (this.#isProbe) this.#pool.breaker?.abandonProbe()
    this.#isProbe = false
  }
}

/** Lets as many begin as may, and says how many more could if there were permits. */
function grant(pool: Pool): void {
  while (waitingCount(pool) > 0 && obstacleOf(pool) === undefined) next(pool)?.grant()
  pool.permits?.want(roomOf(pool))
}

function waitingCount({ returned, urgent, ordinary }: Pool): number {
  return returned.size + urgent.size + ordinary.size
}

/** What keeps the next handler of the service from beginning. What may last is said first. */
function obstacleOf({ busy, flow, breaker, permits, nowMs }: Pool): FlowWait | undefined {
  if (breaker?.admits(nowMs()) === "nothing") return "breaker"
  if (busy >= flow.concurrency) return "slot"
  return permits?.count === 0 ? "rate" : undefined
}

/** How many could begin if only they had permits. */
function roomOf(pool: Pool): number {
  const admitted = pool.breaker?.admits(pool.nowMs()) ?? "calls"
  const room = admitted === "nothing" ? 0 : admitted === "probe" ? 1 : pool.flow.concurrency - pool.busy
  return Math.max(0, Math.min(waitingCount(pool), room))
}

function next(pool: Pool): Place | undefined {
  const [returned] = pool.returned
  if (returned !== undefined) return returned
  const [urgent] = pool.urgent
  const [ordinary] = pool.ordinary
  const isEnough = pool.urgentInARow >= limits.urgentInARowMax && ordinary !== undefined
  const isUrgent = urgent !== undefined && !isEnough
  pool.urgentInARow = isUrgent ? pool.urgentInARow + 1 : 0
  return isUrgent ? urgent : ordinary
}
