// What the supervisor and the processes of a run tell each other, and what each is told when it is started.
import type { RowHappening } from "../../runtime/simulation/history.ts"

export interface WorkerSettings {
  readonly name: string
  readonly natsUrl: string
  readonly replicas: number
  readonly monitoringUrls: readonly string[]
  /** Where the participants listen. */
  readonly participants: readonly string[]
  readonly release: 1 | 2
  readonly seed: number
  /** For what its handlers and timers did. */
  readonly file: string
}

export type WorkerOrder = { readonly type: "rows" } | { readonly type: "stop" }

export type WorkerSaid =
  | { readonly type: "ready" }
  | { readonly type: "fenced" }
  /** A fault that passes, or a line of a report. */
  | { readonly type: "code"; readonly code: string }
  /** Something stopped for good. */
  | { readonly type: "alarm"; readonly app: string; readonly partition: number; readonly code: string; readonly message: string }
  | { readonly type: "measured"; readonly resent: number; readonly isAtRest: boolean }
  | { readonly type: "rows"; readonly rows: readonly RowHappening[] }

export interface ParticipantSettings {
  readonly name: string
  /** Its ledger. */
  readonly file: string
  readonly host: string
  readonly port: number
  readonly seed: number
}

export interface ClientSettings {
  readonly name: string
  readonly natsUrl: string
  readonly replicas: number
  readonly seed: number
  /** Its own share of the requests: each of so many clients has one. */
  readonly share: number
  readonly shares: number
  /** New requests in a second. */
  readonly perSecond: number
  /** Of all clients together. */
  readonly requestsMax: number
  /** Its history. A client that is started again goes on from it. */
  readonly file: string
}

/** "setup": what is asked before anything else. "go": requests begin. "enough": no new ones; say when all are answered. */
export type ClientOrder = { readonly type: "setup" | "go" | "enough" | "stop" }

export type ClientSaid =
  | { readonly type: "ready" | "set-up" }
  /** When answers came, and how many requests have none yet. */
  | { readonly type: "progress"; readonly answered: readonly number[]; readonly open: number }
  | { readonly type: "code"; readonly code: string }
