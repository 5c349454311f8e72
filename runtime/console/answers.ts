// What the API answers to those who ask it, the page and the command line, as docs/console-api.json says it. Times are ms
// since 1970.
export type Phase = "running" | "compensating" | "paused" | "parked" | "completed" | "compensated" | "killed"

export const phases: readonly Phase[] = ["running", "compensating", "paused", "parked", "completed", "compensated", "killed"]

export interface Session {
  readonly isSignedIn: boolean
  readonly role?: "viewer" | "operator"
  readonly payloads: boolean
}

export interface ReadModel {
  readonly state: "reading" | "live" | "stopped"
  readonly blocksBehind: number
  readonly behindMs: number
  readonly reason?: string
}

export interface AppList {
  readonly apps: readonly { readonly app: string; readonly namespace: string; readonly readModel: ReadModel }[]
}

export interface Health {
  readonly ready: boolean
  readonly live: boolean
  readonly reasons: readonly string[]
  readonly partitions: readonly { readonly partition: number; readonly state: string; readonly lag: number }[]
  readonly breakers: readonly { readonly service: string; readonly state: string; readonly waiting: number }[]
}

export type Counts = Readonly<Record<string, number>>

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

export interface Overview {
  readonly app: string
  readonly namespace: string
  readonly atMs: number
  readonly readModel: ReadModel
  readonly health?: Health
  readonly sagas: readonly { readonly saga: string; readonly phases: Counts }[]
  readonly parked: { readonly records: number; readonly actors: number; readonly groups: readonly ParkedGroup[] }
  readonly rates: { readonly windowMs: number; readonly perSecond: Counts }
  readonly partitions: number
  readonly unowned: readonly number[]
  readonly members: readonly string[]
}

export interface Rates {
  readonly stepMs: number
  readonly rates: readonly { readonly atMs: number; readonly counts: Counts }[]
}

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
  readonly phase: Phase
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

export interface SagaCounts {
  readonly sagas: readonly {
    readonly saga: string
    readonly phases: Counts
    readonly states: Counts
    readonly reasons: Counts
    readonly parked: Counts
    readonly attributes: readonly string[]
  }[]
}

export interface Waiting {
  readonly kind: string
  readonly text: string
  readonly to?: { readonly service: string; readonly key: string }
  readonly effect?: string
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
  readonly partition: number
  readonly service?: string
  readonly key?: string
  readonly ids: readonly string[]
  readonly count: number
  readonly isEdited?: boolean
}

export interface Orders {
  readonly orders: readonly Order[]
  readonly next?: string
}

export interface SagaDetail {
  readonly item: SagaItem
  readonly waiting: readonly Waiting[]
  readonly orders: readonly Order[]
  readonly definition?: { readonly name: string; readonly version: number; readonly hash: string }
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
  readonly isDrawable: boolean
  readonly traceId?: string
  readonly traceUrl?: string
}

export interface SentRecord {
  readonly type: string
  readonly name?: string
  readonly to?: { readonly service: string; readonly key: string }
  readonly effect?: string
  readonly direction?: string
  readonly attempt?: number
  readonly outcome?: string
  readonly dueMs?: number
}

export interface Standing {
  readonly phase?: Phase
  readonly state: string
}

export interface TimelineEntry {
  readonly atMs: number
  readonly partition: number
  readonly sequence: number
  readonly place: number
  readonly block: number
  readonly epoch: number
  readonly text: string
  readonly record?: { readonly type: string; readonly name?: string; readonly id?: string; readonly outcome?: string }
  readonly before?: Standing
  readonly after?: Standing
  readonly outcome?: { readonly type: string; readonly code?: string }
  readonly sent: readonly SentRecord[]
  readonly timers: readonly { readonly type: string; readonly name: string; readonly dueMs?: number }[]
  readonly parked?: { readonly id: string; readonly code: string; readonly message: string; readonly attempts?: number }
  readonly held?: { readonly attempts: number; readonly dueMs: number; readonly isParked: boolean }
  readonly payloads?: {
    readonly state?: unknown
    readonly outcome?: unknown
    readonly sent: readonly unknown[]
    readonly parked?: unknown
  }
}

export interface Timeline {
  readonly entries: readonly TimelineEntry[]
  readonly before?: string
  readonly endsHere?: boolean
  readonly sinceMs?: number
}

export interface SagaGraph {
  readonly title: string
  readonly news: readonly string[]
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
  readonly perSecond: Counts
}

export interface Partition {
  readonly partition: number
  readonly owner?: string
  readonly isHere?: boolean
  readonly state?: string
  readonly epoch: number
  readonly block: number
  readonly atMs: number
  readonly perSecond: number
  readonly parked: number
  readonly gauges?: Counts
  readonly fault?: { readonly code: string; readonly message: string }
}

export interface Subscription {
  readonly partition: number
  readonly service: string
  readonly state: string
  readonly position: number
  readonly lag: number
  readonly why?: string
}

export interface ParkedItem {
  readonly partition: number
  readonly id: string
  readonly kind: string
  readonly code: string
  readonly cause: string
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

export interface ParkedDetail {
  readonly item: ParkedItem
  readonly stack?: string
  readonly effect?: string
  readonly direction?: string
  readonly undoes?: string
  readonly correlation?: string
  readonly payload?: unknown
  readonly isRedacted: boolean
  readonly bytes?: string
  readonly canEdit: boolean
  readonly actions: readonly string[]
}

export interface ParkedResult {
  readonly count: number
  readonly failed: readonly { readonly partition: number; readonly id: string; readonly code: string; readonly detail: string }[]
  readonly more: boolean
}

export interface Flow {
  readonly actors: readonly { readonly id: string; readonly kind: string }[]
  readonly events: readonly {
    readonly name: string
    readonly emittedBy: readonly string[]
    readonly handledBy: readonly string[]
    readonly isOutside: boolean
    readonly isLeaf: boolean
  }[]
}
