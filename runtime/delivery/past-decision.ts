// What a journal block says of the decisions on one actor.
import type { Block, DecidedRecord, Entry, HeldRecord, ParkedEntry, TimerEntry, Unpark } from "../message/block.ts"
import type { Json } from "../message/json.ts"
import { type Address, addressText, type Message } from "../message/message.ts"
import type { Outcome } from "../message/outcome.ts"

/** One decision on an actor, as its journal holds it. */
export interface PastDecision {
  /** When its block was cut, in ms since 1970. */
  readonly atMs: number
  readonly block: number
  /** Journal sequence of the block, and the decision's place in it. */
  readonly sequence: number
  readonly place: number
  /** Of the owner that decided. */
  readonly epoch: number
  /** The inbound records that it took, as (channel, number): none for a timer, nor for what came out of the mailbox. */
  readonly from: Entry["from"]
  /** What it decided. Absent if compaction forgot the actor, and in blocks of releases before this one. */
  readonly record?: DecidedRecord
  /** Its answer, where the actor remembers it. */
  readonly outcome?: Outcome
  /** The actor's state after it; absent if it is as it was before. */
  readonly state?: Json
  /** The actor has no state any more. */
  readonly gone?: true
  readonly sent: readonly { readonly destination: string; readonly number: number; readonly message: Message }[]
  readonly timers: readonly TimerEntry[]
  /** The record, or its actor, was set aside. */
  readonly parked?: ParkedEntry
  readonly unparked: readonly Unpark[]
  /** The record went into the durable mailbox, or back to it for another attempt. */
  readonly waits?: HeldRecord
}

/** Oldest first. */
export function* decisionsOn(actor: Address, block: Block, sequence: number): IterableIterator<PastDecision> {
  const row = addressText(actor)
  const { atMs, number, epoch } = block
  for (const [place, entry] of block.decisions.entries()) {
    if (isCarried(entry)) continue
    const isOwn = entry.to !== undefined && addressText(entry.to) === row
    const unparked = (entry.unpark ?? []).filter((unpark) => actorOf(unpark) === row)
    const parked = entry.parked !== undefined && parkedActor(entry.parked) === row ? { parked: entry.parked } : {}
    if (!isOwn && unparked.length === 0 && !("parked" in parked)) continue
    const own = isOwn || "parked" in parked ? ownChanges(entry) : { sent: [], timers: [] }
    const { from, by } = entry
    const record = by === undefined ? {} : { record: withId(by, entry) }
    yield { atMs, block: number, sequence, place, epoch, from, ...record, ...own, ...parked, unparked }
  }
}

/** Compaction wrote what was there anyway; a step is no decision. */
export function isCarried({ by, from, state, gone, took, unpark, timers }: Entry): boolean {
  const decides = by !== undefined || from.length > 0 || took !== undefined || unpark !== undefined
  return !decides && state === undefined && gone === undefined && timers?.some(({ type }) => type === "clear") !== true
}

function ownChanges(entry: Entry): Pick<PastDecision, "outcome" | "state" | "gone" | "sent" | "timers" | "waits"> {
  const { effects, state, gone, out = [], timers = [], hold } = entry
  const outcome = effects?.[0]?.[1].outcome
  return {
    ...(outcome === undefined ? {} : { outcome }),
    ...(state === undefined ? {} : { state }),
    ...(gone === undefined ? {} : { gone }),
    sent: out.map(([destination, number, message]) => ({ destination, number, message })),
    timers,
    ...(hold === undefined ? {} : { waits: hold[1] }),
  }
}

/** The effect that the actor remembers first is that of the command; a saga that has ended is named by what it lets forget. */
export function withId(record: DecidedRecord, { effects, forget }: Entry): DecidedRecord {
  const id = record.id ?? (record.type === "command" ? effects?.[0]?.[0] : forget)
  return id === undefined ? record : { ...record, id }
}

function actorOf({ to, waits, id }: Unpark): string {
  const actor = to ?? waits?.to
  return actor === undefined ? id : addressText(actor)
}

/** An actor that cannot go on is parked under its own name. */
function parkedActor({ record, id }: ParkedEntry): string {
  return record === undefined ? id : addressText(record.to)
}
