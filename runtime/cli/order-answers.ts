// What the console answers to orders, and to who waits for an outcome. What it shows: ../console/answers.ts.
import type { Stop } from "../console/answers.ts"
import type { Json } from "../message/json.ts"

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
