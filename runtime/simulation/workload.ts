// A workload: apps, what clients ask of them, and what must hold at the end. Simulation and chaos run the same one. It reads no
// clock and draws nothing by itself: luck comes in as functions, so that one seed decides everything.
import type { App } from "../host/app.ts"
import type { Command, Event } from "../message/contract.ts"
import type { Expectations, History, LedgerHappening, Violation } from "./history.ts"

/** Numbers from 0 to below 1. The same seed gives the same numbers. */
export type Draw = () => number

export interface Workload {
  readonly name: string
  /**
   * The apps of one release. Made once for each process: the handlers that do I/O act on `outside`. Release 2 is the newer one
   * of a rolling upgrade; both may run at the same time.
   */
  apps(outside: Outside, release?: 1 | 2): readonly App[]
  /** The world outside, one for all processes, as its ledger tells it. It misbehaves as the workload's seed says. */
  outside(store: LedgerStore): Outside
  /** What is asked before anything else, one after the other, without faults: each must be done. */
  readonly setup: readonly Ask[]
  /** What clients ask. Whoever runs it decides how many are under way at once, and retries what is unknown with the same key. */
  requests(draw: Draw): readonly Ask[]
  /** What the workload itself knows must hold: its ledgers and the sums of its rows. */
  check(history: History): readonly Violation[]
  readonly expectations: Expectations
}

/** One request of a client. */
export type Ask = AskCommand | AskPublish

export interface AskCommand {
  readonly type: "command"
  /** Name of the app that is asked. */
  readonly app: string
  readonly command: Command
  /** Its idempotency key, also for each retry. */
  readonly effect: string
  /** "start": the answer comes when the saga has ended. */
  readonly kind: "start" | "command" | "query"
  /** It is asked when the request with this effect key was accepted, or had its answer. */
  readonly after?: { readonly effect: string; readonly phase: "accepted" | "answered" }
}

export interface AskPublish {
  readonly type: "publish"
  readonly app: string
  readonly event: Event
  /** The event's id, also for each retry. */
  readonly effect: string
  readonly after?: AskCommand["after"]
}

/** What the effectful participants act on: a world that has its own truth, and knows nothing of the runtime. */
export interface Outside {
  /**
   * Carries a call out, or not, and answers. Stores the key together with the effect, so the same key changes nothing a second
   * time. Rejects when it fails, which says nothing of whether the effect happened; a call that hangs ends with the signal.
   */
  call(call: OutsideCall, signal: AbortSignal): Promise<OutsideAnswer>
}

export interface OutsideCall {
  readonly participant: string
  readonly key: string
  readonly saga: string
  readonly step: string
  readonly direction: "do" | "undo"
  readonly undoes?: string
  readonly item: string
  readonly amount: number
  /** Of the handler, from 1: luck may be other for each. */
  readonly attempt: number
}

export type OutsideAnswer =
  | { readonly type: "applied" | "duplicate"; readonly seq: number }
  | { readonly type: "refused"; readonly code: string }

/**
 * Where a world outside keeps its ledger. In memory: a list. With real processes: a file that is synced before `append` is
 * done. `read` gives everything that was appended, so that the world can be built again from it.
 */
export interface LedgerStore {
  append(line: LedgerLine): void | Promise<void>
  read(): readonly LedgerLine[]
}

/** A line before it is recorded: the history adds when. */
export type LedgerLine = Omit<LedgerHappening, "type" | "atMs">
