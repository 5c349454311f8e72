// How far the owner of a partition has come with its external lane. Owners say it again and again, to whoever listens:
// what is lost only delays, and what is old is recognised by its position.

export interface Progress {
  readonly partition: number
  /** Identity of the input stream in which positions count: another one for a stream that was made anew (R14). */
  readonly stream: string
  /** Every record of the blocks before this position is decided, and so are the first `records` records of the block there. */
  readonly position: number
  readonly records: number
  /** Records in the durable mailboxes of actors that do not wait for an operator: taken, and still to be handled (R6). */
  readonly held: number
}

/** Whether `next` tells nothing that `known` did not: it was sent before it, or by an owner that was paused. */
export function isOlder(next: Progress, known: Progress): boolean {
  if (next.stream !== known.stream) return false
  return next.position < known.position || (next.position === known.position && next.records < known.records)
}

/** The progress in what came over the wire, if it is one: anybody may publish there. */
export function readProgress(value: unknown): Progress | undefined {
  if (typeof value !== "object" || value === null) return undefined
  const { partition, stream, position, records, held } = value as Record<string, unknown> // cast: each member is checked below
  if (typeof stream !== "string" || !isCount(partition) || !isCount(position) || !isCount(records) || !isCount(held))
    return undefined
  return { partition, stream, position, records, held }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
