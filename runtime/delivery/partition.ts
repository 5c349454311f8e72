// Everything that one partition knows, and the only way it changes: apply an entry. The live loop applies the entry it
// just decided; recovery applies the entries it reads. So what runs and what is replayed cannot differ (G11).
import type { ActorLogic } from "../actor/logic.ts"
import { assert } from "../kernel/assert.ts"
import {
  type Block,
  type CarriedRow,
  type Checkpoint,
  CorruptJournal,
  type Entry,
  type ParkedEntry,
  type Suspect,
  type TimerEntry,
} from "../message/block.ts"
import { addressText, type EventMessage, type Message } from "../message/message.ts"
import type { EventsChange, Subscription } from "../message/subscription.ts"
import { Census } from "./census.ts"
import { Channel } from "./channel.ts"
import { isSaid, rememberedUnsaid } from "./effect-memory.ts"
import { destinationId, laneChannel, parseChannel } from "./channel-id.ts"
import { DueTimers } from "./due-timers.ts"
import { HeldRecords } from "./held-records.ts"
import { Outbox } from "./outbox.ts"
import { clearTimer, emptyRow, forgetScope, isBlank, remember, type Row, setTimer } from "./row.ts"
import { ParkedRecords } from "./parked-records.ts"
import { RowStore } from "./row-store.ts"
import { StoredBlocks } from "./stored-blocks.ts"

export interface Partition {
  readonly app: string
  readonly index: number
  /** Random identity of the journal (R14); "" until its block 0 is read or written. */
  incarnation: string
  epoch: number
  /** Number of the last block; -1 for an empty journal. */
  blockNumber: number
  /** Digest of the last block. */
  previous: string
  /** Names the claim under which the journal is written now: a digest of its block (R14); "" if that is not known. */
  claim: string
  /** It was claimed by an operator's word, to be taken as it is; what its next owner reads is not. */
  resynced: boolean
  /** Journal sequence of the last block; what the next append expects (the fence). */
  sequence: number
  /** The time of the last block, or of what was decided since: time never goes back in a journal. */
  atMs: number
  readonly rows: RowStore
  /** How its sagas stand. */
  readonly census: Census
  readonly channels: Map<string, Channel>
  readonly outboxes: Map<string, Outbox>
  readonly dueTimers: DueTimers
  readonly parked: ParkedRecords
  /** The durable mailboxes: records that wait for their actor (R6). */
  readonly held: HeldRecords
  /** How its services read events, by name (R22). */
  readonly subscriptions: Map<string, Subscription>
  /** All events up to this position of their stream were read, though none of the last may have been for this partition. */
  eventsReadTo: number
  /** The format of the last decisions that were read; undefined for none. */
  format: number | undefined
  /** What was taken next when the last owner ended, if it was being careful (R13). */
  starting: Suspect | undefined
  /** The last owner let go with nothing under way. */
  closed: boolean
  /** The journal that is being read begins after block 0, and no checkpoint has filled the rest in yet. */
  partial: boolean
  /** Blocks before this number are not needed any more (R15). */
  since: number
  /** The journal as a whole: where a recovery begins, and what is still there of before. */
  readonly stored: StoredBlocks
}

export function emptyPartition(app: string, index: number, logics?: ReadonlyMap<string, ActorLogic>): Partition {
  return {
    app, index, incarnation: "", epoch: 0, blockNumber: -1, previous: "", claim: "", resynced: false, sequence: 0, atMs: 0,
    rows: new RowStore(), census: new Census(logics),
    channels: new Map(), outboxes: new Map(), dueTimers: new DueTimers(), parked: new ParkedRecords(),
    held: new HeldRecords(), subscriptions: new Map(), eventsReadTo: 0, format: undefined, starting: undefined, closed: false,
    partial: false, since: 0, stored: new StoredBlocks(),
  }
}

/** The time by which the partition decides now: it stands still while the clock, which may be set, is behind it. */
export function timeOf(partition: Partition, clockMs: number): number {
  partition.atMs = Math.max(clockMs, partition.atMs)
  return partition.atMs
}

export function channelOf(partition: Partition, id: string): Channel {
  let channel = partition.channels.get(id)
  if (channel === undefined) partition.channels.set(id, (channel = new Channel(isDense(id))))
  return channel
}

export function outboxOf(partition: Partition, destination: string): Outbox {
  let outbox = partition.outboxes.get(destination)
  if (outbox === undefined) partition.outboxes.set(destination, (outbox = new Outbox()))
  return outbox
}

/** Stream positions are sparse; everything that Troupe numbers itself is dense. */
function isDense(channelId: string): boolean {
  return !channelId.startsWith("stream:")
}

