// What a process shows of its partitions, in numbers: gauges, read from a partition when somebody asks, and counters, kept
// from what the observer is told. Reading costs nothing while nobody asks.
import type { SagaEnd } from "../actor/logic.ts"
import { Histogram, type HistogramCounts } from "../kernel/histogram.ts"
import { limits } from "../kernel/limits.ts"
import type { ActiveSagas } from "./census.ts"
import { parseDestination } from "./channel-id.ts"
import type { Delivery } from "./delivery.ts"
import { type SubscriptionStatus, subscriptionsOf } from "./subscription-status.ts"
import type { CommittedBlock, Handled, Observer, OutcomeCount } from "./observer.ts"
import type { FlowGauges } from "./slots.ts"

/**
 * "claiming": its journal is being read. "stalled": a block has waited too long for its acknowledgement. "broken": it
 * stopped for good. "refused": its journal has a format that this process does not read.
 */
export type PartitionState = "claiming" | "running" | "stalled" | "broken" | "refused"

/** One partition that runs here, as it is now. */
export interface PartitionGauges {
  readonly partition: number
  /** Input that is not decided: stored messages that were not read when it was last looked at, and records read since. */
  readonly lag: number
  /** Records that are admitted, and decisions, that no block on its way holds yet. */
  readonly inFlight: number
  /** Records that wait for their actor: a handler of it is under way, pauses before another try, or needs an operator. */
  readonly mailbox: number
  /** Actors and records that are set aside for an operator. */
  readonly parked: number
  /** Outgoing records, events among them, that their destination has not confirmed. */
  readonly outbox: number
  readonly rows: number
  /** Timers that are set; cancelled ones count until their time has come. */
  readonly timers: number
  /** Timers whose time has come; cancelled ones count. */
  readonly timersDue: number
  /** How long the next timer is overdue; 0 if none is. */
  readonly timerLateMs: number
  /** Bytes of journal since the last finished round of compaction began. */
  readonly journalBytes: number
  /** Bytes of all its blocks that are stored: what is alive, and history. */
  readonly storedBytes: number
  /** Its sagas that have not ended. */
  readonly sagas: readonly ActiveSagas[]
  /** How each of the app's services reads the events of this partition. */
  readonly subscriptions: readonly SubscriptionStatus[]
}

/** What happened to one partition in this process since it started. */
export interface PartitionCounts {
  readonly partition: number
  readonly blocks: number
  readonly decisions: number
  readonly bytes: number
  readonly parked: number
  /** Records given up: their reactions are handled at most once, or their actor has ended or never began. */
  readonly dropped: number
  /** Appends that were refused because another process had written. */
  readonly fenced: number
}

export interface SagaCount {
  readonly saga: string
  readonly outcome: SagaEnd["outcome"]
  readonly ended: number
}

export interface AlarmCount {
  readonly monitor: string
  /** "late" or "out-of-contract". */
  readonly kind: string
  readonly raised: number
}

export interface Metrics {
  readonly app: string
  readonly gauges: readonly PartitionGauges[]
  readonly counts: readonly PartitionCounts[]
  /** How many of the partitions that this process is to run are in which state. */
  readonly states: Readonly<Record<PartitionState, number>>
  readonly sagas: readonly SagaCount[]
  readonly alarms: readonly AlarmCount[]
  /** What became of commands. */
  readonly outcomes: readonly OutcomeCount[]
  /** How long sagas took, by name and outcome; handlers that do I/O, by service and outcome; blocks, to be acknowledged. */
  readonly durations: {
    readonly sagas: readonly (HistogramCounts & Pick<SagaCount, "saga" | "outcome">)[]
    readonly handlers: readonly (HistogramCounts & Pick<Handled, "service" | "outcome">)[]
    readonly appends: HistogramCounts
  }
  /** Records that were sent again. */
  readonly resent: number
  /** Services that do I/O, as far as this process has them. */
  readonly flows: readonly FlowGauges[]
  /** Time since the last acknowledged heartbeat was sent; `undefined` before the first. */
  readonly heartbeatAgeMs: number | undefined
}

/** What came from outside or as an event and is not decided; `unread` is what the host saw of the partition's streams. */
export function lagOf({ queue }: Delivery, unread: number): number {
  return unread + queue.length("external") + queue.length("events")
}

/** `unread` as of `lagOf`. */
export function gaugesOf(delivery: Delivery, unread: number, nowMs: number): PartitionGauges {
  const { partition, queue, pending, undecidedCount } = delivery
  const { nextDueMs } = partition.dueTimers
  return {
    partition: partition.index,
    lag: lagOf(delivery, unread),
    inFlight: queue.size + pending.length,
    mailbox: partition.held.count + undecidedCount,
    parked: partition.parked.size,
    outbox: unconfirmed(delivery, () => true),
    rows: partition.rows.size,
    timers: partition.dueTimers.size,
    timersDue: partition.dueTimers.dueCount(nowMs),
    timerLateMs: nextDueMs === undefined ? 0 : Math.max(0, nowMs - nextDueMs),
    journalBytes: partition.stored.grownBytes,
    storedBytes: partition.stored.bytes,
    sagas: partition.census.active,
    subscriptions: subscriptionsOf(delivery),
  }
}

