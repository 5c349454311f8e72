// One journal block: every decision that was ready when it was cut. Blocks carry a dense number and the digest of
// their predecessor, so a journal that lost or forked is noticed on reading (R14). Recovery folds blocks; nothing that
// a partition knows exists outside them.
import { Fault } from "../kernel/fault.ts"
import type { Json } from "./json.ts"
import type { Address, EffectKey, Message, Steps } from "./message.ts"
import type { Outcome } from "./outcome.ts"
import type { EventsChange, Subscription } from "./subscription.ts"

/** 2: services have subscriptions of their own (R22). A release that knows none would deliver events twice. */
export const blockVersion = 2

export interface BlockHead {
  readonly v: number
  readonly app: string
  readonly partition: number
  /** Random identity of this journal, from its block 0. */
  readonly incarnation: string
  readonly number: number
  /** Digest of the block before, "" for block 0. */
  readonly previous: string
  readonly epoch: number
  /** "closed": the owner let go with nothing under way. */
  readonly kind: "genesis" | "epoch" | "decisions" | "closed"
  readonly atMs: number
  /** Journal sequence of the block where the newest finished round of compaction began: recovery begins there (R15). */
  readonly base?: number
  /** A round of compaction begins with this block. */
  readonly begins?: true
  /** Random, with each claim: two processes that claim alike at the same moment must not write the same bytes (R9). */
  readonly claimant?: string
  /** With block 0: it goes on where journals of another number of partitions ended (R16). */
  readonly moved?: true
  /** Per inbound channel: all records up to here are decided (R5). Only channels that moved. */
  readonly low: Readonly<Record<string, number>>
  /** Per stream that is read: the last record that is decided, by position and digest (R14). Only streams that moved. */
  readonly last?: Readonly<Record<string, StreamMark>>
  /** Per lane: the claims of its source under which records were made (R14). Only lanes whose source has a new owner. */
  readonly claims?: Readonly<Record<string, readonly ClaimRun[]>>
  /** An operator takes the journal as it is: it gets a new identity, and its lanes go on from where their sources are. */
  readonly resync?: true
  /** Per destination: all records up to here are confirmed (R7). Only destinations that moved. */
  readonly confirmed: Readonly<Record<string, number>>
}

/** Records from `first` on, up to the next run, were made under this claim of their source's journal; "" if not known. */
export type ClaimRun = readonly [first: number, claim: string]

/** Where a reader of a stream stands: a record's position, and the digest of what was there when it was read. */
export type StreamMark = readonly [position: number, digest: string]

export interface Block extends BlockHead {
  readonly decisions: readonly Entry[]
}

/** What one decision changed. Applying it to the partition's state is the only way that state changes. */
export interface Entry {
  /** The inbound records it decided: (channel, number). Empty for a timer. */
  readonly from: readonly (readonly [channel: string, number: number])[]
  readonly to?: Address
  /** The record that it decided, for those who read history: nothing follows from it. */
  readonly by?: DecidedRecord
  /** The actor's new state, if it changed. */
  readonly state?: Json
  /** The version of the state; absent: 1. */
  readonly stateVersion?: number
  /** The actor's row is gone. */
  readonly gone?: true
  /** Effects to remember or to update (R11). */
  readonly effects?: readonly (readonly [EffectKey, EffectMemory])[]
  /** The scope whose effects this actor may forget. */
  readonly forget?: string
  readonly out?: readonly (readonly [destination: string, number: number, message: Message])[]
  readonly timers?: readonly TimerEntry[]
  readonly parked?: ParkedEntry
  /** What is parked no more, because an operator said so. */
  readonly unpark?: readonly Unpark[]
  /** Puts a record into the actor's durable mailbox under this number, or replaces it there (R6). */
  readonly hold?: readonly [number: number, HeldRecord]
  /** A step that the handler of a held record has done and need not do again. */
  readonly step?: readonly [number: number, name: string, value: Json]
  /** The record of the mailbox that this entry decides: it leaves the mailbox. */
  readonly took?: number
  /** What became of services' subscriptions to events (R22). */
  readonly events?: EventsChange
  /** The record that is taken next, noted in case that it kills the process (R13); null when there is no such danger. */
  readonly starting?: Suspect | null
  /** The row begins anew with this state, so that older blocks are not needed for it any more (R15). */
  readonly carry?: CarriedRow
  /** Everything that is not a row, as it stands here. Behind it, no block before number `since` is needed. */
  readonly checkpoint?: Checkpoint
}

/** What tells one record from others. */
export interface DecidedRecord {
  readonly type: Message["type"]
  /** Of a command, an event or a timer. */
  readonly name?: string
  /**
   * Effect key of a command, or of the one that a reply answers; `source/id` of an event; the scope that is settled. Left out
   * where the entry names it anyway.
   */
  readonly id?: string
  /** Of a command that takes an effect back. */
  readonly undoes?: string
  /** Of a reply. */
  readonly outcome?: Outcome["type"]
}

export interface CarriedRow {
  readonly row: string
  readonly state?: Json
  readonly stateVersion?: number
}

export interface Checkpoint {
  readonly since: number
  readonly channels: readonly (readonly [id: string, low: number, decided: readonly number[], more?: ChannelMarks])[]
  readonly outboxes: readonly (readonly [
    destination: string,
    last: number,
    unconfirmed: readonly Message[],
    claims?: readonly ClaimRun[],
  ])[]
  /** The claim that this is written under. */
  readonly claim?: string
  /** Characters of what was carried: the size of what is alive. */
  readonly carried?: number
  /** The blocks before the round that are still there, in runs (R15). */
  readonly runs?: readonly BlockRun[]
  readonly events?: CheckpointedEvents
}