/**
 * Applies what one decision changed: rows, memory, timers, outboxes, parked. Marks are moved by the caller. `row`: the actor
 * that it is of, as `addressText`, if the caller has made that text already.
 */
export function applyEntry(partition: Partition, entry: Entry, row?: string): void {
  if (entry.to !== undefined) {
    const rowKey = row ?? addressText(entry.to)
    applyToRow(partition, rowKey, entry)
    partition.held.apply(rowKey, entry)
    if (entry.forget !== undefined) partition.parked.settle(rowKey, entry.forget)
  }
  for (const [destination, number, message] of entry.out ?? []) {
    if (partition.partial) outboxOf(partition, destination).pushTail(number, message, partition.claim)
    else outboxOf(partition, destination).push(number, message, partition.claim)
  }
  for (const unparked of entry.unpark ?? []) {
    partition.parked.delete(unparked.id)
    partition.held.unpark(unparked)
  }
  if (entry.parked !== undefined) partition.parked.set(entry.parked.id, entry.parked)
  if (entry.events !== undefined) changeSubscriptions(partition, entry.events)
  if (entry.starting !== undefined) partition.starting = entry.starting ?? undefined
  if (entry.carry !== undefined) carryRow(partition, entry.carry)
  if (entry.checkpoint !== undefined) applyCheckpoint(partition, entry.checkpoint)
}

function changeSubscriptions(partition: Partition, { subscriptions, readTo, forget, wipe }: EventsChange): void {
  for (const [service, subscription] of subscriptions ?? []) partition.subscriptions.set(service, subscription)
  if (readTo !== undefined) partition.eventsReadTo = Math.max(partition.eventsReadTo, readTo)
  for (const channel of forget ?? []) partition.channels.delete(channel)
  if (wipe !== undefined) wipeService(partition, wipe)
}

/** Its actors begin anew; what was decided stays decided. What they had not come to is noted: nothing of it was said. */
function wipeService({ rows, held, parked }: Partition, service: string): void {
  const isIts = (row: string) => row.startsWith(`${service}/`)
  const unsaid: EventMessage[] = []
  const note = (rowKey: string, record: unknown) => {
    const event = record as Message | undefined // cast: what waits was read from JSON, or is written as it
    if (event?.type === "event" && !isSaid(rows.get(rowKey) ?? emptyRow(), event)) unsaid.push(event)
  }
  for (const [rowKey, { timers }] of rows) if (isIts(rowKey)) for (const { payload } of timers.values()) note(rowKey, payload)
  for (const rowKey of held.rows()) if (isIts(rowKey)) for (const { message } of held.of(rowKey).values()) note(rowKey, message)
  for (const { record } of parked.values())
    if (record?.to.service === service) note(addressText(record.to), record)
  for (const rowKey of rows.keys()) if (isIts(rowKey)) rows.delete(rowKey)
  for (const rowKey of held.rows()) if (isIts(rowKey)) held.forget(rowKey)
  for (const [id, entry] of parked) if (serviceOfParked(entry) === service) parked.delete(id)
  for (const event of unsaid) {
    const rowKey = addressText(event.to)
    const row = rows.get(rowKey) ?? emptyRow()
    for (const [effect, memory] of rememberedUnsaid(event)) remember(row, effect, memory)
    rows.set(rowKey, row)
  }
}

/** The service that a parked record is of; "" for bytes that nobody could read. */
export function serviceOfParked({ record, id, service, bytes }: ParkedEntry): string {
  if (record !== undefined) return record.to.service
  // An actor that waits is parked under its own name.
  return service ?? (bytes === undefined ? id.slice(0, Math.max(0, id.indexOf("/"))) : "")
}

/** What the engine holds beside the state follows in entries of its own. */
function carryRow(partition: Partition, { row: rowKey, state, stateVersion }: CarriedRow): void {
  partition.held.forget(rowKey)
  // A row that is known already is carried as it stands.
  if (!partition.rows.has(rowKey)) partition.census.changed(rowKey, undefined, state)
  const row = emptyRow()
  row.state = state
  row.stateVersion = stateVersion
  if (isBlank(row)) partition.rows.delete(rowKey)
  else partition.rows.set(rowKey, row)
}

/** Marks only grow, so they are merged; an outbox is replaced, as it is exact at this point of the journal. */
function applyCheckpoint(partition: Partition, { since, channels, outboxes, claim, events }: Checkpoint): void {
  // A reader that began in the middle of a round has missed rows that were carried before: the next round has them.
  if (since < partition.since) return
  partition.since = since
  if (!partition.partial) return
  partition.partial = false
  if (claim !== undefined) partition.claim = claim
  for (const [id, low, decided, more] of channels) {
    const channel = channelOf(partition, id)
    if (more?.last !== undefined) channel.last = more.last
    if (more?.claims !== undefined) channel.claims.restore(more.claims)
    for (const number of decided) channel.restore(number)
    channel.restoreLow(low)
    channel.adopts = more?.adopts === true
  }
  if (events !== undefined) changeSubscriptions(partition, events)
  for (const [destination, last, unconfirmed, claims] of outboxes)
    outboxOf(partition, destination).restore(last, unconfirmed, claims)
}

