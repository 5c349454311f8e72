// How records move between partitions of one app. Transport only (R2): the source's journal holds them until the
// destination's committed mark confirms them, so a lane may lose, repeat or delay; it never invents, and never blocks.
import type { ClaimRun } from "../message/block.ts"
import type { Message } from "../message/message.ts"

export interface Lanes {
  /** Makes this process the place where frames for `partition` arrive, until the returned function is called. */
  attach(partition: number, receiver: LaneReceiver): () => void
  send(frame: LaneFrame): void
  confirm(confirmation: Confirmation): void
  /** Announces that a partition has an owner who knows its marks: sources send again what they are owed for. */
  ready(partition: number): void
}

/** "replies" carries replies, undos and control: it is decided before everything else (R1). */
export type LaneName = "commands" | "replies"

/** Records `first`, `first + 1`, ... of one channel. */
export interface LaneFrame {
  readonly incarnation: string
  readonly source: number
  readonly destination: number
  readonly lane: LaneName
  readonly first: number
  readonly messages: readonly Message[]
  /** Up to here the source knows its records as decided, and has forgotten them. */
  readonly confirmed?: number
  /** The claims of the source's journal under which `first - 1` and the records behind it were made (R14). */
  readonly claims?: readonly ClaimRun[]
  /** Of a frame with `settled` in it: the last record of the replies lane made before, which has to be there first (R11). */
  readonly repliesTo?: number
}

/** The destination's committed mark: everything up to `low` is decided (or, with `resend`, is what it has). */
export interface Confirmation {
  readonly incarnation: string
  readonly source: number
  readonly destination: number
  readonly lane: LaneName
  readonly low: number
  /** The claim of the source's journal under which record `low` was made (R14). */
  readonly claim?: string
  /** A gap was seen: send again from `low + 1` (R4). */
  readonly resend?: true
}

export interface LaneReceiver {
  frame(frame: LaneFrame): void
  confirmation(confirmation: Confirmation): void
  peerReady(partition: number): void
}
