// Keeps the journal as large as what is alive, at a cost of what has changed (R15). There is no snapshot beside the
// journal: in rounds, the owner writes every live row again, a few per block, then one checkpoint of everything else.
// Behind it no recovery needs a block before the round's first. All of it is fenced appends, so a paused
// owner cannot put an old snapshot in place; a round that is cut short by a crash is simply begun again. How long the
// blocks before the round stay, for those who read history, is another matter (truncation.ts).
import { limits } from "../kernel/limits.ts"
import type { ChannelMarks, Entry, HeldRecord } from "../message/block.ts"
import type { Json } from "../message/json.ts"
import { parseAddress } from "../message/message.ts"
import type { Channel } from "./channel.ts"
import { type Decided, seal } from "./decided.ts"
import { applyEntry, type Partition } from "./partition.ts"
import { emptyRow, type Row } from "./row.ts"

/** One round under way. */
interface Round {
  /** Number of the first block that holds anything carried; blocks before it are not needed when the round is done. */
  readonly since: number
  /** What is still to be carried: rows, then parked records. */
  readonly rows: string[]
  readonly parked: string[]
  /** In characters. */
  carriedSize: number
  checkpointed: boolean
}

/** Until when the state of an actor, by `addressText`, is kept; undefined: for ever. */
export type KeptUntil = (row: string, state: Json) => number | undefined

export class Compaction {
  #round: Round | undefined
  readonly #startBytes: number
  readonly #keptUntilMs: KeptUntil

  constructor(startBytes: number = limits.compactionBytesMin, keptUntilMs: KeptUntil = () => undefined) {
    this.#startBytes = startBytes
    this.#keptUntilMs = keptUntilMs
  }

  /** Number of the block with which the round that is under way begins. */
  get since(): number | undefined {
    return this.#round?.since
  }

  /** Called before each block is cut: adds a portion of a round to what is pending, and begins a round when it is time. */
  step(partition: Partition, pending: Decided[]): void {
    if (this.#round === undefined) {
      const { grownBytes, liveSize } = partition.stored
      if (grownBytes < Math.max(this.#startBytes, 2 * liveSize)) return
      this.#round = newRound(partition)
    }
    const round = this.#round
    if (round.checkpointed) return
    for (let bytes = 0; bytes < limits.compactionStepBytes && !round.checkpointed; ) {
      for (const entry of nextCarried(partition, round, this.#keptUntilMs) ?? [checkpoint(partition, round)]) {
        const decided: Decided = { ...seal(entry), carried: true }
        pending.push(decided)
        bytes += decided.encoded.length
        round.carriedSize += decided.encoded.length
      }
    }
  }

  /** The checkpoint of the round is committed. */
  finish(): void {
    this.#round = undefined
  }
}

function newRound(partition: Partition): Round {
  return {
    since: partition.blockNumber + 1,
    rows: [...new Set([...partition.rows.keys(), ...partition.held.rows()])],
    parked: [...partition.parked.keys()],
    carriedSize: 0,
    checkpointed: false,
  }
}

/** The entries of the next row or parked record that is still there; what has gone meanwhile needs no carrying. */
function nextCarried(partition: Partition, round: Round, keptUntilMs: KeptUntil): readonly Entry[] | undefined {
  for (let key = round.rows.pop(); key !== undefined; key = round.rows.pop()) {
    const row = partition.rows.peek(key)
    const held = partition.held.of(key)
    const untilMs = row?.state === undefined ? undefined : keptUntilMs(key, row.state)
    if (row !== undefined && held.size === 0 && isOver(row, untilMs, partition.atMs)) return [forgetRow(partition, key)]
    if (row !== undefined || held.size > 0) return [...carriedRow(key, row ?? emptyRow()), ...carriedMailbox(key, held)]
  }
  for (let id = round.parked.pop(); id !== undefined; id = round.parked.pop()) {
    const parked = partition.parked.get(id)
    if (parked !== undefined) return [{ from: [], parked }]
  }
  return undefined
}

/** What was asked from outside is remembered no longer than the state that it led to. */
function isOver({ timers, effects }: Row, keptUntilMs: number | undefined, nowMs: number): boolean {
  return keptUntilMs !== undefined && keptUntilMs <= nowMs && timers.size + effects.size === 0
}

/** Its retention has passed: unlike what is carried, this changes something, here as in the journal. */
function forgetRow(partition: Partition, key: string): Entry {
  const entry: Entry = { from: [], to: parseAddress(key), gone: true, carry: { row: key } }
  applyEntry(partition, entry)
  return entry
}

/** A row, in entries that each fit a block: its state first, then what the engine holds beside it, in portions. */
export function carriedRow(key: string, { state, stateVersion, effects, asked, timers }: Row): readonly Entry[] {
  const to = parseAddress(key)
  const version = stateVersion === undefined ? {} : { stateVersion }
  const due = [...timers].map(([name, timer]) => ({ type: "set" as const, name, ...timer }))
  return [
    { from: [], carry: { row: key, ...(state === undefined ? {} : { state }), ...version } },
    ...portions([...effects, ...asked]).map((some) => ({ from: [], to, effects: some })),
    ...portions(due).map((some) => ({ from: [], to, timers: some })),
  ]
}

/** A record first, then what its handler has done already. */
export function carriedMailbox(key: string, records: ReadonlyMap<number, HeldRecord>): readonly Entry[] {
  const to = parseAddress(key)
  return [...records].flatMap(([number, { steps = [], ...record }]) => [
    { from: [], to, hold: [number, record] as const },
    ...steps.map(([name, value]) => ({ from: [], to, step: [number, name, value] as const })),
  ])
}

export function portions<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  const size = limits.compactionPortionMax
  return Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size))
}

function checkpoint(partition: Partition, round: Round): Entry {
  round.checkpointed = true
  return {
    from: [],
    checkpoint: {
      since: round.since,
      events: { subscriptions: [...partition.subscriptions], readTo: partition.eventsReadTo },
      channels: [...partition.channels]
        .filter(([, { low, decided, adopts }]) => low > 0 || decided.size > 0 || adopts)
        .map(([id, channel]) => [id, channel.low, [...channel.decided], moreMarks(channel)] as const),
      outboxes: [...partition.outboxes].map(([id, outbox]) => {
        const { messages } = outbox.owed(0, outbox.unconfirmedCount)
        return [id, outbox.last, messages, outbox.claims.list] as const
      }),
      carried: round.carriedSize,
      runs: partition.stored.before(round.since),
      claim: partition.claim,
    },
  }
}

function moreMarks({ last, claims, adopts }: Channel): ChannelMarks {
  const { list } = claims
  return {
    ...(last === undefined ? {} : { last }),
    ...(list.length === 0 ? {} : { claims: list }),
    ...(adopts ? { adopts } : {}),
  }
}