function applyToRow(partition: Partition, rowKey: string, entry: Entry): void {
  const row = partition.rows.get(rowKey) ?? emptyRow()
  if (entry.state !== undefined || entry.gone === true) {
    partition.census.changed(rowKey, row.state, entry.state)
    row.state = entry.state
    row.stateVersion = entry.stateVersion
  }
  for (const [effect, memory] of entry.effects ?? []) remember(row, effect, memory)
  if (entry.forget !== undefined) forgetScope(row, entry.forget)
  for (const timer of entry.timers ?? []) applyTimer(partition, rowKey, row, timer)
  if (isBlank(row)) partition.rows.delete(rowKey)
  else partition.rows.set(rowKey, row)
}

function applyTimer(partition: Partition, rowKey: string, row: Row, timer: TimerEntry): void {
  if (timer.type === "clear") return clearTimer(row, timer.name)
  const { type: _, name, ...rest } = timer
  const { dueMs } = rest
  setTimer(row, name, rest)
  partition.dueTimers.add({ dueMs, row: rowKey, name })
}

/** Applies one block of the journal. Throws CorruptJournal if it does not follow the one before (R14). */
export function foldBlock(partition: Partition, block: Block, sequence: number, digestOfBlock: string): void {
  const isFirst = partition.blockNumber === -1
  if (isFirst && block.number > 0) {
    partition.partial = true
    partition.since = block.number
  }
  const follows = isFirst || (block.number === partition.blockNumber + 1 && block.previous === partition.previous)
  const isSameJournal = block.incarnation === partition.incarnation || block.resync === true
  const isOurs = block.app === partition.app && block.partition === partition.index
  if (!follows || !isOurs || (!isFirst && !isSameJournal)) {
    throw new CorruptJournal(
      `journal of ${partition.app} partition ${partition.index}: block ${block.number} at sequence ${sequence} does not ` +
        `follow block ${partition.blockNumber}; the partition stops until its journal is restored`,
    )
  }
  if (block.resync === true) resync(partition, block.incarnation)
  partition.incarnation = block.incarnation
  if (block.kind === "genesis" || block.kind === "epoch") partition.claim = claimOf(digestOfBlock)
  partition.epoch = block.epoch
  partition.blockNumber = block.number
  partition.previous = digestOfBlock
  partition.sequence = sequence
  partition.atMs = block.atMs
  partition.closed = block.kind === "closed"
  if (block.kind === "decisions") partition.format = block.v
  for (const entry of block.decisions) {
    applyEntry(partition, entry)
    for (const [channel, number] of entry.from) channelOf(partition, channel).restore(number)
  }
  for (const [channel, low] of Object.entries(block.low)) channelOf(partition, channel).restoreLow(low)
  for (const [channel, last] of Object.entries(block.last ?? {})) channelOf(partition, channel).last = last
  for (const [channel, claims] of Object.entries(block.claims ?? {})) channelOf(partition, channel).claims.restore(claims)
  for (const [destination, confirmed] of Object.entries(block.confirmed)) restoreConfirmed(partition, destination, confirmed)
}

export function claimOf(digestOfBlock: string): string {
  return digestOfBlock.slice(0, 16)
}

/**
 * Takes the journal as it is, under a new identity, so that no number of it means anything else to anybody: what it owes is
 * counted from 1, and what others had confirmed to it and it has lost is not waited for any more.
 */
export function resync(partition: Partition, incarnation: string): void {
  for (const lane of ["commands", "replies"] as const) {
    const own = partition.channels.get(laneChannel(partition.incarnation, partition.index, lane))
    const outbox = partition.outboxes.get(destinationId({ type: "lane", partition: partition.index, lane }))
    if (own !== undefined && outbox !== undefined) outbox.confirm(Math.min(own.low, outbox.last))
  }
  for (const outbox of partition.outboxes.values()) outbox.renumber()
  for (const [id, channel] of partition.channels) channel.adopts = parseChannel(id).type === "lane"
  partition.incarnation = incarnation
}

function restoreConfirmed(partition: Partition, destination: string, confirmed: number): void {
  const outbox = outboxOf(partition, destination)
  if (partition.partial && confirmed > outbox.last) return outbox.restore(confirmed, [])
  assert(confirmed <= outbox.last, "a journal confirms only what it sent")
  outbox.confirm(confirmed)
  outbox.journaled = confirmed
}
