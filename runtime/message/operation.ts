// What operators tell a partition, as ordinary commands: to `$partition/<number>`, a service that no app can define.
// They are journaled like everything else, so who did what, and why, is part of the record (R23).
import { partitionOf } from "./key.ts"
import type { Address } from "./message.ts"

/** A handler's name starts with a letter, so no service of a user has this one. */
export const partitionService = "$partition"

export type OperationName =
  | "list" | "show" | "redrive" | "discard"
  /** Of subscriptions to events: see delivery/subscription-orders.ts. */
  | "subscriptions" | "reset" | "pause" | "drained" | "wipe" | "resume"

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

/** What happened to parked records, or to a subscription, as the partition remembers it. */
export interface OperationNote {
  /** "rebuild": a service's actors were wiped, to be made again from events. */
  readonly action: "redrive" | "discard" | "reprocess" | "rebuild"
  /** The first few of the records, by id; or the service that was reset. */
  readonly ids: readonly string[]
  readonly count: number
  readonly by: string
  readonly why: string
  readonly atMs: number
  readonly edited?: true
}