export interface CheckpointedEvents {
  readonly subscriptions: readonly (readonly [service: string, Subscription])[]
  readonly readTo: number
}

/** What tells the records behind a channel's numbers from others (R14). */
export interface ChannelMarks {
  readonly last?: StreamMark
  readonly claims?: readonly ClaimRun[]
  readonly adopts?: true
}

/** Blocks in a row: journal sequence of the first, bytes of all, time of the last. */
export type BlockRun = readonly [sequence: number, bytes: number, untilMs: number]

/** What an actor remembers of one effect, until its scope ends. */
export interface EffectMemory {
  readonly scope?: string
  readonly payload?: Json
  /** The version of the payload's contract; absent: 1. */
  readonly version?: number
  /**
   * The answer; absent on a tombstone: the undo came first, so the do must not happen any more. Absent without `undone` on a
   * command that was parked when its handler had been called: it may have happened outside.
   */
  readonly outcome?: Outcome
  /** It was taken back, or must not happen any more. */
  readonly undone?: true
}

export type TimerEntry =
  | {
      readonly type: "set"
      readonly name: string
      readonly dueMs: number
      readonly payload: Json
      readonly correlation?: string
      readonly trace?: string
    }
  /** Cancelled, or taken because it became due. */
  | { readonly type: "clear"; readonly name: string }

/** What was set aside, for operators: a record, an actor that cannot go on, or bytes that could not be read. */
export interface ParkedEntry {
  readonly id: string
  readonly code: string
  readonly message: string
  readonly atMs: number
  /** Attempts that were made. */
  readonly attempts?: number
  /** Where the last attempt failed, if an error said so. */
  readonly stack?: string
  readonly record?: Message
  /** The original bytes, in base64, of what could not be decoded, the headers that came with them, and their number. */
  readonly bytes?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly source?: "external" | "events" | "replies"
  /** The event's position in its stream; and, if it could be read, the service that cannot take it, in which generation. */
  readonly position?: number
  readonly service?: string
  readonly generation?: number
  /** The actor waits for the operator: its record is under this number in its mailbox, and what comes behind it stays there. */
  readonly waits?: number
  /** The saga whose command it is has ended: it can be looked at and given up, and is not tried again. */
  readonly settled?: true
}

/** A record that was under way when an owner ended, and how many owners had ended with it before. */
export interface Suspect {
  readonly record: string
  readonly deaths: number
}

/** A parked record that is tried again (R23), or that is given up for good. */
export interface Unpark {
  readonly id: string
  readonly action: "redrive" | "discard"
  /** The actor whose record it was. */
  readonly to?: Address
  /** Its place in the mailbox of an actor that waits for it, where it is tried again or removed. */
  readonly waits?: { readonly to: Address; readonly number: number }
  /** With "redrive" of a record in a mailbox: what to try instead. */
  readonly edited?: Message
}

/** A record that waits in its actor's durable mailbox. */
export interface HeldRecord {
  readonly message: Message
  /** Attempts that failed so far. */
  readonly attempts: number
  /** Not tried before this time, in ms since 1970. */
  readonly dueMs: number
  /** Given up: it, and what is behind it, waits for an operator. */
  readonly parked?: true
  /** What its handler has done already, by the names of its steps. */
  readonly steps?: Steps
  /** It is not to be handled any more: "begun" if its handler may have been called. */
  readonly cancelled?: "unbegun" | "begun"
}

/** A journal record is not a block that this version can trust. The partition stops; nothing is skipped (G9). */
export class CorruptJournal extends Fault {
  readonly _tag = "CorruptJournal"
  readonly code = "CORRUPT_JOURNAL"
  readonly retry = "never"
}

/** A journal record has a format that only newer versions read: nothing is wrong with it. Another member takes the partition. */
export class NewerFormat extends Fault {
  readonly _tag = "NewerFormat"
  readonly code = "NEWER_FORMAT"
  readonly retry = "never"
}

/** The block's bytes; `decisions` are already encoded, each once, when it was made (R13). */
export function encodeBlock(head: BlockHead, decisions: readonly string[]): Uint8Array {
  const start = JSON.stringify(head)
  return Buffer.from(`${start.slice(0, -1)},"decisions":[${decisions.join(",")}]}`, "utf8")
}

export function encodeEntry(entry: Entry): string {
  return JSON.stringify(entry)
}

/** Throws NewerFormat if only newer versions read the bytes, CorruptJournal if they are no block at all (R17). */
export function decodeBlock(bytes: Uint8Array, where: string): Block {
  let block: unknown
  try {
    block = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"))
  } catch (cause) {
    throw new CorruptJournal(`${where} is not JSON; the partition stops until its journal is restored`, { cause })
  }
  if (typeof block === "object" && block !== null && "sealed" in block) {
    throw new CorruptJournal(`${where} is sealed: the app has, or is about to have, another number of partitions; start it anew`)
  }
  const v = typeof block === "object" && block !== null && "v" in block ? block.v : undefined
  if (typeof v === "number" && v > blockVersion) {
    throw new NewerFormat(`${where} has format ${v}, and this process reads ${blockVersion}: a newer member takes the partition`)
  }
  const isReadable = typeof v === "number" && v >= blockVersion - 1
  if (typeof block !== "object" || block === null || !isReadable || !("decisions" in block)) {
    throw new CorruptJournal(`${where} is not a journal block; the partition stops until its journal is restored`)
  }
  return block as Block // cast: written by encodeBlock only, and chained by digest to the block before
}
