// Re-keying: where everything that the partitions of an app hold belongs when there is another number of them (R16). Rows
// go with what the engine keeps beside them: timers, remembered effects, mailboxes. Marks of what comes from outside stay
// with their partition, which reads the same subjects as before; so no sender has to start counting anew.
import { limits } from "../kernel/limits.ts"
import type { Entry, ParkedEntry, StreamMark } from "../message/block.ts"
import { addressText, type Message, parseAddress } from "../message/message.ts"
import { stateOf, type Subscription } from "../message/subscription.ts"
import { partitionOfActor } from "../message/operation.ts"
import type { LaneName } from "../ports/lanes.ts"
import { destinationId, laneChannel, parseChannel, parseDestination } from "./channel-id.ts"
import { carriedMailbox, carriedRow } from "./compaction.ts"
import type { Partition } from "./partition.ts"
import { emptyRow } from "./row.ts"

/** A partition without its actors, of which there may be very many. */
export type Survey = Omit<Partition, "rows" | "held" | "dueTimers">

export function surveyOf({ rows: _, held: __, dueTimers: ___, ...survey }: Partition): Survey {
  return survey
}

/** One actor, in entries for the journal of the partition that it belongs to. */
export interface MovedActor {
  readonly to: number
  readonly row: string
  readonly entries: readonly Entry[]
}

/** Every actor of a partition, where it belongs among `partitions`. */
export function* movedActors({ rows, held }: Partition, partitions: number): IterableIterator<MovedActor> {
  for (const row of new Set([...rows.keys(), ...held.rows()])) {
    const entries = [...carriedRow(row, rows.peek(row) ?? emptyRow()), ...carriedMailbox(row, held.of(row))]
    yield { to: partitionOfActor(parseAddress(row), partitions), row, entries }
  }
}

export interface MovedParked {
  readonly to: number
  readonly parked: ParkedEntry
}

/** What is parked in all partitions: with its actor. What could not be read, so that nobody knows its actor, stays. */
export function movedParked(surveys: readonly Survey[], partitions: number): readonly MovedParked[] {
  const moved = surveys.flatMap(({ index, parked }) =>
    [...parked.values()].map((entry) => ({ to: parkedHome(entry, index, partitions), parked: entry })),
  )
  const taken = new Set<string>()
  // Operators see the oldest first.
  return moved.toSorted((a, b) => a.parked.atMs - b.parked.atMs).map(({ to, parked }) => {
    // Two actors may have parked a command of the same effect key, each in a partition of its own so far.
    let { id } = parked
    for (let n = 2; taken.has(`${to} ${id}`); n += 1) id = `${parked.id} (${n})`
    taken.add(`${to} ${id}`)
    return { to, parked: id === parked.id ? parked : { ...parked, id } }
  })
}

function parkedHome({ id, record, bytes }: ParkedEntry, index: number, partitions: number): number {
  if (record !== undefined) return partitionOfActor(record.to, partitions)
  // An actor that waits is parked under its own name.
  return bytes === undefined && id.includes("/") ? partitionOfActor(parseAddress(id), partitions) : index
}

/** Marks of what comes from outside, for the partition of the same index: the low ones, and what is decided above them. */
export interface KeptMarks {
  readonly low: readonly (readonly [channel: string, low: number])[]
  readonly decided: Entry["from"]
  readonly last: readonly (readonly [channel: string, last: StreamMark])[]
}

/** Lanes inside the app are left out: every journal begins anew, and with it every count between them. */
export function keptMarks({ channels }: Survey): KeptMarks {
  const kept = [...channels].filter(([id]) => parseChannel(id).type !== "lane")
  return {
    low: kept.flatMap(([id, { low }]) => (low > 0 ? [[id, low] as const] : [])),
    last: kept.flatMap(([id, { last }]) => (last === undefined ? [] : [[id, last] as const])),
    decided: kept.flatMap(([id, { decided }]) => [...decided].map((number) => [id, number] as const)),
  }
}

