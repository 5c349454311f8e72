// How a process is, for whoever decides whether to send work to it or to start it anew.
// Not ready: it does not do its work now. Not live: only a new start helps. Broken partitions are in the reasons, and the
// process stays ready while it runs others: a journal that is broken stays so wherever it is read.
import type { Metrics, PartitionState } from "../delivery/stats.ts"
import { gaugesOf, lagOf } from "../delivery/stats.ts"
import type { BreakerState } from "../delivery/breaker.ts"
import { limits } from "../kernel/limits.ts"
import type { OwnershipState, Taken } from "./ownership-state.ts"

export interface Health {
  /** It runs its share of the app, and is not about to end. */
  readonly ready: boolean
  /** It goes on by itself. */
  readonly live: boolean
  /** What is not as it should be, in words; not everything here makes it unready. */
  readonly reasons: readonly string[]
  /** The partitions that are this process's share, and those that it cannot read. */
  readonly partitions: readonly PartitionHealth[]
  /** How the services with a breaker stand that this process has called. One that is open does not make it unready. */
  readonly breakers: readonly BreakerHealth[]
}

export interface BreakerHealth {
  readonly service: string
  readonly state: BreakerState
  /** Records, one of each actor, that wait to be handled. */
  readonly waiting: number
}

export interface PartitionHealth {
  readonly partition: number
  readonly state: PartitionState
  /** Input that is not decided; 0 where it is not run. */
  readonly lag: number
  /** Why it does not run: the code and the words of a fault. */
  readonly code?: string
  readonly message?: string
}

/** What is said of a process whose app has not started, or is over. */
export function unready(reason: string, live = true): Health {
  return { ready: false, live, reasons: [reason], partitions: [], breakers: [] }
}

export function healthOf(state: OwnershipState): Health {
  const partitions = partitionsOf(state)
  const unreadyBecause = [...processReasons(state), ...stalledReasons(partitions)]
  const unread = unreadableReasons(partitions)
  const isStuck = stuckMs(state) > limits.heartbeatStuckMs
  const stuck = isStuck ? [`no heartbeat has come to an end for ${Math.round(stuckMs(state) / 1000)} s: start it anew`] : []
  const stopped = partitions.flatMap(({ partition, state: is, message }) =>
    message === undefined || is === "claiming" ? [] : [`partition ${partition} is ${is}: ${message}`],
  )
  const lost = [...state.deliveries.values()].flatMap(({ partition }) =>
    [...partition.subscriptions.values()].flatMap((subscription) => subscription.stopped?.why ?? []),
  )
  const breakers = state.slots.gauges.flatMap(({ service, breaker, waiting }) =>
    breaker === undefined ? [] : [{ service, state: breaker, waiting }],
  )
  const runsNot = (partition: number) => state.stopped.has(partition) || state.unreadable.of(partition) !== undefined
  const nothingRuns = state.share.size > 0 && [...state.share].every(runsNot)
  return {
    ready: unreadyBecause.length === 0 && !isStuck && !nothingRuns,
    live: !isStuck,
    reasons: [...stuck, ...unreadyBecause, ...unread, ...stopped, ...lost, ...openReasons(breakers)],
    partitions,
    breakers,
  }
}

function openReasons(breakers: readonly BreakerHealth[]): readonly string[] {
  return breakers.flatMap(({ service, state, waiting }) =>
    state === "closed" ? [] : [`the breaker of ${service} is ${state}: its calls fail, and ${waiting} actors wait`],
  )
}

function processReasons(state: OwnershipState): readonly string[] {
  if (state.phase === "draining") return ["it is told to end and finishes what it has begun"]
  if (state.phase === "left") return ["it has ended"]
  const reasons: string[] = []
  const { beatAgeMs } = state.lease
  if (beatAgeMs === Number.POSITIVE_INFINITY) reasons.push("no heartbeat was acknowledged yet")
  else if (beatAgeMs > limits.memberTtlMs) {
    reasons.push(`no heartbeat was acknowledged for ${Math.round(beatAgeMs / 1000)} s: others take its partitions`)
  }
  if (!state.isSettled) reasons.push("its first share of the partitions is still being claimed")
  return reasons
}

function stalledReasons(partitions: readonly PartitionHealth[]): readonly string[] {
  const stalled = partitions.flatMap(({ partition, state }) => (state === "stalled" ? [partition] : []))
  if (stalled.length === 0) return []
  return [`a block waits longer than ${limits.partitionStalledMs} ms for its acknowledgement in partitions ${stalled.join(", ")}`]
}

/** One line for all of them: a stream has the input of all partitions. */
function unreadableReasons(partitions: readonly PartitionHealth[]): readonly string[] {
  const unreadable = partitions.filter(({ state, message }) => state === "claiming" && message !== undefined)
  const [first] = unreadable
  if (first === undefined) return []
  const which = unreadable.map(({ partition }) => partition).join(", ")
  return [`partitions ${which} are not run while their input cannot be read: ${first.message}`]
}

function partitionsOf(state: OwnershipState): readonly PartitionHealth[] {
  const nowMs = state.clock.currentTimeMillisUnsafe()
  const refused = [...state.stopped].flatMap(([partition, stopped]) => (stopped.state === "refused" ? [partition] : []))
  const shown = [...new Set([...state.share, ...state.taken.keys(), ...refused])].toSorted((a, b) => a - b)
  return shown.map((partition) => {
    const stopped = state.stopped.get(partition)
    if (stopped !== undefined) {
      return { partition, state: stopped.state, lag: 0, code: stopped.fault.code, message: stopped.fault.message }
    }
    const unreadable = state.unreadable.of(partition)
    if (unreadable !== undefined) {
      return { partition, state: "claiming" as const, lag: 0, code: unreadable.code, message: unreadable.message }
    }
    const taken = state.taken.get(partition)
    const lag = taken?.delivery === undefined ? 0 : lagOf(taken.delivery, taken.watch.unread)
    return { partition, state: stateOf(taken, nowMs), lag }
  })
}

function stateOf(taken: Taken | undefined, nowMs: number): PartitionState {
  if (taken === undefined) return "claiming"
  const { delivery, watch } = taken
  if (watch.appendingSinceMs !== undefined && nowMs - watch.appendingSinceMs > limits.partitionStalledMs) return "stalled"
  return delivery === undefined ? "claiming" : "running"
}

function stuckMs({ clock, roundNanos, phase }: OwnershipState): number {
  return phase === "left" ? 0 : Number(clock.monotonicTimeNanosUnsafe() - roundNanos) / 1e6
}

/** The part of the metrics that is read from what is there now. */
export function gaugesOfAll(state: OwnershipState): Pick<Metrics, "app" | "gauges" | "states" | "flows" | "heartbeatAgeMs"> {
  const nowMs = state.clock.currentTimeMillisUnsafe()
  const states = { claiming: 0, running: 0, stalled: 0, broken: 0, refused: 0 }
  for (const partition of partitionsOf(state)) states[partition.state] += 1
  const gauges = [...state.taken.values()].flatMap(({ delivery, watch }) =>
    delivery === undefined ? [] : [gaugesOf(delivery, watch.unread, nowMs)],
  )
  const { beatAgeMs } = state.lease
  return {
    app: state.options.app.name,
    gauges,
    states,
    flows: state.slots.gauges,
    heartbeatAgeMs: beatAgeMs === Number.POSITIVE_INFINITY ? undefined : beatAgeMs,
  }
}
