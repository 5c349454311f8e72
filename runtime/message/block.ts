// One journal block: every decision that was ready when it was cut. Blocks carry a dense number and the digest of
// their predecessor, so a journal that lost or forked is noticed on reading (R14). Recovery folds blocks; nothing that
// a partition knows exists outside them.
import { Fault } from "../kernel/fault.ts"
import type { Json } from "./json.ts"
import type { Address, EffectKey, Message } from "./message.ts"
import type { Outcome } from "./outcome.ts"

export const blockVersion = 1

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
  readonly kind: "genesis" | "epoch" | "decisions"
  readonly atMs: number
  /** Per inbound channel: all records up to here are decided (R5). Only channels that moved. */
  readonly low: Readonly<Record<string, number>>
  /** Per destination: all records up to here are confirmed (R7). Only destinations that moved. */
  readonly confirmed: Readonly<Record<string, number>>
}

export interface Block extends BlockHead {
  readonly decisions: readonly Entry[]
}

/** What one decision changed. Applying it to the partition's state is the only way that state changes. */
export interface Entry {
  /** The inbound records it decided: (channel, number). Empty for a timer. */
  readonly from: readonly (readonly [channel: string, number: number])[]
  readonly to?: Address
  /** The actor's new state, if it changed. */
  readonly state?: Json
  /** The actor's row is gone. */
  readonly gone?: true
  /** Effects to remember or to update (R11). */
  readonly effects?: readonly (readonly [EffectKey, EffectMemory])[]
  /** The scope whose effects this actor may forget. */
  readonly forget?: string
  readonly out?: readonly (readonly [destination: string, number: number, message: Message])[]
  readonly timers?: readonly TimerEntry[]
  readonly parked?: ParkedEntry
  /** The row begins anew with this state, so that older blocks are not needed for it any more (R15). */
  readonly carry?: CarriedRow
  /** Everything that is not a row, as it stands here. Behind it, no block before number `since` is needed. */
  readonly checkpoint?: Checkpoint
}

export interface CarriedRow {
  readonly row: string
  readonly state?: Json
}

export interface Checkpoint {
  readonly since: number
  readonly channels: readonly (readonly [id: string, low: number, decided: readonly number[]])[]
  readonly outboxes: readonly (readonly [destination: string, last: number, unconfirmed: readonly Message[]])[]
}

/** What an actor remembers of one effect, until its scope ends. */
export interface EffectMemory {
  readonly scope?: string
  readonly payload?: Json
  /** The answer; absent on a tombstone: the undo came first, so the do must not happen any more. */
  readonly outcome?: Outcome
  /** It was taken back, or must not happen any more. */
  readonly undone?: true
}

export type TimerEntry =
  | { readonly type: "set"; readonly name: string; readonly dueMs: number; readonly payload: Json; readonly trace?: string }
  /** Cancelled, or taken because it became due. */
  | { readonly type: "clear"; readonly name: string }

export interface ParkedEntry {
  readonly id: string
  readonly code: string
  readonly message: string
  readonly record?: Message
  /** The original bytes, in base64, of what could not be decoded. */
  readonly bytes?: string
}

/** A journal record is not a block that this version can trust. The partition stops; nothing is skipped (G9). */
export class CorruptJournal extends Fault {
  readonly _tag = "CorruptJournal"
  readonly code = "CORRUPT_JOURNAL"
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

/** Throws CorruptJournal if the bytes are not a block of a version that is known here. */
export function decodeBlock(bytes: Uint8Array, where: string): Block {
  let block: unknown
  try {
    block = JSON.parse(Buffer.from(bytes).toString("utf8"))
  } catch (cause) {
    throw new CorruptJournal(`${where} is not JSON; the partition stops until its journal is restored`, { cause })
  }
  if (typeof block !== "object" || block === null || !("v" in block) || !("decisions" in block)) {
    throw new CorruptJournal(`${where} is not a journal block; the partition stops until its journal is restored`)
  }
  if (block.v !== blockVersion) {
    throw new CorruptJournal(`${where} has format ${String(block.v)}; this version reads ${blockVersion}: start a newer version`)
  }
  return block as Block // cast: written by encodeBlock only, and chained by digest to the block before
}
