// What the host and tests learn of a partition while it runs: counters, and signals to wait on instead of sleeping.
import type { SagaEnd } from "../actor/logic.ts"
import type { Fault } from "../kernel/fault.ts"
import type { Message } from "../message/message.ts"
import type { Outcome } from "../message/outcome.ts"
import type { Dropped } from "./decided.ts"
import type { Partition } from "./partition.ts"

/** What happens to a record on its way, in this order. */
export type Verb = "receive" | "decode" | "admit" | "load" | "decide" | "commit" | "dispatch" | "settle"

/** Told where a partition is, so that a simulation can let the process die there; and with which record, if it is one. */
export type Probe = (partition: Partition, verb: Verb, moment: "before" | "after", record?: Message) => void

export interface Observer {
  /** A block is durable and handed on. */
  readonly committed: (block: CommittedBlock) => void
  /** A handler that does I/O came to an end, and this came of it. */
  readonly handled: (handled: Handled) => void
  /** A block was acknowledged so long after it was sent, tries included. */
  readonly appended: (tookMs: number) => void
  /** Records that a gap or a full lane made the source send again. */
  readonly resent: (records: number) => void
  /** Another process took a partition: an append of this one was refused. */
  readonly fenced: (partition: number) => void
  /** This process owns other partitions than before. */
  readonly owned: (partitions: readonly number[]) => void
  /** A partition was let go because of something that passes; it is claimed again with one of the next beats. */
  readonly interrupted: (partition: number, fault: Fault) => void
  /** A partition stopped for good: this process does not claim it again until an operator says so or it starts anew. */
  readonly broken: (partition: number, fault: Fault) => void
  /** A journal has a format that is newer than this process: another member that can read it takes the partition (R17). */
  readonly refused: (partition: number, fault: Fault) => void
  /** A service gets no more events of a partition until an operator resets it. */
  readonly unsubscribed: (partition: number, service: string, fault: Fault) => void
  /** The breaker of a service opened in this process, because its calls fail, or closed again. */
  readonly breaker: (service: string, state: "open" | "closed") => void
  /** Absent but in a simulation. */
  readonly reached?: Probe
}

export interface Handled {
  readonly service: string
  /** "faulted": it threw, or its time was over; it may be called again. */
  readonly outcome: Outcome["type"]
  readonly tookMs: number
}

export interface CommittedBlock {
  readonly partition: number
  readonly number: number
  readonly decisions: number
  readonly bytes: number
  /** Sagas that ended with this block. */
  readonly ended: readonly (SagaEnd & { readonly saga: string; readonly key: string; readonly endedMs: number })[]
  /** Alarms that monitors raised with this block. */
  readonly alarms: readonly { readonly monitor: string; readonly kind: string }[]
  readonly parked: number
  /** What was set aside for an operator: who, the code of why, and the traceparent of the span that did it. */
  readonly setAside: readonly { readonly row: string; readonly code: string; readonly trace?: string }[]
  /** What became of commands, by service and outcome. */
  readonly outcomes: readonly OutcomeCount[]
  /** Records that were given up: their reactions are handled at most once, or their actor has ended or never began. */
  readonly dropped: readonly Dropped[]
}

export interface OutcomeCount {
  readonly service: string
  readonly outcome: Outcome["type"]
  readonly count: number
}

const nothing = () => undefined
export const unobserved: Observer = {
  committed: nothing, resent: nothing, fenced: nothing, owned: nothing, interrupted: nothing, broken: nothing, refused: nothing,
  unsubscribed: nothing,
  breaker: nothing,
  handled: nothing,
  appended: nothing,
}