/** Events, and records for other apps, that are durable and not yet in their streams. */
export function unpublishedCount(delivery: Delivery): number {
  return unconfirmed(delivery, (destination) => parseDestination(destination).type !== "lane")
}

function unconfirmed({ partition }: Delivery, isMeant: (destination: string) => boolean): number {
  let count = 0
  for (const [destination, outbox] of partition.outboxes) if (isMeant(destination)) count += outbox.unconfirmedCount
  return count
}

type Mutable<Counts> = { -readonly [Name in keyof Counts]: Counts[Name] }

/** Told of durations one by one, by whoever keeps them elsewhere. */
export interface Timed {
  saga(ended: Pick<SagaCount, "saga" | "outcome"> & { readonly tookMs: number }): void
  handler(handled: Handled): void
  append(tookMs: number): void
}

/** Counts what an observer is told. */
export class Tally {
  readonly #partitions = new Map<number, Mutable<PartitionCounts>>()
  readonly #sagas = new Map<string, Mutable<SagaCount>>()
  readonly #alarms = new Map<string, Mutable<AlarmCount>>()
  readonly #outcomes = new Map<string, Mutable<OutcomeCount>>()
  readonly #sagaTimes = new Map<string, Histogram & Pick<SagaCount, "saga" | "outcome">>()
  readonly #handlerTimes = new Map<string, Histogram & Pick<Handled, "service" | "outcome">>()
  readonly #appends = new Histogram(limits.durationBoundsS)
  #resent = 0
  #timed: Timed = { saga: () => undefined, handler: () => undefined, append: () => undefined }

  /** `timed` is told every duration as well, from now on. */
  tell(timed: Timed): void {
    this.#timed = timed
  }

  /** An observer that counts and then tells `next`. */
  observing(next: Observer): Observer {
    return {
      ...next,
      committed: (block) => {
        this.#block(block)
        next.committed(block)
      },
      fenced: (partition) => {
        this.#of(partition).fenced += 1
        next.fenced(partition)
      },
      handled: (handled) => {
        this.#handled(handled)
        next.handled(handled)
      },
      appended: (tookMs) => {
        this.#appends.add(tookMs / 1000)
        this.#timed.append(tookMs)
        next.appended(tookMs)
      },
      resent: (records) => {
        this.#resent += records
        next.resent(records)
      },
    }
  }

  get counts(): Pick<Metrics, "counts" | "sagas" | "alarms" | "outcomes" | "durations" | "resent"> {
    return {
      counts: [...this.#partitions.values()],
      sagas: [...this.#sagas.values()],
      alarms: [...this.#alarms.values()],
      outcomes: [...this.#outcomes.values()],
      durations: { sagas: [...this.#sagaTimes.values()], handlers: [...this.#handlerTimes.values()], appends: this.#appends },
      resent: this.#resent,
    }
  }

  #handled(handled: Handled): void {
    const { service, outcome, tookMs } = handled
    const id = `${service} ${outcome}`
    let times = this.#handlerTimes.get(id)
    if (times === undefined)
      this.#handlerTimes.set(id, (times = Object.assign(new Histogram(limits.durationBoundsS), { service, outcome })))
    times.add(tookMs / 1000)
    this.#timed.handler(handled)
  }

  #sagaEnded({ saga, outcome, startedMs, endedMs }: CommittedBlock["ended"][number]): void {
    const id = `${saga} ${outcome}`
    let times = this.#sagaTimes.get(id)
    if (times === undefined)
      this.#sagaTimes.set(id, (times = Object.assign(new Histogram(limits.sagaDurationBoundsS), { saga, outcome })))
    times.add((endedMs - startedMs) / 1000)
    this.#timed.saga({ saga, outcome, tookMs: endedMs - startedMs })
  }

  #block({ partition, decisions, bytes, parked, dropped, ended, alarms, outcomes }: CommittedBlock): void {
    const counts = this.#of(partition)
    counts.blocks += 1
    counts.decisions += decisions
    counts.bytes += bytes
    counts.parked += parked
    counts.dropped += dropped.length
    for (const { service, outcome, count } of outcomes) {
      const id = `${service} ${outcome}`
      const known = this.#outcomes.get(id) ?? { service, outcome, count: 0 }
      known.count += count
      this.#outcomes.set(id, known)
    }
    for (const end of ended) {
      const { saga, outcome } = end
      this.#sagaEnded(end)
      const id = `${saga} ${outcome}`
      const count = this.#sagas.get(id) ?? { saga, outcome, ended: 0 }
      count.ended += 1
      this.#sagas.set(id, count)
    }
    for (const { monitor, kind } of alarms) {
      const id = `${monitor} ${kind}`
      const count = this.#alarms.get(id) ?? { monitor, kind, raised: 0 }
      count.raised += 1
      this.#alarms.set(id, count)
    }
  }

  #of(partition: number): Mutable<PartitionCounts> {
    const none = { partition, blocks: 0, decisions: 0, bytes: 0, parked: 0, dropped: 0, fenced: 0 }
    const counts = this.#partitions.get(partition) ?? none
    this.#partitions.set(partition, counts)
    return counts
  }
}
