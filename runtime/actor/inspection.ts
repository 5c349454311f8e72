// What tools may know of an actor that runs a process, such as a saga: how it stands and what it waits for. Its actor type
// reads it from a state; nobody else knows what is in one.
import type { Json } from "../message/json.ts"
import type { EffectKey } from "../message/message.ts"

/** "paused": by an operator; "parked": it cannot go on by itself. The last three are ends. */
export type Phase = "running" | "compensating" | "paused" | "parked" | "completed" | "compensated" | "killed"

/** What it is found by. */
export type Attributes = Readonly<Record<string, string | number | boolean>>

export interface Inspection {
  /** The definition that decides it; absent where the state does not say so any more. */
  readonly definition?: { readonly name: string; readonly version: number; readonly hash: string }
  readonly phase: Phase
  /** Where it stands, or how it ended. */
  readonly state: string
  /** Times are ms since 1970. */
  readonly startedMs: number
  readonly endedMs?: number
  /** When it is turned back because it takes too long. */
  readonly deadlineMs?: number
  /** The code of what turned it back. */
  readonly reason?: string
  readonly parked?: Stop
  /** What it gave, if it has completed. */
  readonly result?: Json
  readonly attributes: Attributes
  /** What it has open, in its order. */
  readonly waits: readonly Wait[]
  readonly orders: readonly OrderNote[]
  /** Those whose child it is, as `service/key`. */
  readonly parents: readonly string[]
  readonly children: readonly { readonly saga: string; readonly key: string; readonly step: string }[]
}

/** Why it stands still. */
export interface Stop {
  readonly code: string
  readonly message: string
  readonly step?: string
  readonly item?: number
}

export type WaitKind = "command" | "undo" | "retry" | "child" | "signal" | "event" | "token" | "time"

export interface Wait {
  /** "retry": the last try failed, and the next one comes. */
  readonly kind: WaitKind
  readonly step: string
  readonly item?: number
  /** Who has the command. */
  readonly to?: { readonly service: string; readonly key: string }
  readonly command?: string
  readonly effect: EffectKey
  /** Counts from 1. */
  readonly attempt?: number
  readonly dueMs?: number
  readonly fault?: { readonly code: string; readonly message: string }
}

export interface OrderNote {
  readonly order: string
  readonly by: string
  readonly why: string
  readonly atMs: number
}

/** Names that may be said to a process of a definition. */
export interface Accepted {
  readonly signals: readonly string[]
  readonly updates: readonly string[]
  readonly tokens: readonly string[]
  readonly steps: readonly string[]
}
