// What operators tell a partition, as ordinary commands: to `$partition/<number>`, a service that no app can define.
// They are journaled like everything else, so who did what, and why, is part of the record (R23).
import { partitionOf } from "./key.ts"
import type { Json } from "./json.ts"
import type { Address } from "./message.ts"

/** A handler's name starts with a letter, so no service of a user has this one. */
export const partitionService = "$partition"

export type OperationName =
  | "list" | "show" | "rows" | "redrive" | "discard" | "pause" | "resume" | "handlings"
  /** Of subscriptions to events: see delivery/subscription-orders.ts. */
  | "subscriptions" | "reset" | "pauseEvents" | "drained" | "wipe" | "resumeEvents"

export function partitionAddress(partition: number): Address {
  return { service: partitionService, key: String(partition) }
}

/** The partition that owns an actor; a partition itself is addressed by its number. */
export function partitionOfActor({ service, key }: Address, partitions: number): number {
  if (service !== partitionService) return partitionOf(key, partitions)
  const partition = Number(key)
  return Number.isInteger(partition) && partition >= 0 && partition < partitions ? partition : 0
}

/** Which parked records an operation is about: one by its id, or all that fit. */
export interface ParkedFilter {
  readonly id?: string
  readonly service?: string
  readonly code?: string
}

/** A record of an actor that is being handled, or that waits at the front of its mailbox. */
export interface Handling {
  readonly service: string
  readonly key: string
  readonly type: string
  /** Of a command, an event or a timer. */
  readonly name?: string
  /** Of a command: what `cancelHandling` wants to know. */
  readonly effect?: string
  /** Counts from 1. */
  readonly attempt: number
  /** Since when its handler is under way. Absent: it waits. */
  readonly beganMs?: number
  /** What it waits for: "slot", "rate", "breaker", "retry", "pause", "operator", "commit" or "nothing". */
  readonly waitsFor?: string
  /** What its handler told last of how far it is. */
  readonly progress?: Json
  /** Records of the actor that wait behind it. */
  readonly behind: number
}

/** What happened to parked records, to a subscription, or to a service, as the partition remembers it. */
export interface OperationNote {
  /** "rebuild": a service's actors were wiped, to be made again from events. */
  readonly action: "redrive" | "discard" | "reprocess" | "rebuild" | "pause" | "resume"
  /** The first few of the records, by id; or the service. */
  readonly ids: readonly string[]
  readonly count: number
  readonly by: string
  readonly why: string
  readonly atMs: number
  readonly edited?: true
}
