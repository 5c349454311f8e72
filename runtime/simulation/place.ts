// Where a process of a simulation lives, and how it calls the server from there.
import type * as Effect from "effect/Effect"
import type { Member } from "../ports/members.ts"
import type { Kernel } from "./kernel.ts"
import type { Network } from "./network.ts"
import type { Outsiders } from "./outsiders.ts"
import type { Owner } from "./owner.ts"
import type { Server, StoredApp } from "./server.ts"

/** Where a process lives. */
export interface Place {
  readonly kernel: Kernel
  readonly network: Network
  readonly server: Server
  readonly outsiders: Outsiders
  readonly owner: Owner
  readonly app: string
  readonly partitions: number
  readonly stored: StoredApp
}

/** What is seen of the ports. */
export interface JournalEar {
  /** A block is stored; its acknowledgement is not on its way yet. */
  readonly stored: (partition: number, sequence: number, bytes: Uint8Array) => void
  /** The process knows that it is stored. */
  readonly acked: (partition: number, sequence: number, bytes: Uint8Array) => void
  /** The process knows who is there. */
  readonly beaten: (members: readonly Member[]) => void
}

export type Call = <Value, Fails>(call: {
  readonly kind: string
  readonly carryOut: () => Effect.Effect<Value, Fails>
  readonly silent: () => Effect.Effect<Value, Fails>
  readonly timeoutMs: number
  /** Without an answer it may have no end. */
  readonly mayHang?: boolean
}) => Effect.Effect<Value, Fails>
