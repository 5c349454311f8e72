// What the console answers, as far as commands show it: docs/console-api.json has all of it.
import type { Json } from "../message/json.ts"

export interface Stop {
  readonly code: string
  readonly message: string
  readonly step?: string
}

export interface SagaItem {
  readonly saga: string
  readonly key: string
  readonly partition: number
  readonly version?: number
  readonly phase: string
  readonly state: string
  readonly startedMs: number
  readonly changedMs: number
  readonly endedMs?: number
  readonly dueMs?: number
  readonly reason?: string
  readonly parked?: Stop
  readonly attributes: Readonly<Record<string, string | number | boolean>>
}

export interface SagaPage {
  readonly sagas: readonly SagaItem[]
  readonly next?: string
  readonly total?: number
}

export interface Waiting {
  readonly kind: string
  readonly text: string
  readonly attempt?: number
  readonly sinceMs?: number
  readonly dueMs?: number
  readonly fault?: { readonly code: string; readonly message: string }
}

export interface Order {
  readonly atMs: number
  readonly action: string
  readonly by: string
  readonly why: string
}

export interface SagaDetail {
  readonly item: SagaItem
  readonly waiting: readonly Waiting[]
  readonly orders: readonly Order[]
  readonly deadlineMs?: number
  readonly parents: readonly string[]
  readonly children: readonly { readonly saga: string; readonly key: string; readonly step: string }[]
  readonly accepts: {
    readonly signals: readonly string[]
    readonly updates: readonly string[]
    readonly tokens: readonly string[]
    readonly steps: readonly string[]
  }
  readonly actions: readonly string[]
}

export interface TimelineEntry {
  readonly atMs: number
  readonly text: string
  readonly before?: { readonly state: string }
  readonly after?: { readonly state: string }
  readonly payloads?: Json
}

export interface Timeline {
  readonly entries: readonly TimelineEntry[]
  readonly before?: string
  readonly endsHere?: boolean
}

export interface Outcome {
  readonly type: string
  readonly code?: string
  readonly value?: Json
  readonly message?: string
}

export interface Done {
  readonly outcome: Outcome
  readonly isShown: boolean
}

export interface Accepted {
  readonly effect: string
  readonly outcome?: Outcome
}

export interface SagaOutcome {
  readonly isEnded: boolean
  readonly outcome?: string
  readonly reason?: string
  readonly result?: Json
  readonly startedMs?: number
  readonly parked?: Stop
}

export interface ParkedItem {
  readonly partition: number
  readonly id: string
  readonly kind: string
  readonly code: string
  readonly message: string
  readonly atMs: number
  readonly attempts?: number
  readonly service?: string
  readonly key?: string
  readonly type?: string
  readonly name?: string
  readonly waits: boolean
}

export interface ParkedPage {
  readonly parked: readonly ParkedItem[]
  readonly next?: string
  readonly total: number
}

export interface ParkedGroup {
  readonly code: string
  readonly cause: string
  readonly kind: string
  readonly service?: string
  readonly name?: string
  readonly count: number
  readonly oldestMs: number
  readonly newestMs: number
}

export interface ParkedDetail {
  readonly item: ParkedItem
  readonly stack?: string
  readonly effect?: string
  readonly direction?: string
  readonly payload?: Json
  readonly isRedacted: boolean
  readonly bytes?: string
  readonly canEdit: boolean
}

export interface ParkedResult {
  readonly count: number
  readonly failed: readonly { readonly partition: number; readonly id: string; readonly code: string; readonly detail: string }[]
  readonly more: boolean
}

export interface Partition {
  readonly partition: number
  readonly owner?: string
  readonly state?: string
  readonly atMs: number
  readonly perSecond: number
  readonly parked: number
  readonly gauges?: Readonly<Record<string, number>>
  readonly fault?: { readonly code: string; readonly message: string }
}

export interface Subscription {
  readonly partition: number
  readonly service: string
  readonly state: string
  readonly lag: number
  readonly why?: string
}

export interface ReadModel {
  readonly state: string
  readonly blocksBehind: number
  readonly behindMs: number
  readonly reason?: string
}

export interface Service {
  readonly service: string
  readonly kind: string
  readonly commands: readonly string[]
  readonly reactsTo: readonly string[]
  readonly emits: readonly string[]
  readonly isEffectful: boolean
  readonly parked: number
  readonly flow?: { readonly running: number; readonly waiting: number; readonly breaker?: string }
  readonly perSecond: Readonly<Record<string, number>>
}