/** What partitions owe each other, as records that the new partition of each addressee owes itself, in the same order. */
export function movedLanes(
  surveys: readonly Survey[],
  partitions: number,
): readonly { readonly to: number; readonly entry: Entry }[] {
  const last = new Map<string, number>()
  return surveys.flatMap((survey) =>
    [...survey.outboxes.keys()].flatMap((id) => {
      const destination = parseDestination(id)
      if (destination.type !== "lane") return []
      return owedTo(surveys, survey, id, destination).map((message) => {
        const to = partitionOfActor(message.to, partitions)
        const own = destinationId({ type: "lane", partition: to, lane: destination.lane })
        const number = (last.get(own) ?? 0) + 1
        last.set(own, number)
        return { to, entry: { from: [], out: [[own, number, message]] } satisfies Entry }
      })
    }),
  )
}

/** The records towards one partition that it has not decided: its own journal knows better than the source's. */
function owedTo(
  surveys: readonly Survey[],
  { incarnation, index, outboxes }: Survey,
  id: string,
  { partition, lane }: { readonly partition: number; readonly lane: LaneName },
): readonly Message[] {
  const outbox = outboxes.get(id)
  if (outbox === undefined) return []
  const channel = surveys.find((survey) => survey.index === partition)?.channels.get(laneChannel(incarnation, index, lane))
  const { first, messages } = outbox.owed(channel?.low ?? 0, outbox.unconfirmedCount)
  return messages.filter((_, n) => channel?.decided.has(first + n) !== true)
}

/**
 * The subscriptions of a partition among the new ones. A new partition has nothing of its own in the event stream yet. A
 * journal from before there were subscriptions: every service had what its partition had read (R22).
 */
export function movedSubscriptions(
  survey: Survey | undefined,
  [first]: readonly Survey[],
  { services, stream }: { readonly services: readonly string[]; readonly stream: string },
): Entry | undefined {
  const from = survey ?? first
  const known = [...(from?.subscriptions ?? [])]
  const before = services.filter((service) => from?.format === 1 && !from.subscriptions.has(service))
  const subscriptions = [
    ...before.map((service) => [service, { stream, generation: 1, joined: 0 }] as const),
    ...known.map(([service, subscription]) => [service, survey === undefined ? elsewhere(subscription) : subscription] as const),
  ]
  if (subscriptions.length === 0) return undefined
  return { from: [], events: { subscriptions, ...(survey === undefined ? {} : { readTo: survey.eventsReadTo }) } }
}

function elsewhere({ stream, generation }: Subscription): Subscription {
  return { stream, generation, joined: 0 }
}

/** Services that are not where the main reader is: moved now, they would be nowhere. In words, one for each. */
export function unsettledSubscriptions({ index, subscriptions }: Survey): readonly string[] {
  return [...subscriptions].flatMap(([service, subscription]) => {
    const state = stateOf(subscription)
    return state === "live" || state === "stopped" ? [] : [`partition ${index} has service ${service} ${state}`]
  })
}

/** Where records of a partition have to go yet, outside the app: in words, one for each destination. */
export function unconfirmed({ index, outboxes }: Survey): readonly string[] {
  const owed: string[] = []
  for (const [id, outbox] of outboxes) {
    const destination = parseDestination(id)
    const [first] = outbox.owed(0, 1).messages
    if (destination.type === "lane" || first === undefined) continue
    const where =
      destination.type === "events"
        ? `event partition ${destination.partition}`
        : `app ${destination.app}, partition ${destination.partition} (${destination.lane})`
    const what = `${outbox.unconfirmedCount} records for ${where} that are not confirmed`
    owed.push(`partition ${index} has ${what}; first ${nameOf(first)}`)
  }
  return owed
}

export function nameOf(message: Message): string {
  const name = "name" in message ? ` "${message.name}"` : ""
  return `${message.type}${name} of ${addressText(message.to).slice(0, limits.nameLengthMax + limits.keyBytesMax + 1)}`
}
