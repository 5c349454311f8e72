// The event stream of a namespace, which all its apps share: facts by partition, and facts whose publisher leaves it to the
// server to find the partition. The server's `partition()` is the hash of keys (R16), so both ways lead to the same place.
import { JetStreamApiError, type JetStreamManager, type StreamConfig } from "@nats-io/jetstream"
import { limits } from "../kernel/limits.ts"
import type { Subjects } from "../message/subjects.ts"

/** How long events are kept: by age and size, whichever comes first, or until every app of the namespace has decided them. */
export type EventsKept = { readonly ageMs?: number; readonly bytes?: number } | "until handled"

export interface EventStream {
  readonly subjects: Subjects
  /** Event partitions that the app reads. */
  readonly partitions: number
  readonly replicas: number
  readonly kept?: EventsKept | undefined
}

const nameInUse = 10058
const nanosPerMs = 1_000_000
const keptKey = "troupe-events-kept"

/**
 * Makes the stream, or lets an existing one take events without a partition; how long it keeps events stays as its operator
 * made it. `ensure` makes a stream that is not there, and looks that one that is there holds its subjects.
 */
export async function ensureEvents(
  manager: JetStreamManager,
  wanted: EventStream,
  ensure: (stream: Pick<StreamConfig, "name" | "subjects"> & Partial<StreamConfig>) => Promise<void>,
): Promise<void> {
  const { subjects, partitions, replicas, kept = {} } = wanted
  const name = subjects.streams.events
  try {
    await ensure({
      name, subjects: [subjects.bindings.events], storage: "file", allow_direct: true, num_replicas: replicas, ...bounds(kept),
    })
  } catch (error) {
    // Another app made it at the same time, with its own bounds: what counts is what is stored.
    if (!(error instanceof JetStreamApiError) || error.code !== nameInUse) throw error
  }
  await placeUnplaced(manager, subjects, partitions)
}

/** Whether events stay until every app that has registered has decided them. */
export function isKeptUntilHandled({ metadata }: Pick<StreamConfig, "metadata">): boolean {
  return metadata?.[keptKey] === "until handled"
}

function bounds(kept: EventsKept): Partial<StreamConfig> {
  if (kept === "until handled") return { metadata: { [keptKey]: kept } }
  const { ageMs = limits.eventsKeptDays * 86_400_000, bytes } = kept
  return { max_age: ageMs * nanosPerMs, ...(bytes === undefined ? {} : { max_bytes: bytes }) }
}

/**
 * Lets the server place events that come without a partition, on no more partitions than this app reads. A server or an
 * operator that does not allow the change is left alone: then publishers name the partition themselves.
 */
async function placeUnplaced(manager: JetStreamManager, subjects: Subjects, partitions: number): Promise<void> {
  const { config } = await manager.streams.info(subjects.streams.events)
  const { subjects: bound, subject_transform: transform } = config
  const unplaced = subjects.bindings.unplacedEvents
  const placed = partitionsIn(transform?.dest)
  if (bound.includes(unplaced) && (placed === undefined || placed <= partitions)) return
  if (transform !== undefined && (transform.src !== unplaced || placed === undefined)) return
  const change = {
    subjects: bound.includes(unplaced) ? bound : [...bound, unplaced],
    subject_transform: { src: unplaced, dest: subjects.placedEvents(partitions) },
  }
  try {
    await manager.streams.update(subjects.streams.events, { ...config, ...change })
  } catch (error) {
    if (!(error instanceof JetStreamApiError)) throw error
  }
}

function partitionsIn(destination: string | undefined): number | undefined {
  const [, partitions] = /\{\{partition\((\d+),2\)\}\}/.exec(destination ?? "") ?? []
  return partitions === undefined ? undefined : Number(partitions)
}
